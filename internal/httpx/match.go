package httpx

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// table finds the route of a request among those of one instance.
type table struct {
	*shape
	routes []*Route
}

// shape knows the paths and methods of routes and nothing of what answers there:
// it is the same for all instances of a process. gorilla/mux tries its patterns
// one by one; the shape groups them by their literal beginning, so that a request
// is compared with a few patterns and not with all.
type shape struct {
	groups map[string]*group // by literal prefix of at most groupDepth segments, "" for none
}

const groupDepth = 3

type group struct {
	mux   *mux.Router
	sites map[string]*site // by pattern, which is the name of its mux route
}

// site is all that answers at one pattern.
type site struct {
	path    string
	methods map[string]endpoint
}

// endpoint is what one method has at a site: an ActivityPub route, another one, or
// both. They are places in the list of routes, counted from 1; 0 is none.
type endpoint struct {
	ap, plain int
}

func buildShape(routes []*Route) *shape {
	sites := map[string]*site{}
	var order []*site
	for i, rt := range routes {
		s := sites[rt.Path]
		if s == nil {
			s = &site{path: rt.Path, methods: map[string]endpoint{}}
			sites[rt.Path] = s
			order = append(order, s)
		}
		e := s.methods[rt.Method]
		if rt.Class == ClassActivityPub {
			e.ap = i + 1
		} else {
			e.plain = i + 1
		}
		s.methods[rt.Method] = e
	}
	slices.SortStableFunc(order, func(a, b *site) int { return moreSpecific(a.path, b.path) })
	sh := &shape{groups: map[string]*group{}}
	for _, s := range order {
		key := literalPrefix(s.path)
		g := sh.groups[key]
		if g == nil {
			g = &group{mux: mux.NewRouter().SkipClean(true), sites: map[string]*site{}}
			sh.groups[key] = g
		}
		g.add(s)
	}
	return sh
}

func (g *group) add(s *site) {
	allows := s.allows()
	g.mux.Path(s.path).MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool {
		return slices.Contains(allows, r.Method)
	}).Handler(http.NotFoundHandler()).Name(s.path)
	g.sites[s.path] = s
}

// allows lists the methods that a site answers, sorted.
func (s *site) allows() []string {
	out := slices.Collect(maps.Keys(s.methods))
	_, get := s.methods[http.MethodGet]
	if _, head := s.methods[http.MethodHead]; get && !head {
		out = append(out, http.MethodHead)
	}
	slices.Sort(out)
	return out
}

func (s *site) endpoint(method string) endpoint {
	e, ok := s.methods[method]
	if !ok && method == http.MethodHead {
		return s.methods[http.MethodGet]
	}
	return e
}

// find gives the route and its variables; both says that the site speaks
// ActivityPub and HTML, so that caches must look at Accept.
func (t table) find(r *http.Request) (rt *Route, vars map[string]string, both bool) {
	for _, g := range t.candidates(r.URL.Path) {
		var m mux.RouteMatch
		if !g.mux.Match(r, &m) || m.Route == nil {
			continue
		}
		e := g.sites[m.Route.GetName()].endpoint(r.Method)
		both = e.ap > 0 && e.plain > 0
		if e.plain == 0 || both && WantsActivity(r) {
			return t.routes[e.ap-1], m.Vars, both
		}
		return t.routes[e.plain-1], m.Vars, both
	}
	return nil, nil, false
}

// allowed lists the methods that the path answers, nil when no route has it.
func (sh *shape) allowed(r *http.Request) []string {
	set := map[string]bool{}
	for _, g := range sh.candidates(r.URL.Path) {
		for _, s := range g.sites {
			for method := range s.methods {
				if set[method] {
					continue
				}
				probe := *r
				probe.Method = method
				var m mux.RouteMatch
				if g.mux.Match(&probe, &m) && m.Route != nil {
					set[method] = true
				}
			}
		}
	}
	if len(set) == 0 {
		return nil
	}
	set[http.MethodOptions] = true
	if set[http.MethodGet] {
		set[http.MethodHead] = true
	}
	out := make([]string, 0, len(set))
	for m := range set {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

// candidates are the groups that may hold the path, the most literal first.
func (sh *shape) candidates(path string) []*group {
	segs := strings.SplitN(strings.TrimPrefix(path, "/"), "/", groupDepth+1)
	var out []*group
	for n := min(len(segs), groupDepth); n >= 0; n-- {
		if g := sh.groups[strings.Join(segs[:n], "/")]; g != nil && (n > 0 || !slices.Contains(out, g)) {
			out = append(out, g)
		}
	}
	return out
}

func literalPrefix(path string) string {
	var lit []string
	for seg := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if strings.Contains(seg, "{") || len(lit) == groupDepth {
			break
		}
		lit = append(lit, seg)
	}
	return strings.Join(lit, "/")
}

// moreSpecific sorts patterns so that at the first differing segment a literal
// comes before one with a literal beginning, that before a constrained
// variable, and that before a free one.
func moreSpecific(a, b string) int {
	as, bs := splitPattern(a), splitPattern(b)
	for i := range min(len(as), len(bs)) {
		if ra, rb := rank(as[i]), rank(bs[i]); ra != rb {
			return ra - rb
		}
	}
	return len(bs) - len(as)
}

func rank(seg string) int {
	switch open := strings.IndexByte(seg, '{'); {
	case open < 0:
		return 0
	case open > 0:
		return 1
	case strings.Contains(seg, ":") || !strings.HasSuffix(seg, "}") || strings.Count(seg, "{") > 1:
		return 2
	default:
		return 3
	}
}

// splitPattern cuts at slashes outside braces, as a constraint may hold one.
func splitPattern(p string) []string {
	var out []string
	depth, start := 0, 1
	for i := 1; i < len(p); i++ {
		switch p[i] {
		case '{':
			depth++
		case '}':
			depth--
		case '/':
			if depth == 0 {
				out = append(out, p[start:i])
				start = i + 1
			}
		}
	}
	return append(out, p[start:])
}
