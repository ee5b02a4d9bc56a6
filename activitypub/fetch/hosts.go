package fetch

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Bounds on GETs towards one host.
const (
	perHostAtOnce = 4
	perHostMinute = 60
	maxHosts      = 1024 // hosts remembered that are idle
)

// hostLimits holds a small queue and a token bucket per host.
type hostLimits struct {
	mu    sync.Mutex
	hosts map[string]*hostLimit
}

type hostLimit struct {
	slots  chan struct{}
	users  int
	tokens float64
	seen   time.Time
}

// acquire waits for a free slot towards host and takes a token; the returned
// function gives the slot back. rate false means no token is needed.
func (l *hostLimits) acquire(ctx context.Context, host string, now time.Time, rate bool) (func(), error) {
	host = oneSpelling(host)
	l.mu.Lock()
	h := l.hosts[host]
	if h == nil {
		l.forget(now)
		h = &hostLimit{slots: make(chan struct{}, perHostAtOnce), tokens: perHostMinute, seen: now}
		l.hosts[host] = h
	}
	h.refill(now)
	if rate && h.tokens < 1 {
		l.mu.Unlock()
		return nil, &Error{Kind: ErrTemporary, Reason: "too many requests to one host", RetryAfter: time.Minute / perHostMinute}
	}
	if rate {
		h.tokens--
	}
	h.users++
	l.mu.Unlock()
	done := func() {
		l.mu.Lock()
		h.users--
		l.mu.Unlock()
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; done() }, nil
	case <-ctx.Done():
		done()
		return nil, &Error{Kind: ErrTemporary, Reason: NoAnswer, err: ctx.Err()}
	}
}

// oneSpelling makes the spellings of a host, with or without its port, one: else
// each way to write a name would have a bucket of its own.
func oneSpelling(host string) string {
	host = strings.ToLower(host)
	if strings.HasPrefix(host, "[") { // an IPv6 address
		return host
	}
	name, port, _ := strings.Cut(host, ":")
	if name = strings.TrimRight(name, "."); port == "" || port == "443" || port == "80" {
		return name
	}
	return name + ":" + port
}

func (h *hostLimit) refill(now time.Time) {
	if d := now.Sub(h.seen); d > 0 {
		h.tokens = min(perHostMinute, h.tokens+d.Minutes()*perHostMinute)
		h.seen = now
	}
}

// forget drops hosts that are idle and back at a full bucket, once there are
// many. Called with the lock held.
func (l *hostLimits) forget(now time.Time) {
	if len(l.hosts) < maxHosts {
		return
	}
	for name, h := range l.hosts {
		if h.refill(now); h.users == 0 && h.tokens >= perHostMinute {
			delete(l.hosts, name)
		}
	}
}
