package httpx

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/web"
)

func TestLiteralSegmentsWinWhateverTheOrder(t *testing.T) {
	say := func(name string) Handler {
		return func(c *Ctx) error {
			return c.Text(200, "text/plain", name+" "+c.Var("id")+c.Var("name")+c.Var("rest"))
		}
	}
	s := start(t, func(r *Router) {
		r.Get("/{name}", Public, say("any"))
		r.Get("/@{name}", Public, say("profile"))
		r.Get("/@{name}/{id:[0-9]+}", Public, say("post"))
		r.Get("/api/v1/accounts/{id}", Public, say("account"))
		r.Get("/api/v1/accounts/lookup", Public, say("lookup"))
		r.Get("/api/v1/accounts/{id}/statuses", Public, say("statuses"))
		r.Get("/static/{rest:.*}", Public, say("static"))
		r.Get("/", Public, say("home"))
		r.Post("/agenda", Public, say("post agenda"))
		r.Get("/api/v1/tags/{name}", Public, say("tag"))
	})
	for path, want := range map[string]string{
		"/": "home ", "/x": "any x", "/@ana": "profile ana", "/@ana/12": "post 12ana", "/@ana/x": "",
		"/api/v1/accounts/lookup": "lookup ", "/api/v1/accounts/12": "account 12", "/api/v1/accounts/12/statuses": "statuses 12",
		"/static/v1/a/b.css": "static v1/a/b.css", "/agenda": "any agenda", "/x/": "any x",
		"/api/v1/tags/%C3%A9t%C3%A9/": "tag été", "/api/v1/accounts/1/2/3": "", "//x": "", "/api/v1/accounts/": "",
	} {
		got := s.do("GET", path, "")
		if want == "" {
			s.want(got, 404)
		} else if s.want(got, 200); got.body != want {
			t.Errorf("%s: %q, want %q", path, got.body, want)
		}
	}
}

func TestMethods(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/api/v1/x", Public, text("hello"))
		r.Post("/api/v1/x", Public, text("posted"))
		r.Get("/page", Public, text("page"))
	})
	head := s.do("HEAD", "/api/v1/x", "")
	if s.want(head, 200); head.body != "" || head.Header.Get("Content-Length") != "5" {
		t.Errorf("HEAD: %q, %v", head.body, head.Header)
	}
	put := s.do("PUT", "/api/v1/x", "")
	if s.want(put, 405, `"error"`); put.Header.Get("Allow") != "GET, HEAD, OPTIONS, POST" {
		t.Error(put.Header)
	}
	// Nothing overrides the method.
	over := s.do("POST", "/api/v1/x?_method=DELETE", "_method=DELETE", "X-HTTP-Method-Override", "DELETE", "Content-Type", "application/x-www-form-urlencoded")
	if s.want(over, 200); over.body != "posted" {
		t.Error(over.body)
	}
	s.want(s.do("TRACE", "/page", ""), 405)
	opt := s.do("OPTIONS", "/page", "")
	if s.want(opt, 204); opt.Header.Get("Allow") != "GET, HEAD, OPTIONS" || opt.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error(opt.Header)
	}
	s.want(s.do("OPTIONS", "/nothing", ""), 404)
}

func TestCORSIsForTheAPIOnlyAndWithoutCredentials(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/api/v1/x", SignedIn, text("x"))
		r.Post("/oauth/token", Public, text("x"))
		r.Get("/oauth/authorize", Public, text("x"))
		r.Get("/nodeinfo/2.0", Public, text("x"))
		r.Get("/.well-known/webfinger", Public, text("x"))
	})
	for path, want := range map[string]string{
		"/api/v1/x": "*", "/api/v1/unknown": "*", "/oauth/token": "*", "/nodeinfo/2.0": "*", "/.well-known/webfinger": "*",
		"/oauth/authorize": "", "/": "",
	} {
		got := s.do("GET", path, "", "Origin", "https://elk.zone")
		if o := got.Header.Get("Access-Control-Allow-Origin"); o != want {
			t.Errorf("%s: origin %q", path, o)
		}
		if got.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: credentials", path)
		}
		if want == "*" && !strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), "Link") {
			t.Errorf("%s: Link is not exposed", path)
		}
	}
	pre := s.do("OPTIONS", "/api/v1/x", "", "Origin", "https://elk.zone", "Access-Control-Request-Method", "PUT",
		"Access-Control-Request-Headers", "authorization,x-sentry-trace")
	if s.want(pre, 204); pre.Header.Get("Access-Control-Allow-Headers") != "authorization,x-sentry-trace" ||
		!strings.Contains(pre.Header.Get("Access-Control-Allow-Methods"), "PUT") || pre.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error(pre.Header)
	}
}

