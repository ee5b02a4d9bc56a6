package db_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
)

func TestNap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	open := func() *db.DB {
		t.Helper()
		d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := open()
	t.Cleanup(func() { d.Close() })
	write := func(d *db.DB, text string) {
		t.Helper()
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	write(d, `create table a (x bigint)`)
	nap := d.NewNap()
	db.NapEvery(nap, 50*time.Millisecond)
	wake := make(chan struct{}, 1)
	// wait says whether the sleep ended within half a second.
	wait := func(next time.Duration) bool {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		return nap.Wait(ctx, wake, next)
	}
	time.Sleep(1200 * time.Millisecond) // what was just written says nothing yet
	if !wait(-1) {
		t.Error("what was written before the first look is not looked at")
	}
	if wait(-1) {
		t.Error("nobody wrote, and it woke")
	}
	if !wait(200 * time.Millisecond) {
		t.Error("a row is due, and it sleeps on")
	}
	wake <- struct{}{}
	if !wait(-1) {
		t.Error("it was woken, and sleeps on")
	}
	other := open()
	write(other, `insert into a values (1)`)
	if !wait(-1) {
		t.Error("another process wrote, and it sleeps on")
	}
	time.Sleep(1200 * time.Millisecond)
	wait(-1)
	if wait(-1) {
		t.Error("what another process wrote is looked at again and again")
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1200 * time.Millisecond)
	wait(-1)
	if n, err := db.Get[int](t.Context(), d.Read(), `select count(*) from a`); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if wait(-1) {
		t.Error("reading looks like writing")
	}
}
