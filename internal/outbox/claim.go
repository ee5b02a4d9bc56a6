package outbox

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// room is how many hosts may be claimed, and how many of them may have failed
// last. Claims wait until a quarter of the workers is free: they cost a commit.
func (q *Queue) room() (free, retries int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	free = q.o.Workers - q.active
	if free < max(q.o.Workers/4, 1) {
		return 0, 0
	}
	return free, min(free, max(q.o.Workers/4, 1)-q.retries)
}

// fill claims due hosts and starts visits; it says how long until the next
// host is due, negative for never.
func (q *Queue) fill(ctx context.Context) (time.Duration, error) {
	now := q.o.Clock().UnixMilli()
	if now < q.lastNow-time.Minute.Milliseconds() {
		if err := q.setBack(ctx, now); err != nil {
			return 0, err
		}
	}
	q.lastNow = now
	if vs := q.oneEach(nil); len(vs) > 0 {
		if err := q.begin(ctx, vs); err != nil {
			return 0, err
		}
	}
	free, retries := q.room()
	if free == 0 {
		return -1, nil // a visit that ends wakes us
	}
	healthy, failing, err := nextDue(ctx, q.d.Read())
	if err != nil {
		return 0, err
	}
	if retries <= 0 {
		failing = -1
	}
	dueH, dueF := healthy >= 0 && healthy <= now, failing >= 0 && failing <= now
	if !dueH && !dueF {
		wait := failing
		if healthy >= 0 && (wait < 0 || healthy < wait) {
			wait = healthy
		}
		if wait < 0 {
			return -1, nil
		}
		return min(time.Duration(min(wait-now, maxSleep.Milliseconds()))*time.Millisecond, maxSleep), nil
	}
	q.mu.Lock()
	q.claiming = true
	q.claims++
	q.mu.Unlock()
	defer q.claimed()
	var vs []*visit
	err = q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		vs = nil
		if dueF {
			f, err := claimFailing(ctx, tx, q.d.Dialect(), q.by, now, retries)
			if err != nil {
				return err
			}
			vs = append(vs, f...)
		}
		if n := free - len(vs); dueH && n > 0 {
			h, err := claimHealthy(ctx, tx, q.d.Dialect(), q.by, now, now+leaseTime.Milliseconds(), n)
			if err != nil {
				return err
			}
			vs = append(vs, h...)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if len(vs) == 0 {
		return raceDelay, nil // another node was faster
	}
	if err := q.begin(ctx, q.oneEach(vs)); err != nil {
		return 0, err // their leases end
	}
	return 0, nil
}

// oneEach gives the visits that can begin, of vs and of those put off before:
// one at a time to a host. Seldom is a host due whose last visit is not over:
// its result is committed and not yet noted, or the clock was moved.
func (q *Queue) oneEach(vs []*visit) []*visit {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := append(q.later, vs...)
	q.later = nil
	vs = nil
	for _, v := range all {
		if q.open[v.Host] {
			q.later = append(q.later, v)
		} else {
			q.open[v.Host] = true
			vs = append(vs, v)
		}
	}
	return vs
}

// setBack makes hosts due that the old, later clock had put off by a little only.
func (q *Queue) setBack(ctx context.Context, now int64) error {
	return q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `update dest set next_at = $1 where pending > 0 and fails = 0 and next_at > $2`, now, now+leaseTime.Milliseconds())
		return err
	})
}

// begin reads what the claimed hosts are to be sent and starts their visits.
func (q *Queue) begin(ctx context.Context, vs []*visit) (err error) {
	defer func() {
		if err != nil {
			q.closed(vs)
		}
	}()
	hosts := make([]string, len(vs))
	for i, v := range vs {
		hosts[i] = v.Host
	}
	items, err := load(ctx, q.d.Read(), q.d.Dialect(), hosts, q.o.PerHost)
	if err != nil {
		return err
	}
	need := make(map[int64]bool)
	q.mu.Lock()
	for _, is := range items {
		for _, it := range is {
			if q.bodies[it.BodyID] == nil {
				need[it.BodyID] = true
			}
		}
	}
	q.mu.Unlock()
	var loaded []body
	if len(need) > 0 {
		if loaded, err = loadBodies(ctx, q.d.Read(), sorted(need)); err != nil {
			return err
		}
	}
	// A batch keeps the bodies it needs, whatever becomes of the cache.
	all := make(map[int64][]byte, len(loaded))
	for _, b := range loaded {
		all[b.ID] = b.Body
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, is := range items {
		for _, it := range is {
			if all[it.BodyID] == nil {
				all[it.BodyID] = q.bodies[it.BodyID]
			}
		}
	}
	q.remember(loaded)
	for _, v := range vs {
		v.items = items[v.Host]
		q.active++
		if v.Fails > 0 {
			q.retries++
		}
		go q.visit(v, func(id int64) []byte { return all[id] })
	}
	return nil
}

func (q *Queue) remember(bs []body) {
	for _, b := range bs {
		if q.size += len(b.Body); q.bodies == nil || q.size > bodyCache {
			q.bodies, q.size = make(map[int64][]byte), len(b.Body)
		}
		q.bodies[b.ID] = b.Body
	}
}
