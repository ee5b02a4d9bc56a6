// Package limit counts attempts per key in memory: a token bucket for each
// account, address or token.
//
// Invariant: memory is bounded. When there are too many keys those whose
// buckets are full again are forgotten; if none is, half of them go.
package limit

import (
	"sync"
	"time"
)

// Limiter gives each key Burst attempts, refilled evenly over Per. Safe for concurrent use.
type Limiter struct {
	burst float64
	per   time.Duration
	now   func() time.Time
	most  int

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// State is what is left after an attempt.
type State struct {
	Limit     int
	Remaining int
	Reset     time.Time // when the bucket is full again
	Retry     time.Duration
}

const maxKeys = 100_000

// New makes a limiter of burst attempts per duration; now nil means time.Now.
// A nil *Limiter allows everything.
func New(burst int, per time.Duration, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{burst: float64(burst), per: per, now: now, most: maxKeys, buckets: map[string]*bucket{}}
}

// Allow takes one attempt from the key's bucket; ok is false when it is empty.
func (l *Limiter) Allow(key string) (st State, ok bool) {
	if l == nil {
		return State{}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= l.most {
			l.prune(now)
		}
		b = &bucket{left: l.burst, at: now}
		l.buckets[key] = b
	}
	rate := l.burst / l.per.Seconds()
	if d := now.Sub(b.at).Seconds(); d > 0 { // a clock set back gives nothing and takes nothing
		b.left = min(l.burst, b.left+d*rate)
	}
	b.at = now
	if ok = b.left >= 1; ok {
		b.left--
	}
	st = State{
		Limit:     int(l.burst),
		Remaining: int(b.left),
		Reset:     now.Add(time.Duration((l.burst - b.left) / rate * float64(time.Second))),
	}
	if !ok {
		st.Retry = time.Duration((1 - b.left) / rate * float64(time.Second))
	}
	return st, ok
}

// Forget fills the key's bucket again, after a success.
func (l *Limiter) Forget(key string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.buckets, key)
}

// Give puts one attempt back, when it turned out not to count.
func (l *Limiter) Give(key string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.buckets[key]; b != nil {
		b.left = min(l.burst, b.left+1)
	}
}

func (l *Limiter) prune(now time.Time) {
	rate := l.burst / l.per.Seconds()
	for k, b := range l.buckets {
		if b.left+now.Sub(b.at).Seconds()*rate >= l.burst {
			delete(l.buckets, k)
		}
	}
	if len(l.buckets) < l.most {
		return
	}
	drop := l.most / 2
	for k := range l.buckets { // map order is as good as any under attack
		if drop == 0 {
			break
		}
		delete(l.buckets, k)
		drop--
	}
}
