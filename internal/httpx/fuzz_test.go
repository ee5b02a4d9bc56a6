package httpx

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/i18n"
)

// FuzzHeaders: whatever the headers of a request hold, they are answered, and
// none of them leaves a line of its own in the answer or an address elsewhere.
//
// Spec: TX1; Spec: TX11
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{
		"application/activity+json, text/html;q=0.9", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, "text/html,*/*;q=0.8",
		"gzip;q=0, *;q=1e400", "fr-FR,fr;q=0.9,en;q=x", "Bearer a b", "session=x; flash=W10.AAAA; lang=fr", "6.6.6.6, 198.51.100.1", "/a?b#c", "//evil.example", "/\\evil.example",
		"W10.", "bytes=0-1,2-", `W/"x", *`,
	} {
		f.Add(s, s)
	}
	words := i18n.New(nil)
	if err := words.AddFS(Strings()); err != nil {
		f.Fatal(err)
	}
	routes := NewRouter()
	routes.Get("/form", Public, func(c *Ctx) error { return c.Text(200, "text/plain", c.CSRF()) })
	routes.Get("/after", Public, func(c *Ctx) error {
		for _, m := range c.Flashes() {
			f.Errorf("a message that nobody left: %+v", m)
		}
		return c.Text(200, "text/plain", strings.Repeat("x", compressFrom))
	})
	s, err := NewServer(Options{BaseURL: "https://grenoble.example", Router: routes, Strings: words, Authenticate: authenticate, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		r := httptest.NewRequest("GET", "/after", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header = http.Header{
			"Accept": {one, two}, "Accept-Encoding": {two}, "Accept-Language": {one}, "Authorization": {two}, "Cookie": {one}, "X-Forwarded-For": {two},
			"X-Forwarded-Host": {one}, "Origin": {two}, "Access-Control-Request-Headers": {one}, "If-None-Match": {two},
		}
		r.Host = one
		for _, path := range []string{"/after", "/form", "/api/v1/nothing", "/nothing"} {
			for _, method := range []string{"GET", "OPTIONS"} {
				r.Method, r.URL = method, &url.URL{Path: path, RawQuery: two}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code >= 500 {
					t.Fatalf("%s %s answers %d", method, path, w.Code)
				}
				for k, vs := range w.Header() {
					for _, v := range vs {
						if strings.ContainsAny(v, "\r\n\x00") {
							t.Errorf("%s: %q", k, v)
						}
					}
				}
			}
		}
		WantsActivity(r)
		if p := LocalPath(one, "/"); !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n") {
			t.Errorf("%q leads to %q", one, p)
		}
		if a := clientAddr(r); strings.ContainsAny(a, " ,\n") {
			t.Errorf("address %q", a)
		}
	})
}
