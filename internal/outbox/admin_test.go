package outbox_test

import (
	"context"
	"errors"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/outbox"
)

// TestRetryAndDrop: what waits for a host that fails is tried at once when asked,
// and forgotten when asked; other hosts keep theirs.
func TestRetryAndDrop(t *testing.T) {
	d := dbtest.SQLite(t, outbox.Migrations)
	ctx := context.Background()
	tries := make(chan string, 100)
	q := outbox.New(d, func(_ context.Context, it outbox.Item) outbox.Result {
		tries <- it.Host
		return outbox.Result{Err: errors.New("down")}
	}, outbox.Options{})
	if err := q.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer q.Stop(ctx)
	write := func(f func(context.Context, *db.Tx) error) {
		t.Helper()
		if err := d.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	write(func(ctx context.Context, tx *db.Tx) error {
		return outbox.Enqueue(ctx, tx, []byte("{}"), 1, outbox.Opts{PostID: 7}, []string{"https://a.example/inbox", "https://b.example/inbox"})
	})
	if err := q.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if len(tries) != 2 {
		t.Fatalf("%d tries", len(tries))
	}
	write(func(ctx context.Context, tx *db.Tx) error { return outbox.Retry(ctx, tx, "a.example") })
	if err := q.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if len(tries) != 3 {
		t.Errorf("%d tries after asking for one more", len(tries))
	}
	if w, err := outbox.WaitingFor(ctx, d.Read(), 7); err != nil || len(w) != 2 || !w["https://b.example/inbox"] {
		t.Errorf("waiting: %v %v", w, err)
	}
	write(func(ctx context.Context, tx *db.Tx) error {
		if n, err := outbox.Drop(ctx, tx, "a.example"); err != nil || n != 1 {
			t.Errorf("dropped %d, %v", n, err)
		}
		return nil
	})
	a, err := outbox.StateOf(ctx, d.Read(), "a.example")
	if err != nil || a.Pending != 0 || a.Fails != 0 {
		t.Errorf("dropped: %+v %v", a, err)
	}
	all, err := outbox.Known(ctx, d.Read())
	if err != nil || len(all) != 2 || all[1].Pending != 1 || all[1].LastError != "down" {
		t.Errorf("others: %+v %v", all, err)
	}
	if n, err := db.Get[int](ctx, d.Read(), `select count(*) from delivery_body`); err != nil || n != 1 {
		t.Errorf("%d bodies, %v", n, err)
	}
}
