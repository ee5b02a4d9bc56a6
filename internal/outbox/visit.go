package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"
)

// Result is the Sender's word on one delivery. The zero Result is a failure
// without a reason: set one field at least.
type Result struct {
	OK         bool
	Permanent  bool          // refused for good, or no longer to be sent: drop it
	Gone       bool          // 410: drop all that waits for this inbox
	Broken     bool          // the host is there and broke over this one: status 500, or no answer at all
	RetryAfter time.Duration // the host asked for this rest, 0 when it did not
	Err        error
}

// Sender signs and sends one delivery. It bounds its own time, 10 s at most.
type Sender func(ctx context.Context, it Item) Result

const (
	// leaseTime is longer than a visit, which takes no new item after visitTime.
	leaseTime = time.Minute
	visitTime = 20 * time.Second
	// Keep is how long deliveries to a host that does not answer are kept.
	Keep = 30 * 24 * time.Hour
	// suspectAfter failures, the delivery behind the first one is tried as
	// well: if that passes, it is the first one that is at fault.
	suspectAfter = 5
	// brokenAfter is the same where the host says each time that it broke over
	// the first one, as GoToSocial does over every type that it does not know, or
	// takes it and never answers, as NodeBB does over all that it fails to do:
	// all that waits behind it must not wait for most of an hour.
	brokenAfter = 2
)

// visit is one turn of sending to a host.
type visit struct {
	Host      string
	Fails     int
	LastError string

	until int64 // of the lease, for hosts that failed
	items []item

	ended   []item // rows that go: sent, refused, too old, at fault
	took    []took // of these, what was taken
	gone    []string
	ok      bool // something was taken or refused: the host answers
	failed  bool
	expired bool
	empty   bool // nothing was there to send, whatever dest says
	rest    time.Duration
	reason  string

	slow bool // no longer counted among the workers
	over bool
}

// run sends the items until one fails, time is up or stop says so.
func (v *visit) run(ctx context.Context, send Sender, body func(int64) []byte, now time.Time, stop func() bool) {
	v.empty = len(v.items) == 0
	begin := time.Now()
	cutoff := now.Add(-Keep).UnixMilli()
	var suspects []item // that failed in this visit, one behind the other
	for i := range v.items {
		it := &v.items[i]
		if it.CreatedAt < cutoff {
			v.expired = true
			v.ended = append(v.ended, *it)
			continue
		}
		if slices.Contains(v.gone, it.Inbox) {
			v.ended = append(v.ended, *it)
			continue
		}
		if stop() || time.Since(begin) > visitTime {
			return
		}
		res := v.try(ctx, send, it, body(it.BodyID))
		if ctx.Err() != nil && !res.OK {
			return // interrupted: nobody's fault
		}
		switch {
		case res.OK || res.Permanent || res.Gone:
			v.ok = true
			v.ended = append(v.ended, *it)
			if res.OK {
				v.took = append(v.took, tookAfter(it.CreatedAt, now.Add(time.Since(begin))))
			}
			if res.Gone {
				v.gone = append(v.gone, it.Inbox)
			}
			if len(suspects) > 0 {
				v.ended = append(v.ended, suspects...)
				suspects, v.failed, v.reason = nil, false, ""
			}
		default:
			v.failed = true
			v.rest = max(v.rest, res.RetryAfter)
			v.reason = "no reason given"
			if res.Err != nil {
				v.reason = res.Err.Error()
			}
			after, more := suspectAfter, 1
			if res.Broken {
				// Several at fault may stand one behind the other: each time one more is tried.
				after, more = brokenAfter, v.Fails-brokenAfter+1
			}
			if len(suspects) >= more || v.Fails < after || v.ok {
				return
			}
			suspects = append(suspects, *it)
		}
	}
}

func (v *visit) try(ctx context.Context, send Sender, it *item, body []byte) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = Result{Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	if body == nil {
		return Result{Permanent: true}
	}
	return send(ctx, Item{ID: it.ID, Host: it.Host, Inbox: it.Inbox, ActorID: it.ActorID, Body: body, Tries: v.Fails, PostID: it.PostID, Audience: it.Audience})
}

// plain: all that was sent was taken, and nothing else is to be written.
func (v *visit) plain() bool {
	return v.ok && !v.failed && len(v.gone) == 0 && !v.expired && v.LastError == ""
}

// silent: the failure was written with the claim, nothing has changed.
func (v *visit) silent() bool {
	return v.failed && v.Fails > 0 && len(v.ended) == 0 && v.lastError() == v.LastError && v.rest <= backoffLeast(v.Fails+1)
}

// recounted: rows beyond those that were read may go with it, so that all that
// waits for the host is counted anew.
func (v *visit) recounted() bool { return len(v.gone) > 0 || v.expired || v.empty }

func (v *visit) failsNow() int {
	if v.ok {
		return 1
	}
	return v.Fails + 1
}

// nextAt is when to try again: the rest fixed with the claim, unless the host
// asked for a longer one or has just answered.
func (v *visit) nextAt(now int64) int64 {
	rest := backoff(v.failsNow())
	if asked := min(v.rest, 24*time.Hour); asked > rest {
		rest = asked + rand.N(time.Second+asked/10)
	} else if v.until > 0 && !v.ok {
		return v.until
	}
	return now + rest.Milliseconds()
}

func (v *visit) lastError() string {
	if !v.failed {
		return ""
	}
	r := []rune(v.reason)
	return string(r[:min(len(r), 300)])
}

func (v *visit) addEnded(ids []int64, bodies map[int64]bool) []int64 {
	for _, it := range v.ended {
		ids = append(ids, it.ID)
		bodies[it.BodyID] = true
	}
	return ids
}

// backoffLeast doubles from a minute to an hour at the 7th failure, stays
// there for half a day, then doubles on to a day.
func backoffLeast(fails int) time.Duration {
	switch {
	case fails <= 7:
		return min(time.Minute<<max(fails-1, 0), time.Hour)
	case fails <= 18:
		return time.Hour
	default:
		return min(time.Hour<<min(fails-18, 5), 24*time.Hour)
	}
}

// backoff is backoffLeast and up to a half more.
func backoff(fails int) time.Duration {
	d := backoffLeast(fails)
	return d + rand.N(d/2)
}
