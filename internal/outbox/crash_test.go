package outbox_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/outbox"
)

// crashEnv makes this test binary a process that delivers from the database it
// names, telling what it sends, until it is killed.
const crashEnv = "MAILLAGE_OUTBOX_CRASH"

func TestDeliveriesSurviveKill(t *testing.T) {
	if url := os.Getenv(crashEnv); url != "" {
		d, err := db.Open(t.Context(), db.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		q := outbox.New(d, func(_ context.Context, it outbox.Item) outbox.Result {
			time.Sleep(time.Millisecond)
			fmt.Printf("SENT %s %s\n", it.Inbox, it.Body)
			return outbox.Result{OK: true}
		}, outbox.Options{Workers: 8, Log: slog.New(slog.DiscardHandler)})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const hosts, posts = 100, 4
		for i := range posts {
			enqueue(t, d, fmt.Sprint(i), outbox.Opts{}, inboxes(hosts)...)
		}
		sent := make(map[string]int)
		for range 3 {
			runAndKill(t, d.URL(), 50, sent)
		}
		left, err := db.Get[int](t.Context(), d.Read(), `select count(*) from delivery`)
		if err != nil || left == 0 {
			t.Errorf("%d left after the kills, %v", left, err)
		}
		var c clock
		if d.Dialect() == db.Postgres {
			c.move(10 * time.Minute) // the leases of the dead end; on SQLite they do with the start
		}
		var mu sync.Mutex
		q := start(t, d, func(_ context.Context, it outbox.Item) outbox.Result {
			mu.Lock()
			defer mu.Unlock()
			sent[it.Inbox+" "+string(it.Body)]++
			return outbox.Result{OK: true}
		}, outbox.Options{Clock: c.now})
		idle(t, q)
		if len(sent) != hosts*posts {
			t.Errorf("%d of %d deliveries arrived", len(sent), hosts*posts)
		}
		clean(t, d)
	}, outbox.Migrations)
}

// runAndKill delivers in a process of its own, kills that after so many, and
// adds to sent what it said.
func runAndKill(t *testing.T, url string, n int, sent map[string]int) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestDeliveriesSurviveKill$")
	c.Env = append(os.Environ(), crashEnv+"="+url)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(out)
	for sc.Scan() {
		if what, ok := strings.CutPrefix(sc.Text(), "SENT "); ok {
			sent[what]++
			if n--; n == 0 {
				c.Process.Kill()
			}
		}
	}
	c.Wait()
	if n > 0 {
		t.Error("the process ended before it was killed")
	}
}

func TestThreeNodesOneLost(t *testing.T) {
	d := dbtest.Postgres(t, outbox.Migrations)
	const hosts, posts = 200, 5
	var mu sync.Mutex
	sent := make(map[string]int)
	byNode := make(map[int]int)
	node := func(n int) outbox.Sender {
		return func(_ context.Context, it outbox.Item) outbox.Result {
			time.Sleep(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			sent[it.Inbox+" "+string(it.Body)]++
			byNode[n]++
			return outbox.Result{OK: true}
		}
	}
	for i := range posts {
		enqueue(t, d, fmt.Sprint(i), outbox.Opts{}, inboxes(hosts)...)
	}
	var c clock
	qs := []*outbox.Queue{start(t, d, node(0), outbox.Options{Workers: 8, Clock: c.now}), start(t, d, node(1), outbox.Options{Workers: 8, Clock: c.now})}
	runAndKill(t, d.URL(), 20, make(map[string]int)) // the third; what it sent is not counted
	for _, q := range qs {
		idle(t, q)
	}
	c.move(10 * time.Minute)
	for _, q := range qs {
		q.Wake()
		idle(t, q)
	}
	if left, err := db.Get[int](t.Context(), d.Read(), `select count(*) from delivery`); err != nil || left != 0 {
		t.Errorf("%d left, %v", left, err)
	}
	for what, n := range sent {
		if n != 1 {
			t.Errorf("%s sent %d times by living nodes", what, n)
		}
	}
	if byNode[0] == 0 || byNode[1] == 0 {
		t.Errorf("nodes sent %v", byNode)
	}
	clean(t, d)
}
