package app_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// ask sends a request that follows no redirect, and gives the answer with its body.
func ask(t *testing.T, client *http.Client, method, address string, headers ...string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return res, ""
	}
	return res, bodyOf(t, res)
}

// Whatever runs or dresses a page stands in files of ours: nothing in the page itself.
var (
	inline   = regexp.MustCompile(`(?i)<script(?:\s+[a-z-]+="[^"]*")*\s*>\s*[^<\s]|<style|\sstyle=["']|\son[a-z]+=["']|(?:href|src|action)=["']?\s*javascript:`)
	external = regexp.MustCompile(`(?i)<(?:script|img|video|audio|source|iframe|embed|object|track|input)\b[^>]*\s(?:src|srcset|poster|data)="(https?:)?//|<link\b[^>]*rel="(?:stylesheet|preload|icon|preconnect|dns-prefetch|manifest)"[^>]*href="(https?:)?//`)
	ofScript = regexp.MustCompile(`(?i)<script type="(?:application/(?:ld\+)?json|speculationrules)"`)
)

// ofServer are documents of the server alone, the same whoever asks.
var ofServer = map[string]bool{"/.well-known/host-meta": true, "/.well-known/host-meta.json": true, "/.well-known/nodeinfo": true, "/nodeinfo/2.0": true, "/nodeinfo/2.1": true}

// TestTX10 looks at the headers of every route, as nobody and as an admin, and
// of what is no route: a page runs and loads nothing that is not ours, stands in
// no frame, tells nobody where its reader came from, and what is of a person is
// kept by nobody.
//
// Spec: TX10, AC13
func TestTX10(t *testing.T) {
	n := testkit.New(t)
	admin(n, "ana")
	p := write(n, "ana", post.Draft{Text: "Bonjour #marche <b onclick=alert(1)>x</b> javascript:alert(1)", Audience: post.Public})
	s := &stage{Node: n, t: t, tokens: map[string]string{}, cookies: map[string]*http.Client{}}
	look := func(what string, class httpx.Class, private bool, res *http.Response, body string) {
		t.Helper()
		h := res.Header
		csp := h.Get("Content-Security-Policy")
		bad := func(format string) { t.Helper(); t.Errorf("%s: "+format+" (%d, %v)", what, res.StatusCode, h) }
		if h.Get("X-Content-Type-Options") != "nosniff" {
			bad("the type may be guessed")
		}
		if r := h.Get("Referrer-Policy"); r != "same-origin" && r != "no-referrer" {
			bad("tells others where its reader comes from")
		}
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-") || strings.Contains(csp, "http:") || strings.Contains(csp, " * ") {
			bad("its policy is open")
		}
		if !strings.Contains(csp, "frame-ancestors 'none'") && !strings.Contains(csp, "sandbox") {
			bad("it can stand in a frame")
		}
		if h.Get("Server")+h.Get("X-Powered-By") != "" {
			bad("names its program")
		}
		if h.Get("Access-Control-Allow-Credentials") != "" || class == httpx.ClassWeb && h.Get("Access-Control-Allow-Origin") != "" {
			bad("scripts of other sites read it with the session of its reader")
		}
		if private && !strings.Contains(h.Get("Cache-Control"), "no-store") {
			bad("a cache may keep what is of a person")
		}
		if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
			if m := inline.FindString(ofScript.ReplaceAllString(body, `<i data="`)); m != "" {
				bad("runs or dresses inline: " + m)
			}
			if m := external.FindString(body); m != "" {
				bad("loads from elsewhere: " + m)
			}
			if class == httpx.ClassWeb && h.Get("X-Frame-Options") != "DENY" {
				bad("old browsers frame it")
			}
		}
	}
	seen := map[httpx.Class]int{}
	for _, rt := range n.Routes() {
		if rt.Class == httpx.ClassAPI && endless(rt.Path) {
			continue
		}
		address := n.URL + example(n, rt, p)
		seen[rt.Class]++
		accept := "text/html"
		if rt.Class == httpx.ClassActivityPub {
			accept = "application/activity+json"
		}
		res, body := ask(t, noRedirect, rt.Method, address, "Accept", accept, "Origin", "https://evil.example")
		closed := rt.Policy == httpx.SignedIn || rt.Policy == httpx.Moderator || rt.Policy == httpx.Admin
		look("nobody: "+name(rt, rt.Path), rt.Class, closed, res, body)
		if rt.Method != http.MethodGet {
			continue
		}
		switch rt.Class {
		case httpx.ClassWeb:
			res, body = ask(t, s.browser("ana"), rt.Method, address, "Accept", accept)
			look("admin: "+name(rt, rt.Path), rt.Class, !public(res), res, body)
		case httpx.ClassAPI:
			res, body = ask(t, noRedirect, rt.Method, address, "Authorization", "Bearer "+s.token("ana"))
			look("admin: "+name(rt, rt.Path), rt.Class, !public(res) && !ofServer[rt.Path], res, body)
		}
	}
	for class, path := range map[httpx.Class]string{httpx.ClassWeb: "/nothing", httpx.ClassAPI: "/api/v1/nothing", httpx.ClassStatic: "/static/nothing", httpx.ClassActivityPub: "/objects/nothing"} {
		if seen[class] == 0 {
			t.Errorf("no route of class %s", class)
		}
		for _, method := range []string{"GET", "POST", "OPTIONS", "DELETE"} {
			accept := "text/html"
			if class == httpx.ClassActivityPub {
				accept = "application/activity+json"
			}
			res, body := ask(t, noRedirect, method, n.URL+path, "Accept", accept)
			look(method+" "+path, class, false, res, body)
		}
	}
}

