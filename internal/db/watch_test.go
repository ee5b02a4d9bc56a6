package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit/pg"
)

// TestWatch changes tables in every way while somebody watches one of them.
func TestWatch(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: "sqlite:" + t.TempDir() + "/x.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	write := func(sql ...string) {
		t.Helper()
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, s := range sql {
				if _, err := tx.Exec(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	write(`create table town (id integer primary key)`, `create table street (id integer primary key, town_id bigint references town (id) on delete cascade)`,
		`create table house (id integer primary key, street_id bigint references street (id) on delete set null)`, `create table other (id integer primary key)`,
		`insert into town values (1), (2), (3), (4)`, `insert into street values (1, 1), (2, 2)`)
	watch := func() *db.Watch {
		t.Helper()
		wctx, w := d.Watch(ctx)
		if _, err := db.All[int64](wctx, d.Read(), `select h.id from house h`); err != nil {
			t.Fatal(err)
		}
		if !w.Current() {
			t.Fatal("not current at once")
		}
		return w
	}
	for sql, changed := range map[string]bool{
		`insert into other (id) values (1) on conflict do nothing`:                false,
		`update other set id = id`:                                                false,
		`insert into town values (9)`:                                             false,
		`with x as (select 1 as n) select n from x`:                               false,
		`insert into house (id) values (1)`:                                       true,
		`INSERT INTO house (id) values (2) on conflict (id) do update set id = 2`: true,
		`update house set id = id`:                                                true,
		`delete from house where id = 2`:                                          true,
		`delete from street where id = 1`:                                         true, // through its foreign key
		`delete from town where id = 2`:                                           true, // through two
		`insert or replace into town values (3)`:                                  true,
		`with x as (select 7 as n) insert into house (id) select n from x`:        true,
		`delete from other where id in (select id from house)`:                    false,
		`create table if not exists more (id integer)`:                            true, // no telling
	} {
		w := watch()
		write(sql)
		if w.Current() == changed {
			t.Errorf("%s: current %v", sql, !changed)
		}
	}

	w := watch()
	d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		tx.Exec(ctx, `delete from house`)
		return errors.New("no")
	})
	if !w.Current() {
		t.Error("what was taken back counts")
	}
	// A change is known before Write returns, and before its callbacks run; what
	// they change in memory is a change too.
	d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		tx.AfterCommit(func() {
			if w.Current() {
				t.Error("the callbacks come first")
			}
			w = watch()
		})
		_, err := tx.Exec(ctx, `delete from house`)
		return err
	})
	if w.Current() {
		t.Error("what was read during the callbacks counts as after them")
	}
	// A table that is kept in memory is named.
	_, named := d.Watch(ctx, "house", "no such table")
	write(`insert into house (id) values (5)`)
	if named.Current() {
		t.Error("a table named beforehand is not watched")
	}
	// Whoever writes has an effect.
	wctx, w := d.Watch(ctx)
	d.Write(wctx, func(ctx context.Context, tx *db.Tx) error { return nil })
	if w.Current() {
		t.Error("what wrote may be given out again")
	}
}

// TestWatchNothingOnPostgres: another node may write without our knowing.
func TestWatchNothingOnPostgres(t *testing.T) {
	d, err := db.Open(context.Background(), db.Options{URL: pg.New(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, w := d.Watch(context.Background()); w != nil || w.Current() {
		t.Error("there is a watch")
	}
}
