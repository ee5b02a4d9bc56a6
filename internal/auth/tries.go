package auth

import (
	"context"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth/limit"
)

// tries bounds the guessing of passwords. Nobody can lock somebody else out by
// guessing wrong: what is refused is the name together with the network. A name
// that is guessed at from many networks is not refused but slowed down: then
// its attempts pass one after the other, whatever network they come from, but
// for the networks from which its owner came before.
type tries struct {
	pair    *limit.Limiter // name and network
	name    *limit.Limiter // name alone; empty means slow, not refused
	address *limit.Limiter // network alone

	pause time.Duration // of each attempt on a name that is slow

	mu    sync.Mutex
	queue map[string]*line
	known map[string]time.Time // name and network that once signed in
}

// line is the attempts that wait for their turn on a name.
type line struct {
	turn    chan struct{}
	waiting int
}

const (
	slowPause   = 3 * time.Second
	slowWaiting = 5 // beyond, an attempt is refused
	maxKnown    = 20_000
)

func newTries(now func() time.Time) *tries {
	return &tries{
		pair: limit.New(10, 15*time.Minute, now), name: limit.New(60, time.Hour, now), address: limit.New(40, 15*time.Minute, now),
		pause: slowPause, queue: map[string]*line{}, known: map[string]time.Time{},
	}
}

func pairKey(name, addr string) string { return addr + " " + name }

// take counts an attempt before it is made, so that many at once count. It may
// wait. KindTooMany when it is refused.
func (t *tries) take(ctx context.Context, name, addr string) error {
	if t == nil {
		return nil
	}
	if _, ok := t.pair.Allow(pairKey(name, addr)); !ok {
		return apperr.TooMany("auth.too_many")
	}
	if _, ok := t.address.Allow(addr); !ok {
		return apperr.TooMany("auth.too_many")
	}
	if _, ok := t.name.Allow(name); ok || t.knows(name, addr) {
		return nil
	}
	return t.wait(ctx, name)
}

// won gives back what an attempt took that was right: an assembly hall may
// share one network. The name stays slow for other networks.
func (t *tries) won(name, addr string) {
	if t == nil {
		return
	}
	t.pair.Forget(pairKey(name, addr))
	t.address.Give(addr)
	t.name.Give(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= maxKnown {
		for k := range t.known {
			if delete(t.known, k); len(t.known) < maxKnown*3/4 {
				break
			}
		}
	}
	t.known[pairKey(name, addr)] = time.Now()
}

func (t *tries) knows(name, addr string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.known[pairKey(name, addr)]
	return ok
}

// wait lets attempts on a name pass one by one, with a pause.
func (t *tries) wait(ctx context.Context, name string) error {
	t.mu.Lock()
	l := t.queue[name]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		t.queue[name] = l
	}
	if l.waiting >= slowWaiting {
		t.mu.Unlock()
		return apperr.TooMany("auth.too_many")
	}
	l.waiting++
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.waiting--; l.waiting == 0 {
			delete(t.queue, name)
		}
	}()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.turn }()
	select {
	case <-time.After(t.pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
