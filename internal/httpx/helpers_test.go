package httpx

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/web"
)

// viewers are the tokens that the test server knows.
var viewers = map[string]*auth.Viewer{
	"cookie-ana":   {AccountID: 1, Role: auth.RoleUser, Member: true, TokenID: 1, Web: true, CSRF: "secret-of-ana"},
	"cookie-admin": {AccountID: 2, Role: auth.RoleAdmin, Member: true, TokenID: 2, Web: true, Lang: "en", CSRF: "secret-of-admin"},
	"bearer-ana":   {AccountID: 1, Role: auth.RoleUser, Member: true, TokenID: 3, Scopes: auth.Scopes{"read"}},
	"bearer-app":   {AppID: 9, TokenID: 4, Scopes: auth.Scopes{"read"}},
}

func authenticate(_ context.Context, token string) (*auth.Viewer, error) {
	if token == "broken" {
		return nil, io.ErrUnexpectedEOF
	}
	if v := viewers[token]; v != nil {
		return v, nil
	}
	return nil, apperr.Unauthorized("httpx.unauthorized")
}

// logBuffer gathers the log, which handlers write from their own goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type testSite struct {
	*httptest.Server
	t   *testing.T
	log *logBuffer
}

// start serves a router on loopback, with the real renderer.
func start(t *testing.T, routes func(*Router), change ...func(*Options)) *testSite {
	t.Helper()
	renderer, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := renderer.Add("httpx", Templates()); err != nil {
		t.Fatal(err)
	}
	if err := renderer.Bundle().AddFS(Strings()); err != nil {
		t.Fatal(err)
	}
	r := NewRouter()
	routes(r)
	log := &logBuffer{}
	s := &testSite{t: t, log: log}
	var h http.Handler
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	o := Options{
		BaseURL: s.URL, Router: r, Strings: renderer.Bundle(), Renderer: renderer, Authenticate: authenticate, Unlimited: true,
		Chrome: func(c *Ctx, p *web.Page) error { p.Site.Name = "Grenoble"; return nil },
		Log:    slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&o)
	}
	srv, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	h = srv
	return s
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	body string
}

// do sends a request without following redirects; headers are pairs.
func (s *testSite) do(method, path, body string, headers ...string) reply {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp, string(raw)}
}

func (s *testSite) want(r reply, status int, contains ...string) {
	s.t.Helper()
	if r.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d: %.300s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, r.body)
	}
	for _, c := range contains {
		if !strings.Contains(r.body, c) {
			s.t.Fatalf("%s %s: no %q in %.600s", r.Request.Method, r.Request.URL.Path, c, r.body)
		}
	}
}

// session is the cookie header of somebody signed in.
func (s *testSite) session(who string) string {
	u, _ := url.Parse(s.URL)
	return "session_" + u.Port() + "=cookie-" + who
}

// browser follows redirects and keeps cookies.
func (s *testSite) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

var csrfRE = regexp.MustCompile(`token=([A-Za-z0-9_-]+)`)

func tokenIn(t *testing.T, body string) string {
	t.Helper()
	m := csrfRE.FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no token in %q", body)
	}
	return m[1]
}

func text(body string) Handler {
	return func(c *Ctx) error { return c.Text(http.StatusOK, "text/plain; charset=utf-8", body) }
}
