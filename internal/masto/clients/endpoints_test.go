package clients_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/testkit/apitest"
)

// absent are documented operations that are answered with 404, as a Mastodon
// answers where they are switched off, or older or newer than what we announce.
var absent = []string{
	"GET /api/v1/accounts/{}/collections", "GET /api/v1/accounts/{}/in_collections", "POST /api/v1/collections",
	"GET /api/v1/collections/{}", "PATCH /api/v1/collections/{}", "DELETE /api/v1/collections/{}",
	"POST /api/v1/collections/{}/items", "DELETE /api/v1/collections/{}/items/{}", "POST /api/v1/collections/{}/items/{}/revoke",
	"GET /api/v1/annual_reports", "GET /api/v1/annual_reports/{}", "GET /api/v1/annual_reports/{}/state",
	"POST /api/v1/annual_reports/{}/generate", "POST /api/v1/annual_reports/{}/read",
	"GET /api/v1/accounts/{}/identity_proofs",
	"GET /api/v1_alpha/async_refreshes/{}", // no answer of ours announces one
	"POST /api/v1/statuses/{}/translate",   // the instance says that it does not translate
	"GET /api/v1/timelines/direct",         // replaced by conversations
}

var variable = regexp.MustCompile(`\{[^/]*\}`)

// blank is an operation without the names of its variables.
func blank(op string) string { return variable.ReplaceAllString(op, "{}") }

// TestEveryDocumentedOperation holds the routes to the description of the API:
// each operation has a route, or is one that is rightly absent.
func TestEveryDocumentedOperation(t *testing.T) {
	contract := apitest.LoadContract(t)
	n := testkit.New(t)
	routes := map[string]bool{}
	for _, r := range n.Routes() {
		routes[blank(r.Method+" "+r.Path)] = true
	}
	off := 0
	for _, op := range contract.Operations() {
		switch op = blank(op); {
		case slices.Contains(absent, op):
			off++
			if routes[op] {
				t.Errorf("%s is answered, so it is not absent", op)
			}
			method, path, _ := strings.Cut(op, " ")
			c := &apitest.Client{T: t, Base: n.URL, Token: n.Token("ana")}
			c.Send(method, strings.ReplaceAll(path, "{}", "1"), nil).Fails(404)
		case !routes[op]:
			t.Errorf("nothing answers %s", op)
		}
	}
	if off != len(absent) {
		t.Errorf("%d of the %d absent operations are documented", off, len(absent))
	}
}

// stream reports whether a route answers without an end.
func stream(r httpx.Route) bool { return strings.HasPrefix(r.Path, "/api/v1/streaming") }

// api are the routes of the client API that answer with JSON.
func api(n *testkit.Node) []httpx.Route {
	var out []httpx.Route
	for _, r := range n.Routes() {
		if r.Class == httpx.ClassAPI && strings.HasPrefix(r.Path, "/api/") && !stream(r) {
			out = append(out, r)
		}
	}
	return out
}

// TestHostileIDs puts what is no id, or an unknown one, wherever a route takes
// one: the answer is a refusal in words, or an empty list, never a fault.
func TestHostileIDs(t *testing.T) {
	n := testkit.New(t)
	c := &apitest.Client{T: t, Base: n.URL, Token: everything(t, n, "ana")}
	for _, r := range api(n) {
		if !strings.Contains(r.Path, "{") {
			continue
		}
		for _, id := range []string{"0", "-1", "116700000000000000", "999999999999999999999", "abc", "%00", "%C3%A9", "%27", strings.Repeat("9", 300)} {
			a := c.Send(r.Method, variable.ReplaceAllString(r.Path, id), nil)
			switch {
			case a.Status >= 500:
				t.Errorf("%s: %d %s", a.What, a.Status, a.Body)
			case a.Status >= 400:
				a.Fails(a.Status)
			}
		}
	}
}

// TestHostileParameters asks every route for pages of any size and sends it
// bodies of the wrong form: no answer is a fault, no page is large.
func TestHostileParameters(t *testing.T) {
	n := testkit.New(t)
	c := &apitest.Client{T: t, Base: n.URL, Token: everything(t, n, "ana")}
	for _, r := range api(n) {
		path := variable.ReplaceAllString(r.Path, "1")
		var all []*apitest.Answer
		if r.Method == "GET" {
			for _, q := range []string{"limit=1000000000", "limit=-1", "limit=99999999999999999999", "limit=a", "max_id=a&since_id=-1&min_id=99999999999999999999", "offset=-5&limit=0", "offset=99999999999", "id[]=%00&types[]=x&q=%00"} {
				all = append(all, c.Get(path+"?"+q))
			}
		} else {
			for _, body := range []any{[]int{1, 2}, "text", nil, map[string]any{"status": map[string]any{"a": 1}, "id": [][]int{{}}, "choices": "x", "title": []int{1}, "context": 5,
				"poll": "no", "account_ids": map[string]any{"0": nil}, "domain": 5, "name": map[string]any{}, "home": 3, "media_ids": "a", "subscription": []int{}, "data": 1, "limit": -1}} {
				all = append(all, c.Send(r.Method, path, body))
			}
		}
		for _, a := range all {
			switch {
			case a.Status >= 500:
				t.Errorf("%s: %d %s", a.What, a.Status, a.Body)
			case a.Status >= 400:
				a.Fails(a.Status)
			}
		}
	}
}

// TestScopesOfAllRoutes asks every route without a token and with one that may
// do nothing of the kind.
func TestScopesOfAllRoutes(t *testing.T) {
	n := testkit.New(t)
	stranger := &apitest.Client{T: t, Base: n.URL}
	weak := &apitest.Client{T: t, Base: n.URL, Token: token(t, n, "ana", "profile")}
	for _, r := range api(n) {
		path := variable.ReplaceAllString(r.Path, "1")
		if r.Policy == httpx.SignedIn {
			stranger.Send(r.Method, path, nil).Fails(401)
		}
		if r.Scope != "" && r.Scope != "user" && r.Scope != "app" {
			weak.Send(r.Method, path, nil).Fails(403)
		}
	}
}

// token gives a token of somebody with scopes.
func token(t *testing.T, n *testkit.Node, name string, scopes ...string) string {
	t.Helper()
	tok, err := n.Auth.NewToken(t.Context(), n.Person(name, true).ID, scopes)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// everything is a token for all that people may do.
func everything(t *testing.T, n *testkit.Node, name string) string {
	return token(t, n, name, "read", "write", "follow", "push")
}