func TestErrorsByClass(t *testing.T) {
	fail := func(err error) Handler { return func(*Ctx) error { return err } }
	cases := map[string]error{
		"invalid":     apperr.Invalid("x").Field("text", "httpx.invalid"),
		"bad":         apperr.BadRequest("httpx.bad_request"),
		"forbidden":   apperr.Forbidden("httpx.forbidden"),
		"missing":     fmt.Errorf("wrapped: %w", apperr.NotFound("httpx.not_found")),
		"conflict":    apperr.Conflict("httpx.conflict"),
		"gone":        apperr.Gone("httpx.gone"),
		"large":       apperr.TooLarge("httpx.too_large"),
		"many":        apperr.TooMany("httpx.too_many"),
		"unavailable": apperr.Unavailable("httpx.unavailable"),
		"late":        fmt.Errorf("query: %w", context.DeadlineExceeded),
		"broken":      errors.New("the secret of the database"),
	}
	statuses := map[string]int{"invalid": 422, "bad": 400, "forbidden": 403, "missing": 404, "conflict": 409, "gone": 410,
		"large": 413, "many": 429, "unavailable": 503, "late": 503, "broken": 500}
	s := start(t, func(r *Router) {
		for name, err := range cases {
			r.Get("/page/"+name, Public, fail(err))
			r.Get("/api/"+name, Public, fail(err))
			r.Get("/objects/"+name, Peer, fail(err))
		}
	})
	for name, status := range statuses {
		page := s.do("GET", "/page/"+name, "", "Accept-Language", "fr")
		s.want(page, status, "<html lang=\"fr\"", "<h1>")
		if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || page.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %v", name, page.Header)
		}
		for _, path := range []string{"/api/", "/objects/"} {
			api := s.do("GET", path+name, "", "Accept-Language", "en")
			var e struct{ Error string }
			if s.want(api, status); json.Unmarshal([]byte(api.body), &e) != nil || e.Error == "" || strings.Contains(e.Error, "⟦") {
				t.Errorf("%s: %s", path+name, api.body)
			}
			if strings.Contains(api.body+page.body, "secret") {
				t.Errorf("%s tells the cause", name)
			}
		}
		if status == 503 && page.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
	}
	if got := s.do("GET", "/api/invalid", "", "Accept-Language", "fr"); !strings.Contains(got.body, "Quelque chose manque") {
		t.Errorf("validation is not in the reader's language: %s", got.body)
	}
	log := s.log.String()
	if n := strings.Count(log, "the secret of the database"); n != 3 {
		t.Errorf("the cause is logged %d times for 3 requests", n)
	}
	if n := strings.Count(log, "level=ERROR"); n != 6 { // broken and late, in three classes; unavailable without a cause is a refusal
		t.Errorf("%d errors in the log", n)
	}
	s.want(s.do("GET", "/nothing", "", "Accept-Language", "en"), 404, "Page not found")
	s.want(s.do("GET", "/api/v9/nothing", ""), 404, `{"error":"Record not found"}`)
	s.want(s.do("GET", "/users/x", "", "Accept", "application/activity+json"), 404, `{"error"`)
}

func TestPanicIsOneAnswerAndOneLine(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/page", Public, func(*Ctx) error { panic("boom with ana@courriel.example") })
		r.Get("/api/x", Public, func(*Ctx) error { var v []int; return fmt.Errorf("%d", v[len(v)]) })
		r.Get("/late", Public, func(c *Ctx) error { c.W.Write([]byte("begun")); panic("boom") })
	}, func(o *Options) {
		o.Chrome = func(c *Ctx, p *web.Page) error {
			p.Site.Name = "Grenoble"
			return nil
		}
	})
	s.want(s.do("GET", "/page", ""), 500, "<h1>Panne</h1>")
	s.want(s.do("GET", "/api/x", ""), 500, `{"error":"Something went wrong on our end"}`)
	s.want(s.do("GET", "/late", ""), 200, "begun")
	if n := strings.Count(s.log.String(), "request panicked"); n != 3 {
		t.Errorf("%d lines", n)
	}
	s.want(s.do("GET", "/page", ""), 500)
}

