package masto

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
)

// Scopes that are no scope of a token.
const (
	ScopePublic = ""     // anybody; a token, if shown, tells who
	ScopeUser   = "user" // any token of a person
	ScopeApp    = "app"  // any token, also that of an app alone
)

// Handler answers an API request.
type Handler func(*Req) error

// Router declares API endpoints on the router of the instance.
//
// scope says who may call:
//
//	"read:statuses"   a person's token with this scope
//	"read:statuses?"  anybody; a token, if shown, must have the scope
//	"read:statuses|read:accounts"  a token with either
//	"app:write:accounts"  any token with the scope, also that of an app alone
//	ScopePublic, ScopeUser, ScopeApp
type Router struct {
	r   *httpx.Router
	enc *encoder
}

// NewRouter wraps the router of the instance.
func NewRouter(r *httpx.Router) *Router { return &Router{r, &encoder{}} }

// Handle declares an endpoint. An unknown scope is a programming error and panics.
func (r *Router) Handle(method, path, scope string, h Handler, opts ...httpx.Option) {
	check := parseScope(scope)
	policy := httpx.Public // the scope is checked here, so that an app alone may pass where it should
	if check.user {
		policy = httpx.SignedIn
	}
	opts = append([]httpx.Option{httpx.AsClass(httpx.ClassAPI), httpx.WithScope(scope)}, opts...)
	r.r.Handle(method, path, policy, func(c *httpx.Ctx) error {
		if err := check.allow(c); err != nil {
			return err
		}
		p, err := parseParams(c.R)
		if err == nil && method != http.MethodGet {
			err = p.check()
		}
		if err != nil {
			return err
		}
		if c.Viewer != nil || c.App != nil {
			c.Private()
		}
		return h(&Req{Ctx: c, Params: p, enc: r.enc})
	}, opts...)
}

// Get declares a GET endpoint.
func (r *Router) Get(path, scope string, h Handler, opts ...httpx.Option) {
	r.Handle(http.MethodGet, path, scope, h, opts...)
}

// Post declares a POST endpoint.
func (r *Router) Post(path, scope string, h Handler, opts ...httpx.Option) {
	r.Handle(http.MethodPost, path, scope, h, opts...)
}

// Delete declares a DELETE endpoint.
func (r *Router) Delete(path, scope string, h Handler, opts ...httpx.Option) {
	r.Handle(http.MethodDelete, path, scope, h, opts...)
}

// Put declares an endpoint for PUT and, as clients mix them up, PATCH.
func (r *Router) Put(path, scope string, h Handler, opts ...httpx.Option) {
	r.Handle(http.MethodPut, path, scope, h, opts...)
	r.Handle(http.MethodPatch, path, scope, h, opts...)
}

// Patch is Put.
func (r *Router) Patch(path, scope string, h Handler, opts ...httpx.Option) {
	r.Put(path, scope, h, opts...)
}

type scopeCheck struct {
	scope string // "" = none
	user  bool   // a person is needed
	token bool   // at least a token is needed
}

func parseScope(s string) scopeCheck {
	switch s {
	case ScopePublic:
		return scopeCheck{}
	case ScopeUser:
		return scopeCheck{user: true, token: true}
	case ScopeApp:
		return scopeCheck{token: true}
	}
	ck := scopeCheck{user: true, token: true}
	if rest, ok := strings.CutSuffix(s, "?"); ok {
		ck, s = scopeCheck{}, rest
	} else if rest, ok := strings.CutPrefix(s, "app:"); ok {
		ck, s = scopeCheck{token: true}, rest
	}
	for one := range strings.SplitSeq(s, "|") {
		if _, ok := auth.ParseScopes(one); !ok || one == "" || strings.ContainsAny(one, " +,") {
			panic("masto: unknown scope " + strconv.Quote(s))
		}
	}
	ck.scope = s
	return ck
}

// Allows reports whether a token's scopes hold one of those that need names, "a|b".
func Allows(have auth.Scopes, need string) bool {
	for one := range strings.SplitSeq(need, "|") {
		if have.Has(one) {
			return true
		}
	}
	return false
}

