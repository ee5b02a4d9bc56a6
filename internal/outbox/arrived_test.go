package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/outbox"
)

// TestHours: what arrives counts in the hour in which it set out, at once or
// late; what waits counts as waiting, and what is refused nowhere.
func TestHours(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var down atomic.Bool
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		down.Store(true)
		q := outbox.New(d, func(_ context.Context, it outbox.Item) outbox.Result {
			switch {
			case it.Host == "no.example":
				return outbox.Result{Permanent: true}
			case it.Host == "down.example" && down.Load():
				return outbox.Result{Err: errors.New("down")}
			}
			return outbox.Result{OK: true}
		}, outbox.Options{Clock: clock})
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer q.Stop(ctx)
		begin := time.Now()
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return outbox.Enqueue(ctx, tx, []byte("{}"), 1, outbox.Opts{}, []string{"https://a.example/inbox", "https://b.example/inbox", "https://no.example/inbox", "https://down.example/inbox"})
		})
		if err != nil {
			t.Fatal(err)
		}
		// The test may begin in one hour and end in the next: all is summed up.
		sum := func(now time.Time) (s outbox.Hour) {
			t.Helper()
			if err := q.Idle(ctx); err != nil {
				t.Fatal(err)
			}
			hours, err := outbox.Hours(ctx, d.Read(), begin, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hours {
				if b := h.Begin(); b.Before(begin.Add(-time.Hour)) || b.After(time.Now()) {
					t.Errorf("counted in the hour of %v", b)
				}
				s.Arrived, s.Soon, s.Waiting, s.Late = s.Arrived+h.Arrived, s.Soon+h.Soon, s.Waiting+h.Waiting, s.Late+h.Late
			}
			return s
		}
		if s := sum(begin); s != (outbox.Hour{Arrived: 2, Soon: 2, Waiting: 1}) {
			t.Errorf("at once: %+v", s)
		}
		if s := sum(begin.Add(time.Hour)); s.Late != 1 {
			t.Errorf("an hour later: %+v", s)
		}
		if at, err := outbox.OldestTo(ctx, d.Read(), []string{"down.example", "a.example"}); err != nil || len(at) != 1 || at["down.example"] < begin.UnixMilli() {
			t.Errorf("oldest: %v %v", at, err)
		}
		down.Store(false)
		ahead.Store(int64(2 * time.Hour))
		q.Wake()
		if s := sum(begin.Add(2 * time.Hour)); s != (outbox.Hour{Arrived: 3, Soon: 2}) {
			t.Errorf("arrived late: %+v", s)
		}
	}, outbox.Migrations)
}
