package masto

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
)

// links is the only form of a Link header that we send.
var links = regexp.MustCompile(`^<https://grenoble\.example/[^<>"\s]*>; rel="(next|prev)"(, <https://grenoble\.example/[^<>"\s]*>; rel="prev")?$`)

// token is the parameter that may hold one, and no other whose name begins so.
var token = regexp.MustCompile(`[?&;]access_token(%5B%5D|\[\])?=`)

// FuzzPage: whatever stands in the address, a page is small, its bounds are ids,
// and the links to the next ones lead to us and carry no token.
//
// Spec: AC11; Spec: TX11; Spec: Mastodon guidelines#pagination
func FuzzPage(f *testing.F) {
	for _, s := range []string{
		"max_id=12&since_id=-1&min_id=9223372036854775808&limit=1e9", "limit=-1&offset=99999999999999999999", "max_id=%00&limit[]=3&limit[]=4", "max_id='+OR+1=1&access_token=geheim",
		"offset=-5&limit=0x10&q=<a>;rel=\"next\"", "a;b=%zz&max_id[x]=1",
	} {
		f.Add(s)
	}
	words := i18n.New(nil)
	if err := words.AddFS(httpx.Strings()); err != nil {
		f.Fatal(err)
	}
	web := httpx.NewRouter()
	api := NewRouter(web)
	api.Get("/api/v1/things", ScopePublic, func(r *Req) error {
		p := r.Page()
		if p.Limit < 1 || p.Limit > PageMax || p.MaxID < 0 || p.SinceID < 0 || p.MinID < 0 || p.Lower() < 0 || p.Upper() < 0 {
			f.Errorf("page %+v", p)
		}
		items := make([]int64, p.Limit)
		for i := range items {
			items[i] = int64(1000 - i)
		}
		LinkFor(r, p, items, func(v int64) int64 { return v })
		if r.Has("offset") {
			r.LinkOffset(max(0, r.Int("offset", 0)), p.Limit, true)
		}
		for _, name := range r.Keys() {
			r.IDs(name, 10)
			r.Hashes(name)
			r.OptBool(name)
		}
		return List(r, items)
	})
	s, err := httpx.NewServer(httpx.Options{BaseURL: "https://grenoble.example", Router: web, Strings: words, Unlimited: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/api/v1/things", nil)
		r.Host = "evil.example"
		r.URL = &url.URL{Path: "/api/v1/things", RawQuery: query}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 && w.Code != 422 {
			t.Fatalf("%q answers %d", query, w.Code)
		}
		link := w.Header().Get("Link")
		if w.Code == 200 && !links.MatchString(link) || token.MatchString(link) {
			t.Errorf("%q: Link is %q", query, link)
		}
	})
}
