package federation_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

// TestTurns: what somebody sends in a burst longer than a turn is worked off to
// its end, also where the job for the rest begins at once.
func TestTurns(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.followedBy(n, ana)
	held := s.note("held back")
	id, _ := held["id"].(string)
	s.put(id[len(s.base):], held)
	s.mu.Lock() // who fetches waits
	const burst = 80
	for i := range burst {
		object := any(id)
		if i > 0 {
			object = s.note("burst")
		}
		if status := s.send(n, s.activity("Create", object)); status != http.StatusAccepted {
			t.Fatalf("%d: %d", i, status)
		}
	}
	// Whoever adds a job at the end of a turn is held up until others had time to do it.
	stop := n.db.Listen("jobs", func() {
		if left := n.count(`select count(*) from inbox_item where state = 0`); left > 0 && left <= burst-50 {
			time.Sleep(300 * time.Millisecond)
		}
	})
	defer stop()
	s.mu.Unlock()
	settle(n)
	if got := n.count(`select count(*) from home_entry where account_id = $1`, ana.AccountID); got != burst {
		t.Errorf("%d of %d in the timeline, %d wait", got, burst, n.count(`select count(*) from inbox_item where state = 0`))
	}
}

// TestLeftBehind: what waits without a job is found within a day.
func TestLeftBehind(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.followedBy(n, ana)
	body := s.activity("Create", s.note("left behind"))
	err := n.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into inbox_item (id, seq, actor, kind, body, received_at) values ($1, 1, $2, 'Create', $3, $4)`,
			body.id(), s.actor("hana"), marshal(t, body), time.Now().UnixMilli()); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, "federation.prune", struct{}{})
	})
	if err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := n.count(`select count(*) from home_entry where account_id = $1`, ana.AccountID); got != 1 {
		t.Errorf("%d in the timeline", got)
	}
}
