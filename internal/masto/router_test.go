package masto

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/page"
)

// serve starts an API on loopback; the bearer token "scopes" is that of account
// 7 with these scopes ("_" for a space), and "app-scopes" that of an app alone.
func serve(t *testing.T, routes func(*Router)) *httptest.Server {
	t.Helper()
	words := i18n.New(nil)
	if err := words.AddFS(httpx.Strings()); err != nil {
		t.Fatal(err)
	}
	if err := words.AddFS(Strings()); err != nil {
		t.Fatal(err)
	}
	r := httpx.NewRouter()
	routes(NewRouter(r))
	srv, err := httpx.NewServer(httpx.Options{
		BaseURL: "https://grenoble.example", Router: r, Strings: words, Unlimited: true, Log: slog.New(slog.DiscardHandler),
		Authenticate: func(_ context.Context, token string) (*auth.Viewer, error) {
			rest, alone := strings.CutPrefix(token, "app-")
			scopes, ok := auth.ParseScopes(strings.ReplaceAll(rest, "_", " "))
			if !ok {
				return nil, apperr.Unauthorized("httpx.unauthorized")
			}
			if alone {
				return &auth.Viewer{AppID: 3, TokenID: 1, Scopes: scopes}, nil
			}
			return &auth.Viewer{AccountID: 7, TokenID: 2, Scopes: scopes, Member: true, Lang: "en"}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(srv)
	t.Cleanup(s.Close)
	return s
}

func call(t *testing.T, s *httptest.Server, method, path, token string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return resp, string(raw)
}

func TestScopesOfRoutes(t *testing.T) {
	s := serve(t, func(r *Router) {
		who := func(r *Req) error {
			if r.Viewer == nil {
				return r.OK(fmt.Sprint("nobody ", r.App != nil))
			}
			return r.OK(fmt.Sprint("account ", r.Viewer.AccountID))
		}
		r.Get("/api/v1/public", ScopePublic, who)
		r.Get("/api/v1/maybe", "read:statuses?", who)
		r.Get("/api/v1/read", "read:statuses", who)
		r.Post("/api/v1/write", "write:statuses", who)
		r.Get("/api/v1/user", ScopeUser, who)
		r.Get("/api/v1/app", ScopeApp, who)
		r.Post("/api/v1/join", "app:write:accounts", who)
		r.Put("/api/v1/put", "write", who)
	})
	for _, c := range []struct {
		method, path, token string
		status              int
		body                string
	}{
		{"GET", "public", "", 200, `"nobody false"`}, {"GET", "public", "push", 200, `"account 7"`}, {"GET", "public", "app-read", 200, `"nobody true"`},
		{"GET", "public", "tout", 401, "The access token is invalid"},
		{"GET", "maybe", "", 200, "nobody"}, {"GET", "maybe", "read", 200, "account 7"}, {"GET", "maybe", "write", 403, "outside the authorized scopes"},
		{"GET", "read", "", 401, "access token"}, {"GET", "read", "read", 200, "account"}, {"GET", "read", "read:statuses", 200, "account"},
		{"GET", "read", "read:accounts", 403, "scopes"}, {"GET", "read", "app-read", 403, ""},
		{"POST", "write", "read", 403, "scopes"}, {"POST", "write", "write", 200, "account"},
		{"GET", "user", "push", 200, "account"}, {"GET", "user", "app-read", 403, ""}, {"GET", "user", "", 401, ""},
		{"GET", "app", "app-push", 200, "nobody true"}, {"GET", "app", "push", 200, "account"}, {"GET", "app", "", 401, ""},
		{"POST", "join", "app-write", 200, "nobody true"}, {"POST", "join", "app-read", 403, ""}, {"POST", "join", "write:accounts", 200, "account"},
		{"PUT", "put", "write", 200, ""}, {"PATCH", "put", "write", 200, ""}, {"DELETE", "put", "write", 405, `{"error":`},
	} {
		resp, body := call(t, s, c.method, "/api/v1/"+c.path, c.token)
		if resp.StatusCode != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s %s with %q: %d %s", c.method, c.path, c.token, resp.StatusCode, body)
		}
		private := resp.Header.Get("Cache-Control") == "private, no-store"
		if c.token != "" && c.status == 200 && !private {
			t.Errorf("%s with %q may be cached", c.path, c.token)
		}
	}
}

func TestUnknownScopeIsAProgrammingError(t *testing.T) {
	for _, bad := range []string{"read:everything", "read write", "?", "app:", "members"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is taken", bad)
				}
			}()
			NewRouter(httpx.NewRouter()).Get("/api/x", bad, func(*Req) error { return nil })
		}()
	}
}

