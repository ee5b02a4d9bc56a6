package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// unscoped are the API routes that any token may use, or none: each stands here
// for a reason.
var unscoped = map[string]string{
	"GET /api/v1/accounts/verify_credentials": "every app asks whose token it has",
	"GET /api/v1/apps/verify_credentials":     "the same of apps",
	"POST /api/v1/emails/confirmations":       "always refused",
	"GET /api/v1/streaming":                   "each stream has its own scope",
	"GET /api/v1/announcements":               "Mastodon wants a person only",
	"GET /api/v1/profile":                     "either of two scopes: its handler asks",
}

// TestScopesOfAllRoutes shows each route a token with every scope but its own,
// and an app's own token: neither is enough.
//
// Spec: AC3
func TestScopesOfAllRoutes(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := write(n, "ana", post.Draft{Text: "motsecret", Audience: post.Section})
	n.Person("bob", true)
	tokens := map[string]string{}
	without := func(need string) string {
		if tokens[need] == "" {
			var rest auth.Scopes
			for _, s := range auth.KnownScopes() {
				if !masto.Allows(auth.Scopes{s}, need) {
					rest = append(rest, s)
				}
			}
			tok, err := n.Auth.NewToken(ctx, n.Person("bob", true).ID, rest)
			if err != nil {
				t.Fatal(err)
			}
			tokens[need] = tok
		}
		return tokens[need]
	}
	app, secret, err := n.Auth.CreateApp(ctx, auth.NewApp{Name: "App", Redirects: []string{auth.OOB}, Scopes: "read write follow push profile admin:read admin:write"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := n.Auth.ClientCredentials(ctx, auth.Exchange{ClientID: app.ClientID, ClientSecret: secret, Scope: app.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(rt httpx.Route, token string) int {
		t.Helper()
		req, err := http.NewRequest(rt.Method, n.URL+example(n, rt, p), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body := bodyOf(t, res)
		res.Body.Close()
		if strings.Contains(body, "motsecret") {
			t.Errorf("%s %s shows what its token may not read", rt.Method, rt.Path)
		}
		return res.StatusCode
	}
	checked := 0
	for _, rt := range n.Routes() {
		if rt.Class != httpx.ClassAPI {
			continue
		}
		name := rt.Method + " " + rt.Path
		need := strings.TrimPrefix(strings.TrimSuffix(rt.Scope, "?"), "app:")
		if rt.Scope == masto.ScopeUser || rt.Scope == masto.ScopeApp {
			if unscoped[name] == "" {
				t.Errorf("%s takes any token: give it a scope, or a reason in the list", name)
			}
			continue
		}
		if need == "" {
			continue // public: a token changes nothing
		}
		checked++
		for one := range strings.SplitSeq(need, "|") {
			if !slices.Contains(auth.KnownScopes(), one) {
				t.Errorf("%s wants %q", name, need)
			}
		}
		if status := ask(rt, without(need)); status != 403 {
			t.Errorf("%s (%s) answers %d to a token without its scope", name, rt.Scope, status)
		}
		if rt.Policy == httpx.SignedIn {
			if status := ask(rt, g.Token); status != 401 && status != 403 {
				t.Errorf("%s (%s) answers %d to an app that is nobody", name, rt.Scope, status)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d routes have a scope", checked)
	}
}