func TestErrorPageHasTimeOfItsOwn(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/nobody", Public, func(*Ctx) error { return apperr.NotFound("httpx.not_found") })
		r.Get("/slow", Public, func(c *Ctx) error { <-c.Context().Done(); return c.Context().Err() }, Timeout(time.Millisecond))
		r.Get("/panic", Public, func(*Ctx) error { panic("boom") })
	}, func(o *Options) {
		o.Chrome = func(c *Ctx, p *web.Page) error {
			p.Site.Name = "Grenoble"
			return c.Context().Err() // as a query for the frame would
		}
	})
	for path, status := range map[string]int{"/nobody": 404, "/slow": 503, "/panic": 500} {
		s.want(s.do("GET", path, ""), status, "Grenoble")
	}
	if strings.Contains(s.log.String(), "error page not rendered") {
		t.Error("a bare page was sent")
	}
}

func TestPanicInTheFrameOfThePage(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/page", Public, func(*Ctx) error { return errors.New("x") })
	}, func(o *Options) { o.Chrome = func(*Ctx, *web.Page) error { panic("frame") } })
	s.want(s.do("GET", "/page", ""), 500)
	s.want(s.do("GET", "/nothing", ""), 500)
}

func TestPolicies(t *testing.T) {
	s := start(t, func(r *Router) {
		for name, p := range map[string]Policy{"public": Public, "signed": SignedIn, "mod": Moderator, "admin": Admin} {
			r.Get("/"+name, p, text("ok"))
			r.Post("/"+name, p, text("ok"))
			r.Get("/api/"+name, p, text("ok"))
		}
	})
	ana, admin := s.session("ana"), s.session("admin")
	for _, c := range []struct {
		path, cookie, bearer string
		status               int
	}{
		{"/public", "", "", 200}, {"/signed", "", "", 303}, {"/mod", "", "", 303}, {"/admin", "", "", 303},
		{"/signed", ana, "", 200}, {"/mod", ana, "", 403}, {"/admin", ana, "", 403}, {"/mod", admin, "", 200}, {"/admin", admin, "", 200},
		{"/signed", "session=nobody", "", 303}, {"/public", s.session("nobody"), "", 200},
		// A bearer token is no session, nor a session a bearer token, nor an app a person.
		{"/signed", "", "cookie-ana", 303}, {"/signed", strings.Replace(ana, "cookie-ana", "bearer-ana", 1), "", 303},
		{"/api/signed", ana, "", 401}, {"/api/signed", "", "cookie-ana", 401}, {"/api/signed", "", "bearer-ana", 200},
		{"/api/signed", "", "bearer-app", 403}, {"/api/public", "", "bearer-app", 200}, {"/api/public", "", "nobody", 401},
		{"/api/admin", "", "bearer-ana", 403}, {"/api/signed", "", "", 401},
		// A fault is no sign-out.
		{"/api/signed", "", "broken", 503}, {"/public", strings.Replace(ana, "cookie-ana", "broken", 1), "", 503},
	} {
		var h []string
		if c.cookie != "" {
			h = append(h, "Cookie", c.cookie)
		}
		if c.bearer != "" {
			h = append(h, "Authorization", "Bearer "+c.bearer)
		}
		got := s.do("GET", c.path, "", h...)
		if got.StatusCode != c.status {
			t.Errorf("%s as %q %q: %d, want %d", c.path, c.cookie, c.bearer, got.StatusCode, c.status)
		}
		if c.status == 303 && got.Header.Get("Location") != "/connexion?next=%2F"+c.path[1:] {
			t.Errorf("%s: sent to %s", c.path, got.Header.Get("Location"))
		}
	}
	ended := s.do("GET", "/public", "", "Cookie", s.session("nobody"))
	if !strings.Contains(ended.Header.Get("Set-Cookie"), "Max-Age=0") {
		t.Error("the cookie of an ended session stays")
	}
	for _, h := range []string{"Bearer", "Bearer ", "Digest x", "Bearer a b", "Bearer " + strings.Repeat("x", 500)} {
		s.want(s.do("GET", "/api/public", "", "Authorization", h), 401)
	}
	post := s.do("POST", "/signed", "", "Referer", s.URL+"/agenda?p=2")
	if s.want(post, 303); post.Header.Get("Location") != "/connexion?next=%2Fagenda%3Fp%3D2" {
		t.Error(post.Header.Get("Location"))
	}
}

