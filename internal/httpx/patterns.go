package httpx

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// Patterns are the compiled patterns of routes. They know paths and methods and
// nothing of what answers there, so that all instances of a process have the same:
// compiled, they take far more memory than all else that an instance holds.
// The zero value is ready; it is safe for concurrent use.
type Patterns struct {
	mu   sync.Mutex
	made map[[sha256.Size]byte]*shape // by the routes that it tells apart
}

// of gives the shape of routes, in their order.
func (p *Patterns) of(routes []*Route) *shape {
	h := sha256.New()
	for _, rt := range routes {
		fmt.Fprintln(h, rt.Method, rt.Path, rt.Class == ClassActivityPub)
	}
	key := [sha256.Size]byte(h.Sum(nil))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == nil {
		p.made = map[[sha256.Size]byte]*shape{}
	}
	if p.made[key] == nil {
		p.made[key] = buildShape(routes)
	}
	return p.made[key]
}
