package db_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit/pg"
)

type heard struct {
	mu    sync.Mutex
	texts []string
}

func (h *heard) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, s)
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.texts...)
}

func (h *heard) wait(t *testing.T, n int) []string {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if all := h.all(); len(all) >= n {
			return all
		}
	}
	t.Fatalf("heard %d texts, want %d: %v", len(h.all()), n, h.all())
	return nil
}

func tell(t *testing.T, d *db.DB, topic string, texts ...string) {
	t.Helper()
	err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, s := range texts {
			tx.Tell(topic, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTellCrossesNodes opens one PostgreSQL database twice, as two nodes do.
func TestTellCrossesNodes(t *testing.T) {
	url := pg.New(t)
	var nodes [2]*db.DB
	var got [2]heard
	for i := range nodes {
		d, err := db.Open(context.Background(), db.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		nodes[i] = d
		d.Hear("news", got[i].add)
	}
	// A node hears others from when its connection stands.
	for end := time.Now().Add(5 * time.Second); len(got[1].all()) == 0 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		tell(t, nodes[0], "news", "hello")
	}
	got[1].wait(t, 1)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		tell(t, nodes[1], "news", "back")
		if strings.Contains(strings.Join(got[0].all(), " "), "back") {
			break
		}
	}
	before := len(got[1].all())
	var many []string
	for i := range 300 {
		many = append(many, strings.Repeat("x", 50)+strconv.Itoa(i))
	}
	tell(t, nodes[0], "news", many...)
	tell(t, nodes[0], "other", "unheard")
	all := got[1].wait(t, before+len(many))
	var last []string
	for _, s := range all {
		if strings.HasPrefix(s, "x") {
			last = append(last, s)
		}
	}
	if strings.Join(last, " ") != strings.Join(many, " ") {
		t.Errorf("the other node heard %d of %d, or in another order", len(last), len(many))
	}
	own := 0
	for _, s := range got[0].all() {
		if strings.HasPrefix(s, "x") {
			own++
		}
	}
	if own != len(many) {
		t.Errorf("the node itself heard %d of its %d texts", own, len(many))
	}
}

func TestTellNeverOfARollback(t *testing.T) {
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + t.TempDir() + "/x.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var got heard
	stop := d.Hear("news", got.add)
	d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		tx.Tell("news", "undone")
		return context.Canceled
	})
	tell(t, d, "news", "done")
	stop()
	tell(t, d, "news", "after")
	if all := got.all(); len(all) != 1 || all[0] != "done" {
		t.Errorf("heard %q", all)
	}
}