func TestHeaders(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/page", Public, func(c *Ctx) error { return c.Page(&web.Page{Name: "httpx/error", Data: errorView{Title: "T"}}) })
		r.Get("/api/x", Public, text("x"))
		r.Get("/objects/x", Peer, text("x"))
		r.Get("/static/x", Public, text("x"))
		r.Get("/authorize", Public, func(c *Ctx) error { c.AllowFormAction(c.Query("to")); return text("x")(c) })
	})
	for _, path := range []string{"/page", "/api/x", "/objects/x", "/static/x", "/nothing", "/api/nothing"} {
		h := s.do("GET", path, "").Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; ") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || len(h.Get("X-Request-Id")) != 16 {
			t.Errorf("%s: %v", path, h)
		}
	}
	const csp = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
	stranger := s.do("GET", "/page", "").Header
	if stranger.Get("Content-Security-Policy") != csp || !strings.HasPrefix(stranger.Get("Cache-Control"), "public") ||
		!slices.Contains(stranger.Values("Vary"), "Cookie") || stranger.Get("Set-Cookie") != "" {
		t.Error(stranger)
	}
	if h := s.do("GET", "/page", "", "Cookie", s.session("ana")).Header; h.Get("Cache-Control") != "private, no-store" {
		t.Error(h)
	}
	for to, want := range map[string]string{
		"icecubesapp://": "form-action 'self' icecubesapp:;", "https://elk.zone/cb?x=1": "form-action 'self' https://elk.zone;",
		"javascript:alert(1)": "form-action 'self' javascript:;", "https://a b;script-src *": "form-action 'self';", "x'; script-src *": "form-action 'self';",
	} {
		h := s.do("GET", "/authorize?to="+strings.NewReplacer(" ", "%20", ";", "%3B", "?", "%3F", "'", "%27").Replace(to), "").Header
		if p := h.Get("Content-Security-Policy"); !strings.Contains(p, want) {
			t.Errorf("%s: %s", to, p)
		}
	}
}

func TestHostHeadersMakeNoLinks(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/where", Public, func(c *Ctx) error { return c.Text(200, "text/plain", c.BaseURL()) })
		r.Get("/signed", SignedIn, text("x"))
	})
	got := s.do("GET", "/where", "", "Host", "evil.example", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "host=evil.example")
	if got.body != s.URL {
		t.Error(got.body)
	}
	if got := s.do("GET", "/signed", "", "X-Forwarded-Host", "evil.example"); strings.Contains(fmt.Sprint(got.Header), "evil") {
		t.Error(got.Header)
	}
}

func TestLimits(t *testing.T) {
	read := func(c *Ctx) error {
		_, err := c.Form()
		if err != nil {
			return err
		}
		return text("ok")(c)
	}
	s := start(t, func(r *Router) {
		r.Post("/api/x", Public, read, MaxBody(100))
		r.Post("/api/slow", Public, func(c *Ctx) error { <-c.Context().Done(); return c.Context().Err() }, Timeout(30*time.Millisecond))
	})
	const form = "application/x-www-form-urlencoded"
	s.want(s.do("POST", "/api/x", "a="+strings.Repeat("x", 90), "Content-Type", form), 200)
	s.want(s.do("POST", "/api/x", "a="+strings.Repeat("x", 200), "Content-Type", form), 413)
	s.want(s.do("POST", "/api/slow", ""), 503)
	// Without a length, the body is cut while it is read.
	req, _ := http.NewRequest("POST", s.URL+"/api/x", io.MultiReader(strings.NewReader("a="), strings.NewReader(strings.Repeat("x", 1000))))
	req.Header.Set("Content-Type", form)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || resp.StatusCode != 413 {
		t.Errorf("%v, %v", resp, err)
	}
	resp.Body.Close()
}