func TestPaging(t *testing.T) {
	var got page.Range
	s := serve(t, func(r *Router) {
		r.Get("/api/v1/list", ScopePublic, func(r *Req) error {
			got = r.Page()
			items := []int64{30, 29, 28}
			LinkFor(r, got, items, func(n int64) int64 { return n })
			return List(r, items)
		})
		r.Get("/api/v1/empty", ScopePublic, func(r *Req) error {
			got = r.PageOf(AccountsDefault, AccountsMax)
			LinkFor(r, got, []int64(nil), func(n int64) int64 { return n })
			return List(r, []int64(nil))
		})
	})
	resp, body := call(t, s, "GET", "/api/v1/list/?limit=3&max_id=31&local=true&tags[]=%C3%A9t%C3%A9&access_token=secret", "")
	want := `<https://grenoble.example/api/v1/list?limit=3&local=true&max_id=28&tags%5B%5D=%C3%A9t%C3%A9>; rel="next", ` +
		`<https://grenoble.example/api/v1/list?limit=3&local=true&min_id=30&tags%5B%5D=%C3%A9t%C3%A9>; rel="prev"`
	if l := resp.Header.Get("Link"); l != want || strings.TrimSpace(body) != "[30,29,28]" {
		t.Errorf("%s\n%s", l, body)
	}
	if got != (page.Range{MaxID: 31, Limit: 3}) {
		t.Errorf("%+v", got)
	}
	resp, _ = call(t, s, "GET", "/api/v1/list?limit=5", "")
	if l := resp.Header.Get("Link"); strings.Contains(l, "next") || !strings.Contains(l, "prev") {
		t.Errorf("the last page: %s", l)
	}
	for q, want := range map[string]page.Range{
		"": {Limit: 20}, "limit=1e9": {Limit: 20}, "limit=1000000000": {Limit: 40}, "limit=-1": {Limit: 20}, "limit=0": {Limit: 20},
		"max_id=%00&since_id='+OR+1=1&min_id=-4": {Limit: 20}, "min_id=9&since_id=8": {MinID: 9, SinceID: 8, Limit: 20},
		"max_id=99999999999999999999": {Limit: 20}, "unknown=1&limit[]=7": {Limit: 7},
	} {
		if resp, _ := call(t, s, "GET", "/api/v1/list?"+q, ""); resp.StatusCode != 200 || got != want {
			t.Errorf("%s: %d %+v", q, resp.StatusCode, got)
		}
	}
	resp, body = call(t, s, "GET", "/api/v1/empty?limit=500", "")
	if resp.Header.Get("Link") != "" || strings.TrimSpace(body) != "[]" || got.Limit != 80 {
		t.Errorf("%v %s %+v", resp.Header, body, got)
	}
}

func TestIdempotencyKeyIsBounded(t *testing.T) {
	var key string
	s := serve(t, func(r *Router) {
		r.Post("/api/v1/x", ScopePublic, func(r *Req) error { key = r.Idempotency(); return r.Empty() })
	})
	req, _ := http.NewRequest("POST", s.URL+"/api/v1/x", nil)
	req.Header.Set("Idempotency-Key", strings.Repeat("k", 1000))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(key) != 200 {
		t.Error(len(key))
	}
}
