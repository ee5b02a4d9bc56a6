package group_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// changing is what differs between two answers to the same: tokens, keys and nonces.
var changing = regexp.MustCompile(`[A-Za-z0-9_+/=-]{20,}`)

// answerOf is all that somebody is told at an address: status, headers and body, without the names and ids
// that they asked for and what changes by itself.
func answerOf(t *testing.T, n *testkit.Node, method, path, token string, cookies []*http.Cookie, csrf, accept string, asked ...string) string {
	t.Helper()
	var body io.Reader
	if csrf != "" {
		body = strings.NewReader(httpx.CSRFField + "=" + url.QueryEscape(csrf))
	}
	req, err := http.NewRequest(method, n.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if csrf != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", n.URL)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusTooManyRequests {
		t.Fatalf("%s %s: too many requests", method, path)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	var heads []string
	for name, values := range res.Header {
		if name != "Date" && !strings.HasPrefix(name, "X-Ratelimit") && name != "X-Request-Id" && name != "Content-Length" && name != "Server-Timing" {
			heads = append(heads, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(heads)
	out := fmt.Sprintln(res.StatusCode, heads, string(b))
	for _, x := range asked {
		out = strings.ReplaceAll(out, x, "…")
	}
	return changing.ReplaceAllString(out, "…")
}

// TestASecretGroupIsAsNothing: a stranger, and somebody of ours who is not in it, ask every address of
// this instance, to read and to act, for a secret group and what is in it, and for what never was: each time
// they are told the same, to the header.
//
// Spec: P1, P2
func TestASecretGroupIsAsNothing(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			n.Person("eve", true)
			g := create(t, n, "ana", "cellule", group.Rules{Access: group.Section, Secret: true, Joining: group.Invite})
			p := write(t, n, "ana", post.Draft{Title: "Un fil", Text: "Entre nous #motcellule", Audience: post.Group, Parts: group.Into(g.AccountID)})
			idle(t, n)
			never := func(id int64) string { return ids.String(id - 7<<20) }
			key := func(uri string) string { return uri[strings.LastIndex(uri, "/")+1:] }
			pairs := [][2]string{{"cellule", "cellulf"}, {ids.String(g.AccountID), never(g.AccountID)}, {ids.String(p.ID), never(p.ID)},
				{key(g.Account.URI), strings.Repeat("a", 26)}, {key(p.URI), strings.Repeat("a", 26)}}
			eve := n.SignIn("eve").Open("/accueil")
			csrf := regexp.MustCompile(`name="` + httpx.CSRFField + `" value="([^"]+)"`).FindStringSubmatch(eve.Open("/ecrire").Body)
			if csrf == nil {
				t.Fatal("no form")
			}
			token := n.Token("eve")
			compared, found := 0, 0
			compare := func(method, pattern string, fill func(string) string, accept string) {
				t.Helper()
				for _, pair := range pairs {
					for _, who := range []string{"stranger", "eve"} {
						var tok, form string
						var cookies []*http.Cookie
						if who == "eve" {
							if strings.HasPrefix(pattern, "/api/") {
								tok = token
							} else {
								cookies = eve.Cookies()
							}
						}
						if method != "GET" {
							form = csrf[1]
						}
						is := answerOf(t, n, method, fill(pair[0]), tok, cookies, form, accept, pair[0], pair[1])
						none := answerOf(t, n, method, fill(pair[1]), tok, cookies, form, accept, pair[0], pair[1])
						compared++
						if strings.HasPrefix(is, "404") {
							found++
						}
						if is != none {
							i := 0
							for i < len(is) && i < len(none) && is[i] == none[i] {
								i++
							}
							i = max(0, i-80)
							t.Errorf("%s %s of %s (%s), %s: %.4s %.200q, of nothing: %.4s %.200q", method, fill(pair[0]), who, accept, pattern, is, is[i:], none, none[min(i, len(none)):])
						}
					}
				}
			}
			variable := regexp.MustCompile(`\{[^{}]*(\{[^{}]*\}[^{}]*)*\}`)
			for _, rt := range n.Routes() {
				if strings.Contains(rt.Path, "streaming") || strings.Contains(rt.Path, "bloquer") || rt.Method != "GET" && strings.Contains(rt.Path, "deconn") {
					continue
				}
				if !strings.Contains(rt.Path, "{") {
					continue
				}
				accepts := []string{"text/html"}
				if rt.Method == "GET" && !strings.HasPrefix(rt.Path, "/api/") {
					accepts = append(accepts, "application/activity+json")
				}
				for _, accept := range accepts {
					compare(rt.Method, rt.Path, func(v string) string { return variable.ReplaceAllString(rt.Path, v) }, accept)
				}
			}
			for _, path := range []string{"/recherche?q=", "/recherche?q=%23mot", "/recherche?q=@", "/api/v2/search?q=", "/api/v2/search?resolve=true&q=@", "/api/v1/accounts/search?q=", "/api/v1/accounts/lookup?acct=", "/personnes?q=",
				"/.well-known/webfinger?resource=acct:", "/groupes?q=", "/api/v1/accounts/relationships?id[]=", "/api/v1/statuses?id[]=", "/api/v1/directory?q="} {
				compare("GET", path, func(v string) string {
					if strings.HasSuffix(path, "acct:") {
						v += "@" + n.Host
					}
					return path + v
				}, "text/html")
			}
			if compared < 2000 || found < 500 {
				t.Errorf("%d compared, %d found nothing: the test would prove little", compared, found)
			}
			t.Logf("%d compared, %d found nothing", compared, found)
		})
	}
}