func TestRequestRates(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/api/x", Public, text("x"))
		r.Get("/page", Public, text("x"))
	}, func(o *Options) { o.Unlimited = false })
	for range apiBurst {
		s.want(s.do("GET", "/api/x", "", "Authorization", "Bearer bearer-ana"), 200)
	}
	over := s.do("GET", "/api/x", "", "Authorization", "Bearer bearer-ana")
	s.want(over, 429, `{"error":"Too many requests"}`)
	if over.Header.Get("Retry-After") == "" || over.Header.Get("X-RateLimit-Remaining") != "0" || over.Header.Get("X-RateLimit-Limit") != "300" {
		t.Error(over.Header)
	}
	if _, err := time.Parse(time.RFC3339Nano, over.Header.Get("X-RateLimit-Reset")); err != nil {
		t.Error(err)
	}
	s.want(s.do("GET", "/api/x", "", "X-Forwarded-For", "192.0.2.7"), 200) // somebody else, behind the proxy
	s.want(s.do("GET", "/page", ""), 200)
}

func TestGzip(t *testing.T) {
	long := strings.Repeat("Section de Grenoble. ", 200)
	s := start(t, func(r *Router) {
		r.Get("/api/long", Public, text(long))
		r.Get("/api/short", Public, text("short"))
		r.Get("/api/png", Public, func(c *Ctx) error { return c.Text(200, "image/png", long) })
		r.Get("/objects/x", Peer, func(c *Ctx) error { return c.Text(200, "application/activity+json", long) })
	})
	got := s.do("GET", "/api/long", "", "Accept-Encoding", "br, gzip;q=0.8")
	if got.Header.Get("Content-Encoding") != "gzip" || len(got.body) > len(long)/2 || !slices.Contains(got.Header.Values("Vary"), "Accept-Encoding") {
		t.Fatal(got.Header)
	}
	z, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := io.ReadAll(z); string(raw) != long {
		t.Error("not the same text")
	}
	for _, c := range [][2]string{{"/api/short", "gzip"}, {"/api/png", "gzip"}, {"/objects/x", "gzip"}, {"/api/long", "gzip;q=0"}, {"/api/long", "identity"}} {
		if e := s.do("GET", c[0], "", "Accept-Encoding", c[1]).Header.Get("Content-Encoding"); e != "" {
			t.Errorf("%v: %s", c, e)
		}
	}
}

func TestHTMLAndActivityPubOnOnePath(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/@{name}", Public, text("page"))
		r.Get("/@{name}", Peer, text("actor"))
		r.Get("/objects/{key}", Peer, text("object"))
	})
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct{ path, accept, want string }{
		{"/@ana", browser, "page"}, {"/@ana", "*/*", "page"}, {"/@ana", "", "page"}, {"/@ana", "application/json", "page"},
		{"/@ana", "application/activity+json", "actor"},
		{"/@ana", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, "actor"},
		{"/@ana", "application/activity+json, text/html;q=0.1", "actor"}, {"/@ana", "text/html, application/activity+json", "page"},
		{"/@ana", "application/activity+json;q=0.5, text/html", "page"}, {"/@ana", "application/activity+json;q=0", "page"},
		{"/objects/x", browser, "object"},
	} {
		got := s.do("GET", c.path, "", "Accept", c.accept)
		if got.body != c.want {
			t.Errorf("%s %q: %q", c.path, c.accept, got.body)
		}
		if c.path == "/@ana" && !slices.Contains(got.Header.Values("Vary"), "Accept") {
			t.Errorf("no Vary: %v", got.Header)
		}
	}
}

func TestLanguage(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/lang", Public, func(c *Ctx) error { return c.Text(200, "text/plain", c.Lang) })
	})
	for _, c := range []struct{ cookie, accept, want string }{
		{"", "", "fr"}, {"", "en-GB,en;q=0.9", "en"}, {"lang=en", "fr", "en"}, {"lang=xx", "de, en", "en"}, {"", "de", "fr"},
		{s.session("admin") + "; lang=fr", "fr", "en"}, // the account's own choice
	} {
		if got := s.do("GET", "/lang", "", "Cookie", c.cookie, "Accept-Language", c.accept); got.body != c.want {
			t.Errorf("%+v: %s", c, got.body)
		}
	}
}

