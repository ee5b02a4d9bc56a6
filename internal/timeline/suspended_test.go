package timeline_test

import (
	"context"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

// TestOR16NoNewsOfTheSuspended: what somebody caused before a suspension is told
// no more, is not counted, and comes back with them.
//
// Spec: OR16
func TestOR16NoNewsOfTheSuspended(t *testing.T) {
	n := testkit.New(t)
	ana, bob := n.Person("ana", true), n.Person("bob", true)
	if err := n.Follows.Follow(context.Background(), bob.ID, ana.ID, nil); err != nil {
		t.Fatal(err)
	}
	told := func(want int) {
		t.Helper()
		var list []masto.Notification
		if n.Client("ana").Get("/api/v1/notifications", &list); len(list) != want {
			t.Errorf("%d notifications, want %d", len(list), want)
		}
		var unread struct{ Count int }
		if n.Client("ana").Get("/api/v1/notifications/unread_count", &unread); unread.Count != want {
			t.Errorf("%d unread, want %d", unread.Count, want)
		}
	}
	suspend := func(at int64) {
		t.Helper()
		if err := n.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update account set suspended_at = $2 where id = $1`, bob.ID, at)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	told(1)
	suspend(1)
	told(0)
	suspend(0)
	told(1)
}