// public reports whether an answer says itself that it is the same for everybody:
// files and documents without anything of who asks.
func public(res *http.Response) bool {
	return strings.Contains(res.Header.Get("Cache-Control"), "public") || strings.Contains(res.Header.Get("Cache-Control"), "immutable")
}

// TestTX11 asks every route under a foreign name, as nobody and as an admin: no
// link and no header of any answer leads there.
//
// Spec: TX11
func TestTX11(t *testing.T) {
	n := testkit.New(t)
	admin(n, "ana")
	p := write(n, "ana", post.Draft{Text: "Bonjour #marche", Audience: post.Public})
	for range 45 { // several pages of everything
		write(n, "ana", post.Draft{Text: "Encore #marche", Audience: post.Public})
	}
	s := &stage{Node: n, t: t, tokens: map[string]string{}, cookies: map[string]*http.Client{}}
	evil := []string{"Host", "evil.example", "X-Forwarded-Host", "evil.example", "X-Forwarded-Server", "evil.example", "X-Host", "evil.example", "X-Original-URL", "/evil.example",
		"Forwarded", "host=evil.example;proto=http", "X-Forwarded-Proto", "evil.example", "X-Forwarded-Prefix", "/evil.example", "Referer", "https://evil.example/x"}
	links := 0
	for _, rt := range n.Routes() {
		if rt.Class == httpx.ClassAPI && endless(rt.Path) {
			continue
		}
		address := n.URL + example(n, rt, p)
		headers := append([]string{"Accept", "text/html"}, evil...)
		client := noRedirect
		switch rt.Class {
		case httpx.ClassActivityPub:
			headers[1] = "application/activity+json"
		case httpx.ClassAPI:
			headers = append(headers, "Authorization", "Bearer "+s.token("ana"))
		case httpx.ClassWeb:
			client = s.browser("ana")
		}
		for _, c := range []*http.Client{client, noRedirect} {
			res, body := ask(t, c, rt.Method, address, headers...)
			if res.Header.Get("Link") != "" {
				links++
			}
			for k, vs := range res.Header {
				if strings.Contains(strings.Join(vs, " "), "evil.example") {
					t.Errorf("%s: %s leads to %v", name(rt, rt.Path), k, vs)
				}
			}
			if i := strings.Index(body, "evil.example"); i >= 0 {
				t.Errorf("%s leads elsewhere: …%s…", name(rt, rt.Path), around(body, "evil.example"))
			}
			headers = headers[:len(evil)+2]
		}
	}
	if links < 5 {
		t.Errorf("only %d answers had links to further pages", links)
	}
}
