// Package dbtest opens empty databases for tests, on both engines.
package dbtest

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit/pg"
)

// Each runs f on an empty SQLite database and on an empty PostgreSQL one, as
// subtests. Without a PostgreSQL server that half is skipped, or fails when
// MAILLAGE_REQUIRE=1.
func Each(t *testing.T, f func(t *testing.T, d *db.DB), migrations ...fs.FS) {
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t, migrations...)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t, migrations...)) })
}

// EachBench is Each for benchmarks.
func EachBench(b *testing.B, f func(b *testing.B, d *db.DB), migrations ...fs.FS) {
	b.Run("sqlite", func(b *testing.B) { f(b, SQLite(b, migrations...)) })
	b.Run("postgres", func(b *testing.B) { f(b, Postgres(b, migrations...)) })
}

// SQLite opens a new file, migrated, and closes it at the end of t.
func SQLite(t testing.TB, migrations ...fs.FS) *db.DB {
	t.Helper()
	return Open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), migrations...)
}

// Postgres opens a new database, migrated, and closes it at the end of t.
func Postgres(t testing.TB, migrations ...fs.FS) *db.DB {
	t.Helper()
	return Open(t, pg.New(t), migrations...)
}

// Open opens url, migrated, and closes it at the end of t.
func Open(t testing.TB, url string, migrations ...fs.FS) *db.DB {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if len(migrations) > 0 {
		if err := db.Migrate(ctx, d, migrations...); err != nil {
			t.Fatal(err)
		}
	}
	return d
}
