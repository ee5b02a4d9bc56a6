package httpx

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Class says how a route speaks: how it authenticates and how its errors look.
type Class uint8

// The classes of route.
const (
	ClassWeb         Class = iota // HTML pages and forms; cookie session
	ClassAPI                      // Mastodon's API, OAuth endpoints, discovery; bearer token, CORS, JSON errors
	ClassActivityPub              // objects and inboxes; signature, checked by the handler
	ClassStatic                   // files
)

func (c Class) String() string { return [...]string{"web", "api", "activitypub", "static"}[c] }

// Policy says who may use a route.
type Policy uint8

// The policies.
const (
	Public    Policy = iota // anybody
	SignedIn                // somebody with an account
	Moderator               // moderators and admins
	Admin                   // admins
	Peer                    // an ActivityPub endpoint, whose handler does its own checks
)

func (p Policy) String() string {
	return [...]string{"public", "signed-in", "moderator", "admin", "peer"}[p]
}

// Handler answers a request or says why not; the error is mapped by the class of the route.
type Handler func(*Ctx) error

// Route is one declared route. The limits are those of Options unless set.
type Route struct {
	Method string
	Path   string // gorilla/mux pattern
	Policy Policy
	Class  Class
	// AnyToken takes the token also from the address or the WebSocket protocol.
	AnyToken bool
	// Kept says that the answer follows from the database, the clock and what keyOf
	// names, and that giving it has no effect: it may be given again while current.
	Kept    bool
	Scope   string // API scope, for the list of routes; package masto checks it
	MaxBody int64  // bytes
	Timeout time.Duration
	Handler Handler
}

// Option changes a route while it is declared.
type Option func(*Route)

// MaxBody allows a larger (or smaller) request body, in bytes.
func MaxBody(n int64) Option { return func(r *Route) { r.MaxBody = n } }

// Timeout gives the route another time limit; a negative one means none, for streams.
func Timeout(d time.Duration) Option { return func(r *Route) { r.Timeout = d } }

// AsClass overrides the class that the path and policy imply.
func AsClass(c Class) Option { return func(r *Route) { r.Class = c } }

// Keep lets the server give the same answer again for as long as nothing that
// it was made from has changed (see package memo). It is for GET routes whose
// handlers look at no header of the request, and do nothing else than answer.
func Keep() Option { return func(r *Route) { r.Kept = true } }

// WithScope notes the API scope of a route in the list of routes.
func WithScope(s string) Option { return func(r *Route) { r.Scope = s } }

// Router collects routes. The order of declaration does not matter: a literal
// segment wins over a variable one. On a path that has both an ActivityPub and
// another route, the Accept header chooses (see WantsActivity).
type Router struct {
	routes []*Route
	seen   map[string]bool // nil once a server has the routes
}

// NewRouter makes an empty router.
func NewRouter() *Router { return &Router{seen: map[string]bool{}} }

// Handle declares a route. Declaring one twice is a programming error and panics.
//
// The class follows from the policy and path: Peer is ActivityPub; /api/,
// /oauth/token, /oauth/revoke, /oauth/userinfo, /nodeinfo and /.well-known/
// are API; the rest is pages.
func (r *Router) Handle(method, path string, p Policy, h Handler, opts ...Option) {
	rt := &Route{Method: method, Path: path, Policy: p, Class: classOf(path), Handler: h}
	if p == Peer {
		rt.Class = ClassActivityPub
	}
	for _, o := range opts {
		o(rt)
	}
	if !strings.HasPrefix(path, "/") || h == nil {
		panic(fmt.Sprintf("httpx: route %s %q has no path or no handler", method, path))
	}
	key := fmt.Sprint(method, " ", path, " ", rt.Class == ClassActivityPub)
	if r.seen == nil {
		panic("httpx: route declared too late: " + method + " " + path)
	}
	if r.seen[key] {
		panic("httpx: route declared twice: " + method + " " + path)
	}
	r.seen[key] = true
	r.routes = append(r.routes, rt)
}

// seal ends the declaring: a server answers with the routes that there are.
func (r *Router) seal(p *Patterns) table {
	r.seen = nil
	slices.SortFunc(r.routes, byPath) // some are declared in the order of a map
	return table{p.of(r.routes), r.routes}
}

func byPath(a, b *Route) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method), cmp.Compare(a.Class, b.Class))
}

// Get declares a GET route; HEAD is answered from it.
func (r *Router) Get(path string, p Policy, h Handler, opts ...Option) {
	r.Handle(http.MethodGet, path, p, h, opts...)
}

// Post declares a POST route.
func (r *Router) Post(path string, p Policy, h Handler, opts ...Option) {
	r.Handle(http.MethodPost, path, p, h, opts...)
}

// Put declares a PUT route.
func (r *Router) Put(path string, p Policy, h Handler, opts ...Option) {
	r.Handle(http.MethodPut, path, p, h, opts...)
}

// Patch declares a PATCH route.
func (r *Router) Patch(path string, p Policy, h Handler, opts ...Option) {
	r.Handle(http.MethodPatch, path, p, h, opts...)
}

// Delete declares a DELETE route.
func (r *Router) Delete(path string, p Policy, h Handler, opts ...Option) {
	r.Handle(http.MethodDelete, path, p, h, opts...)
}

// Routes lists what was declared, sorted by path and method.
func (r *Router) Routes() []Route {
	sorted := slices.SortedFunc(slices.Values(r.routes), byPath)
	out := make([]Route, len(sorted))
	for i, rt := range sorted {
		out[i] = *rt
	}
	return out
}

// classOf gives the class of a path that no option settles, also of one that no route has.
func classOf(path string) Class {
	for _, prefix := range []string{"/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/nodeinfo", "/.well-known/"} {
		if strings.HasPrefix(path, prefix) {
			return ClassAPI
		}
	}
	if path == "/api" {
		return ClassAPI
	}
	if strings.HasPrefix(path, "/static/") {
		return ClassStatic
	}
	return ClassWeb
}
