package outbox

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

const stateColumns = `host, pending, fails, next_at, last_error, last_ok_at`

// Known tells how all hosts stand that were ever sent to, by name.
func Known(ctx context.Context, q db.Q) ([]HostState, error) {
	return db.All[HostState](ctx, q, `select `+stateColumns+` from dest order by host`)
}

// Failing tells how the hosts stand that failed at least so often in a row, by name.
func Failing(ctx context.Context, q db.Q, fails int) ([]HostState, error) {
	return db.All[HostState](ctx, q, `select `+stateColumns+` from dest where fails >= $1 order by host`, fails)
}

// StateOf tells how one host stands; the zero state when it was never sent to.
func StateOf(ctx context.Context, q db.Q, host string) (HostState, error) {
	s, err := db.Get[HostState](ctx, q, `select `+stateColumns+` from dest where host = $1`, host)
	if apperr.Is(err, apperr.KindNotFound) {
		return HostState{Host: host}, nil
	}
	return s, err
}

// Withheld notes of the hosts of inboxes that something did not leave for them, and why: it
// counts as a failure, until something arrives there.
func Withheld(ctx context.Context, tx *db.Tx, inboxes []string, why string) error {
	hosts := make([]string, 0, len(inboxes))
	for _, in := range inboxes {
		if h := hostOf(in); h != "" {
			hosts = append(hosts, h)
		}
	}
	slices.Sort(hosts)
	for _, h := range slices.Compact(hosts) {
		if _, err := tx.Exec(ctx, `insert into dest (host, fails, last_error) values ($1, 1, $2)
			on conflict (host) do update set fails = case when dest.fails = 0 then 1 else dest.fails end, last_error = excluded.last_error`, h, why); err != nil {
			return err
		}
	}
	return nil
}

// Retry has a host that rests tried at once. It does nothing when nothing waits.
func Retry(ctx context.Context, tx *db.Tx, host string) error {
	n, err := db.Exec(ctx, tx, `update dest set next_at = 0 where host = $1 and pending > 0 and fails > 0`, host)
	if n > 0 {
		tx.Signal(topic)
	}
	return err
}

// Drop forgets all that waits for a host; dropped counts it. What is being sent
// at the moment may still arrive.
func Drop(ctx context.Context, tx *db.Tx, host string) (dropped int, err error) {
	of, err := db.All[int64](ctx, tx, `delete from delivery where host = $1 returning body_id`, host)
	if err != nil || len(of) == 0 {
		return 0, err
	}
	// Without its lease, a visit under way does not count what it ends.
	if _, err := tx.Exec(ctx, `update dest set pending = 0, fails = 0, next_at = 0, last_error = '', lease_by = '' where host = $1`, host); err != nil {
		return 0, err
	}
	bodies := make(map[int64]bool, len(of))
	for _, id := range of {
		bodies[id] = true
	}
	return len(of), dropBodies(ctx, tx, sorted(bodies))
}

// WaitingFor gives the inboxes that a delivery about a post waits for.
func WaitingFor(ctx context.Context, q db.Q, postID int64) (map[string]bool, error) {
	rows, err := db.All[string](ctx, q, `select distinct inbox from delivery where post_id = $1 and post_id <> 0`, postID)
	out := make(map[string]bool, len(rows))
	for _, r := range rows {
		out[r] = true
	}
	return out, err
}