func TestRoutesAreListedAndNotDeclaredTwice(t *testing.T) {
	r := NewRouter()
	r.Post("/b", SignedIn, text(""))
	r.Get("/b", Public, text(""))
	r.Get("/api/a", SignedIn, text(""), WithScope("read"))
	r.Get("/b", Peer, text(""))
	var got []string
	for _, rt := range r.Routes() {
		got = append(got, fmt.Sprint(rt.Method, " ", rt.Path, " ", rt.Policy, " ", rt.Class, " ", rt.Scope))
	}
	want := []string{"GET /api/a signed-in api read", "GET /b public web ", "GET /b peer activitypub ", "POST /b signed-in web "}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("declared twice")
		}
	}()
	r.Get("/b", Admin, text(""))
}

func TestLocalPath(t *testing.T) {
	for _, good := range []string{"/", "/a?b=c&d=/e", "/@ana", "/oauth/authorize?redirect_uri=https%3A%2F%2Felk.zone"} {
		if LocalPath(good, "no") != good {
			t.Error(good)
		}
	}
	for _, bad := range []string{"", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/a\nb", "\t//evil", "/" + strings.Repeat("x", 3000), "/%zz"} {
		if got := LocalPath(bad, "no"); got != "no" {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestGracefulStop(t *testing.T) {
	begun, release := make(chan bool), make(chan bool)
	r := NewRouter()
	r.Get("/api/slow", Public, func(c *Ctx) error { begun <- true; <-release; return text("done")(c) })
	b := start(t, func(*Router) {}) // for its strings
	_ = b
	renderer, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := renderer.Bundle().AddFS(Strings()); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := NewServer(Options{BaseURL: "http://" + ln.Addr().String(), Router: r, Strings: renderer.Bundle(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + ln.Addr().String() + "/api/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		answer <- string(raw)
	}()
	<-begun
	stop()
	select {
	case err := <-served:
		t.Fatalf("stopped with a request under way: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + ln.Addr().String() + "/api/slow"); err == nil {
		t.Error("still listening")
	}
}

func TestTooManyAtOnceAreRefusedAtOnce(t *testing.T) {
	begun, release := make(chan bool), make(chan bool)
	h := shed(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { begun <- true; <-release }), 2)
	s := httptest.NewServer(h)
	defer s.Close()
	answers := make(chan int, 2)
	get := func() int {
		resp, err := http.Get(s.URL)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for range 2 {
		go func() { answers <- get() }()
		<-begun
	}
	if got := get(); got != http.StatusServiceUnavailable {
		t.Errorf("the third got %d", got)
	}
	close(release)
	if a, b := <-answers, <-answers; a != 200 || b != 200 {
		t.Error(a, b)
	}
	go func() { answers <- get() }()
	<-begun
	if got := <-answers; got != 200 {
		t.Errorf("afterwards: %d", got)
	}
}

func TestRefusalsForWantOfRoomAreNoFaults(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/api/busy", Public, func(*Ctx) error { return apperr.Unavailable("httpx.unavailable") })
		r.Get("/api/broken", Public, func(*Ctx) error { return apperr.Unavailable("httpx.unavailable").Wrap(errors.New("disk")) })
	})
	s.want(s.do("GET", "/api/busy", ""), 503)
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("a refusal is logged as a fault: %s", s.log)
	}
	s.want(s.do("GET", "/api/broken", ""), 503)
	if !strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("a fault is not logged")
	}
}

func TestNothingPrivateIsLogged(t *testing.T) {
	s := start(t, func(r *Router) {
		r.Get("/@{name}/{id}", Public, text("x"))
		r.Get("/api/x", Public, func(*Ctx) error { return errors.New("fault") })
	})
	s.do("GET", "/@planted-name/12?q=planted-query", "", "Cookie", "session=planted-cookie", "User-Agent", "planted-agent", "X-Forwarded-For", "203.0.113.77")
	s.do("GET", "/api/x?access_token=planted-token", "", "Authorization", "Bearer planted-bearer")
	log := s.log.String()
	if strings.Contains(log, "planted") || strings.Contains(log, "203.0.113") || strings.Contains(log, "127.0.0.1") {
		t.Error(log)
	}
	if !strings.Contains(log, "route=/@{name}/{id}") {
		t.Error("the request is not logged at all")
	}
}
