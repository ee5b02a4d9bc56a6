package httpx

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/mux"
)

// Patterns are the compiled patterns of routes. They know paths and methods and
// nothing of what answers there, so that all instances of a process have the same:
// compiled, they take far more memory than all else that an instance holds.
// The zero value is ready; it is safe for concurrent use.
type Patterns struct {
	mu   sync.Mutex
	made map[string]*mux.Router // by the sites that it tells apart
}

// of gives the matcher for sites of one literal prefix, in their order. It names
// the pattern that a request fits.
func (p *Patterns) of(sites []*site) *mux.Router {
	lines := make([]string, len(sites))
	for i, s := range sites {
		lines[i] = s.path + " " + strings.Join(s.allows(), " ")
	}
	key := strings.Join(lines, "\n")
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.made[key]; r != nil {
		return r
	}
	r := mux.NewRouter().SkipClean(true)
	for _, s := range sites {
		allows := s.allows()
		r.Path(s.path).MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
			return slices.Contains(allows, r.Method)
		}).Handler(http.NotFoundHandler()).Name(s.path)
	}
	if p.made == nil {
		p.made = map[string]*mux.Router{}
	}
	p.made[key] = r
	return r
}
