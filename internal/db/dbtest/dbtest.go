// Package dbtest opens empty databases for tests, on both engines.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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
	return Open(t, SQLiteURL(t, migrations...))
}

// Postgres opens a new database, migrated, and closes it at the end of t.
func Postgres(t testing.TB, migrations ...fs.FS) *db.DB {
	t.Helper()
	return Open(t, PostgresURL(t, migrations...))
}

// migrated holds, for each set of migrations met in this process, the file of
// a database after them: copying it is quicker than migrating anew.
var migrated sync.Map // digest → []byte

// SQLiteURL names a new file, migrated.
func SQLiteURL(t testing.TB, migrations ...fs.FS) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	url := "sqlite:" + path
	if len(migrations) == 0 {
		return url
	}
	key := digest(t, migrations)
	if b, ok := migrated.Load(key); ok {
		if err := os.WriteFile(path, b.([]byte), 0o600); err != nil {
			t.Fatal(err)
		}
		return url
	}
	if err := prepare(url, migrations); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	migrated.Store(key, b)
	return url
}

// PostgresURL names a new database, migrated.
func PostgresURL(t testing.TB, migrations ...fs.FS) string {
	t.Helper()
	if len(migrations) == 0 {
		return pg.New(t)
	}
	return pg.Clone(t, digest(t, migrations), func(url string) error { return prepare(url, migrations) })
}

// prepare migrates and closes, so that one file holds everything.
func prepare(url string, migrations []fs.FS) error {
	d, err := db.Open(context.Background(), db.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(context.Background(), d, migrations...), d.Close())
}

// digest tells sets of migrations apart.
func digest(t testing.TB, migrations []fs.FS) string {
	t.Helper()
	h := sha256.New()
	for _, m := range migrations {
		err := fs.WalkDir(m, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(m, path)
			fmt.Fprintf(h, "%s %d\n%s", path, len(b), b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Open opens url, and closes it at the end of t.
func Open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}
