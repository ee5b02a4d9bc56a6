package db_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

func TestBackupWhileOthersWrite(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	put(t, d, item{ID: 1, Name: "before"})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() { put(t, d, item{ID: int64(i + 10), Name: fmt.Sprint(i)}) })
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := d.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	c := dbtest.Open(t, "sqlite:"+path)
	if err := db.Migrate(t.Context(), c, schema); err != nil {
		t.Error(err)
	}
	if n := count(t, c); n < 1 || n > 51 {
		t.Errorf("%d rows in the copy", n)
	}
	if found, err := c.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("the copy: %q, %v", found, err)
	}
	if err := d.Backup(t.Context(), path); err == nil {
		t.Error("a backup overwrote a file")
	}
}

func TestDamageIsFoundAndSaid(t *testing.T) {
	path := strings.TrimPrefix(dbtest.SQLiteURL(t, schema), "sqlite:")
	d := dbtest.Open(t, "sqlite:"+path)
	rows := make([]item, 2000)
	for i := range rows {
		rows[i] = item{ID: int64(i + 1), Name: fmt.Sprint("name ", i)}
	}
	put(t, d, rows...)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 5 * 4096; at < len(b)-4096; at += 4096 {
		copy(b[at:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	d = dbtest.Open(t, "sqlite:"+path)
	if found, err := d.Check(t.Context()); err != nil || len(found) == 0 {
		t.Errorf("found %q, %v", found, err)
	}
	_, err = db.All[item](context.Background(), d.Read(), `select * from item`)
	if !db.IsCorrupt(err) || !apperr.Is(err, apperr.KindUnavailable) {
		t.Errorf("reading gives %v", err)
	}
}
