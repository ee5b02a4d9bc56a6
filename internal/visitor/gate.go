package visitor

import (
	"sync"
	"time"

	"github.com/maillage/maillage/internal/apperr"
)

// Requests that wait for another server: a server that hangs costs its own few
// waits, and never all that can be had at once.
const (
	maxWaiting   = 24               // at once
	maxForOne    = 4                // for one server
	beginWithin  = 12 * time.Second // to make ourselves known
	finishWithin = 25 * time.Second // to ask who agreed
)

// gate counts who waits for other servers.
type gate struct {
	mu    sync.Mutex
	all   int
	hosts map[string]int
}

// enter lets a request wait for a server, until leave is called; ok is false when too many do.
func (g *gate) enter(host string) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= maxWaiting || g.hosts[host] >= maxForOne {
		return nil, false
	}
	if g.hosts == nil {
		g.hosts = map[string]int{}
	}
	g.all++
	g.hosts[host]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.all--
		if g.hosts[host]--; g.hosts[host] == 0 {
			delete(g.hosts, host)
		}
	}, true
}

// crowded is the answer while too many wait for a server.
func crowded(host string) error {
	return apperr.Invalid("visitor.crowded", "Host", host).Field("handle", "visitor.crowded", "Host", host)
}

// isCrowded reports whether nothing was asked yet, so that it can be tried again.
func isCrowded(err error) bool {
	x, ok := apperr.As(err)
	return ok && x.Key == "visitor.crowded"
}
