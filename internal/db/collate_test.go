package db_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

// TestTextsAreOrderedByBytes: on PostgreSQL every text column says so itself,
// since the database may have been made for any language.
func TestTextsAreOrderedByBytes(t *testing.T) {
	d := dbtest.Postgres(t, fstest.MapFS{"20200101000000_words.sql": {Data: []byte(`-- +goose Up
create table words (
  word    text   not null primary key, -- as written
	tabbed text not null default '',
  context bigint not null
);
alter table words add column later text;
`)}})
	got, err := db.All[string](context.Background(), d.Read(), `select a.attname || ' ' || c.collname from pg_attribute a
		join pg_collation c on c.oid = a.attcollation where a.attrelid = 'words'::regclass and a.attnum > 0 order by a.attnum`)
	if err != nil {
		t.Fatal(err)
	}
	if want := "word C, tabbed C, later C"; strings.Join(got, ", ") != want {
		t.Errorf("columns are ordered by %q, want %q", strings.Join(got, ", "), want)
	}
}
