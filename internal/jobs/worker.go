package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// dispatch queues claimed jobs and starts workers; it tells whether there were any.
func (r *Runner) dispatch(ts []*task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	some := false
	for _, t := range ts {
		if r.inflight[t.ID] != nil {
			continue // our own lease had ended; the job runs here still
		}
		some = true
		t.by = r.by
		r.inflight[t.ID] = t
		k := r.kinds[t.Kind]
		if r.stopping {
			r.finish(result{t: t, back: true})
			continue
		}
		k.queue = append(k.queue, t)
		if k.workers < k.Concurrency {
			k.workers++
			go r.work(k)
		}
	}
	if some && r.beat == nil {
		r.beat = time.AfterFunc(renewEvery, r.renew)
	}
	return some
}

// work runs jobs of a kind until its queue is empty.
func (r *Runner) work(k *kind) {
	for {
		r.pool.slots <- struct{}{}
		r.mu.Lock()
		if len(k.queue) == 0 {
			k.workers--
			r.mu.Unlock()
			<-r.pool.slots
			return
		}
		t := k.queue[0]
		k.queue[0] = nil
		k.queue = k.queue[1:]
		low := len(k.queue) == k.Concurrency-1
		r.mu.Unlock()
		if low {
			r.Wake()
		}
		err := r.run(k, t)
		<-r.pool.slots
		r.mu.Lock()
		r.finish(result{t: t, err: err, back: err != nil && r.tasks.Err() != nil})
		r.mu.Unlock()
	}
}

// run runs one job.
func (r *Runner) run(k *kind, t *task) (err error) {
	if t.Tries > k.MaxTries {
		return Park(errors.New("the process ended while the job ran, each time"))
	}
	ctx, cancel := context.WithTimeout(context.WithValue(r.tasks, taskKey{}, t), k.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("panic in a job", "kind", t.Kind, "job", t.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return k.Handle(ctx, []byte(t.Payload))
}

// finish notes a result, written by a goroutine that lives while there are
// some; r.mu is held.
func (r *Runner) finish(res result) {
	r.results = append(r.results, res)
	if !r.flushing {
		r.flushing = true
		go r.flush()
	}
}

// flush writes results, all that are there at a time in one transaction.
func (r *Runner) flush() {
	for wait := time.Second; ; {
		r.mu.Lock()
		rs := r.results
		r.results = nil
		if len(rs) == 0 {
			r.flushing = false
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		err := r.d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error { return r.store(ctx, tx, rs) })
		if err != nil {
			r.log.Error("jobs: write results", "err", err, "jobs", len(rs))
			if !apperr.Is(err, apperr.KindUnavailable) || errors.Is(err, db.ErrClosed) || r.tasks.Err() != nil {
				r.forget(rs) // their leases end, and they run again
				continue
			}
			r.mu.Lock()
			r.results = append(rs, r.results...)
			r.mu.Unlock()
			select {
			case <-time.After(wait):
			case <-r.tasks.Done():
			}
			wait = min(2*wait, renewEvery)
			continue
		}
		wait = time.Second
		r.forget(rs)
	}
}

func (r *Runner) forget(rs []result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, res := range rs {
		delete(r.inflight, res.t.ID)
	}
	r.broadcast()
}

// broadcast wakes who waits in drained; r.mu is held.
func (r *Runner) broadcast() {
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *Runner) store(ctx context.Context, tx *db.Tx, rs []result) error {
	var done, back []int64
	retry := false
	for _, res := range rs {
		t := res.t
		var final parked
		var err error
		switch {
		case t.done.Load():
		case res.back:
			back = append(back, t.ID)
		case res.err == nil:
			done = append(done, t.ID)
		case errors.Is(res.err, ErrLost):
		case errors.As(res.err, &final) || t.Tries >= r.kinds[t.Kind].MaxTries:
			r.log.Warn("job parked", "kind", t.Kind, "job", t.ID, "tries", t.Tries, "err", res.err)
			err = park(ctx, tx, r.by, t.ID, reason(res.err))
		default:
			retry = true
			err = again(ctx, tx, r.by, t.ID, r.now().Add(backoff(t.Tries)).UnixMilli(), reason(res.err))
		}
		if err != nil {
			return err
		}
	}
	if err := remove(ctx, tx, r.by, done); err != nil {
		return err
	}
	if retry {
		tx.AfterCommit(r.Wake)
	}
	return giveBack(ctx, tx, r.by, back)
}

// backoff is 2 s after the first try, then 8 s, 32 s … one hour, give or take a quarter.
func backoff(tries int) time.Duration {
	d := min(2*time.Second<<min(2*(tries-1), 20), time.Hour)
	return d*3/4 + rand.N(d/2)
}

func reason(err error) string {
	s := []rune(err.Error())
	return string(s[:min(len(s), 500)])
}

// renew extends the leases while jobs are in flight.
func (r *Runner) renew() {
	r.mu.Lock()
	ids := make([]int64, 0, len(r.inflight))
	for id := range r.inflight {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		r.beat = nil
		r.mu.Unlock()
		return
	}
	r.mu.Unlock()
	err := r.d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return renew(ctx, tx, r.by, r.now().Add(lease).UnixMilli(), ids)
	})
	if err != nil {
		r.log.Error("jobs: renew leases", "err", err)
	}
	r.mu.Lock()
	if r.beat != nil {
		r.beat.Reset(renewEvery)
	}
	r.mu.Unlock()
}

// Stop lets running jobs finish, gives back those that have not started, and
// returns when all is written. When ctx ends first, running jobs are
// interrupted and given back too; that does not count as a try.
func (r *Runner) Stop(ctx context.Context) error {
	r.stopListen()
	r.cancelLoop()
	<-r.loopDone
	defer r.cancelTasks()
	r.mu.Lock()
	r.stopping = true
	for _, k := range r.kinds {
		for _, t := range k.queue {
			r.finish(result{t: t, back: true})
		}
		k.queue = nil
	}
	r.mu.Unlock()
	err := r.drained(ctx)
	if err != nil {
		r.cancelTasks()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err = r.drained(last)
	}
	r.mu.Lock()
	if r.beat != nil {
		r.beat.Stop()
		r.beat = nil
	}
	r.mu.Unlock()
	return err
}

// drained waits until nothing is in flight.
func (r *Runner) drained(ctx context.Context) error {
	for {
		r.mu.Lock()
		n, busy, changed := len(r.inflight), r.claiming, r.changed
		r.mu.Unlock()
		if n == 0 && !busy {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("jobs: %d still run: %w", n, ctx.Err())
		}
	}
}

// Begun is how often r has taken up jobs so far: as long as it stays the same,
// r does nothing.
func (r *Runner) Begun() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.claims
}

// Idle waits until no job of a registered kind is due or running.
func (r *Runner) Idle(ctx context.Context) error {
	for {
		begun := r.Begun()
		if err := r.drained(ctx); err != nil {
			return err
		}
		due, err := nextDue(ctx, r.d.Read(), r.names)
		if err != nil {
			return err
		}
		if !anyDue(due, r.now().UnixMilli()) {
			if r.Begun() == begun {
				return nil
			}
			continue
		}
		r.Wake()
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
