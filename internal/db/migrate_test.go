package db_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

func sqlFile(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
}

func TestMigrationsOfSeveralSlicesAreOneSequence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := fstest.MapFS{"migrations/20260101000002_second.sql": sqlFile("alter table x add column y bigint;\n")}
		b := fstest.MapFS{"20260101000001_first.sql": sqlFile("create table x (id bigint primary key, b blob);\n")}
		for range 2 {
			if err := db.Migrate(t.Context(), d, a, b); err != nil {
				t.Fatal(err)
			}
		}
		// A slice added later, with an earlier version.
		c := fstest.MapFS{"20260101000000_late.sql": sqlFile("create table z (id bigserial primary key, x bigint);\n")}
		if err := db.Migrate(t.Context(), d, a, b, c); err != nil {
			t.Fatal(err)
		}
		if _, err := db.All[int](t.Context(), d.Read(), `select x.y from x join z on z.id = x.id`); err != nil {
			t.Error(err)
		}
		if v, err := db.SchemaVersion(t.Context(), d); err != nil || v != 20260101000002 {
			t.Errorf("version %d, %v", v, err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		old := fstest.MapFS{"20260101000001_a.sql": sqlFile("create table a (id bigint primary key);\n")}
		next := fstest.MapFS{"20270101000001_b.sql": sqlFile("create table b (id bigint primary key);\n")}
		if err := db.Migrate(t.Context(), d, old, next); err != nil {
			t.Fatal(err)
		}
		err := db.Migrate(t.Context(), d, old)
		if !errors.Is(err, db.ErrNewer) || !strings.Contains(err.Error(), "20270101000001") || !strings.Contains(err.Error(), "20260101000001") {
			t.Errorf("got %v", err)
		}
	})
}

func TestBrokenMigrationLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := fstest.MapFS{"20260101000001_a.sql": sqlFile("create table a (id bigint primary key);\ncreate table a (id bigint);\n")}
		if err := db.Migrate(t.Context(), d, m); err == nil {
			t.Fatal("no error")
		}
		if _, err := db.All[int](t.Context(), d.Read(), `select id from a`); err == nil {
			t.Error("the half of a migration is there")
		}
	})
}

func TestNodesMigrateAtTheSameTime(t *testing.T) {
	d := dbtest.Postgres(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := db.Migrate(t.Context(), d, schema); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTwoFilesOfOneVersion(t *testing.T) {
	d := dbtest.SQLite(t)
	err := db.Migrate(t.Context(), d,
		fstest.MapFS{"20260101000001_a.sql": sqlFile("create table a (id bigint);\n")},
		fstest.MapFS{"20260101000001_b.sql": sqlFile("create table b (id bigint);\n")})
	if err == nil || !strings.Contains(err.Error(), "20260101000001") {
		t.Errorf("got %v", err)
	}
}