func (k scopeCheck) allow(c *httpx.Ctx) error {
	v := c.Viewer
	if v == nil {
		v = c.App
	}
	switch {
	case v == nil && k.token, c.Viewer == nil && k.user:
		return apperr.Unauthorized("httpx.unauthorized")
	case v != nil && k.scope != "" && !Allows(v.Scopes, k.scope):
		return apperr.Forbidden("masto.scope")
	}
	return nil
}

// Req is an API request: the HTTP one and its parameters.
type Req struct {
	*httpx.Ctx
	Params
	enc *encoder
}

// Default and largest page sizes.
const (
	PageDefault, PageMax         = 20, 40 // statuses
	AccountsDefault, AccountsMax = 40, 80 // accounts, notifications
)

// Page reads the paging of a list of statuses.
//
// Spec: Mastodon guidelines#pagination
func (r *Req) Page() page.Range { return r.PageOf(PageDefault, PageMax) }

// PageOf reads the paging of a list with its own sizes. Bounds that are no ids are as absent.
func (r *Req) PageOf(def, most int) page.Range {
	var p page.Range
	p.MaxID, _ = ids.Parse(r.String("max_id"))
	p.SinceID, _ = ids.Parse(r.String("since_id"))
	p.MinID, _ = ids.Parse(r.String("min_id"))
	p.Limit = r.Int("limit", 0)
	return p.Clamp(def, most)
}

// Link sets the Link header: next is the last id of the page (older ones
// follow), prev the first; 0 leaves one out. Give no next on the last page.
// The other parameters of the request are kept.
//
// Spec: Mastodon guidelines#pagination
func (r *Req) Link(next, prev int64) {
	var links []string
	if next > 0 {
		links = append(links, r.link("max_id", ids.String(next), "next"))
	}
	if prev > 0 {
		links = append(links, r.link("min_id", ids.String(prev), "prev"))
	}
	if len(links) > 0 {
		r.W.Header().Set("Link", strings.Join(links, ", "))
	}
}

// LinkOffset sets the Link header of a list that pages by offset; more says
// whether anything follows.
func (r *Req) LinkOffset(offset, limit int, more bool) {
	var links []string
	if more {
		links = append(links, r.link("offset", strconv.Itoa(offset+limit), "next"))
	}
	if offset > 0 {
		links = append(links, r.link("offset", strconv.Itoa(max(0, offset-limit)), "prev"))
	}
	if len(links) > 0 {
		r.W.Header().Set("Link", strings.Join(links, ", "))
	}
}

func (r *Req) link(name, value, rel string) string {
	q := r.R.URL.Query()
	for _, k := range []string{"max_id", "since_id", "min_id", "offset", "access_token"} {
		q.Del(k)
	}
	q.Set(name, value)
	u := url.URL{Path: r.R.URL.Path, RawQuery: q.Encode()}
	return "<" + r.BaseURL() + u.String() + ">; rel=\"" + rel + "\""
}

// LinkFor sets the Link header for a page of items by their paging ids: next
// only when the page is full.
func LinkFor[T any](r *Req, p page.Range, items []T, id func(T) int64) {
	if len(items) == 0 {
		return
	}
	var next int64
	if len(items) >= p.Limit {
		next = id(items[len(items)-1])
	}
	r.Link(next, id(items[0]))
}

// Idempotency is the client's Idempotency-Key, "" when it gave none. At most 200 bytes count.
func (r *Req) Idempotency() string {
	k := r.R.Header.Get("Idempotency-Key")
	return k[:min(len(k), 200)]
}

// JSON answers with an entity, or a list of them, [] when empty.
func (r *Req) JSON(status int, v any) error {
	return r.enc.encode(v, func(body []byte) error { return r.Bytes(status, "application/json; charset=utf-8", body) })
}

// OK answers 200 with an entity.
func (r *Req) OK(v any) error { return r.JSON(http.StatusOK, v) }

// Empty answers 200 with {}.
func (r *Req) Empty() error { return r.JSON(http.StatusOK, struct{}{}) }

// List answers 200 with a list, [] when empty.
func List[T any](r *Req, items []T) error { return r.JSON(http.StatusOK, items) }
