package db_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

// crashEnv makes this test binary a process that writes to the database it
// names with many writers, telling what was acknowledged, until it is killed.
const crashEnv = "MAILLAGE_DB_CRASH"

func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	if url := os.Getenv(crashEnv); url != "" {
		writeUntilKilled(t, url)
	}
	d := dbtest.SQLite(t, schema)
	acked := make(map[int64]bool)
	for round := range 4 {
		c := exec.Command(os.Args[0], "-test.run=^TestAcknowledgedWritesSurviveKill$")
		c.Env = append(os.Environ(), crashEnv+"="+d.URL(), fmt.Sprintf("FIRST=%d", round*1_000_000))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for sc := bufio.NewScanner(out); sc.Scan(); {
			id, ok := strings.CutPrefix(sc.Text(), "ACK ")
			v, err := strconv.ParseInt(id, 10, 64)
			if !ok || err != nil {
				continue // a line cut by the kill
			}
			acked[v] = true
			if n++; n == 300 {
				c.Process.Kill()
			}
		}
		c.Wait()
		if n < 300 {
			t.Fatalf("the process ended by itself after %d writes", n)
		}
	}
	ids, err := db.All[int64](t.Context(), d.Read(), `select id from item`)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		delete(acked, id)
	}
	if len(acked) > 0 {
		t.Errorf("%d acknowledged writes are lost", len(acked))
	}
	if found, err := d.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("the file: %q, %v", found, err)
	}
}

func writeUntilKilled(t *testing.T, url string) {
	d, err := db.Open(t.Context(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	first, err := strconv.ParseInt(os.Getenv("FIRST"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	next := atomic.Int64{}
	next.Store(first)
	for range 16 {
		go func() {
			for {
				id := next.Add(1)
				err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					return db.Insert(ctx, tx, "item", item{ID: id, Name: fmt.Sprint(id)})
				})
				if err == nil {
					os.Stdout.WriteString(fmt.Sprintf("ACK %d\n", id))
				}
			}
		}()
	}
	select {}
}
