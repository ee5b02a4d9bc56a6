package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// far has ana follow somebody of a server whose every byte the test writes, and
// gives what sends a post of theirs.
func far(t *testing.T, n *testkit.Node, change func(*as.Actor)) (*peer.Actor, func(map[string]any)) {
	t.Helper()
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	a := p.ActorOf("Person", "hana", change)
	ana := n.Person("ana", true)
	id, err := n.Engine.Account(ctx, a.Name, p.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, ana.ID, id, nil); err != nil {
		t.Fatal(err)
	}
	for accepted := false; !accepted; { // the answer comes by itself
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		var err error
		if accepted, err = db.Get[bool](ctx, n.DB.Read(), `select accepted from follow where account_id = $1 and target_id = $2`, ana.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	return a, func(fields map[string]any) {
		t.Helper()
		id := p.NewID("notes")
		object := map[string]any{"id": id, "type": "Note", "attributedTo": a.ID, "to": []string{as.Public}, "cc": []string{a.ID + "/followers"},
			"published": time.Now().UTC().Format(time.RFC3339), "content": "<p>Bonjour</p>"}
		for k, v := range fields {
			object[k] = v
		}
		body, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		p.Serve(id, body)
		answer, err := a.Send(ctx, n.URL+"/inbox", peer.JSON(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": id + "/create", "type": "Create", "actor": a.ID,
			"object": object, "to": object["to"], "cc": object["cc"]}))
		if err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// noLinks are addresses that no browser may be led to from here.
var noLinks = []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\u0001javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)",
	"file:///etc/passwd", "blob:https://x/1", "//evil.example/x", "/relative", "intent://x#Intent;end", "https://user:pass@evil.example/"}

var leads = regexp.MustCompile(`(?i)(?:href|src|srcset|action|poster|data-[a-z-]+)="\s*(?:javascript|data:text|vbscript|file|blob|intent)[:/]|href="[^"]*user:pass@`)

// TestTX06: an address that is none of the web, in whatever property another
// server sends it, is on no page and in no answer to an app.
//
// Spec: TX6
func TestTX06(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	for i, bad := range noLinks {
		_, send := far(t, n, func(d *as.Actor) {
			d.Fields = []as.Field{{Name: "site", Value: `<a href="` + bad + `" rel="me">site</a>`}, {Name: "nu", Value: bad}}
			d.Summary = `<p><a href="` + bad + `">bio</a></p>`
			d.Extra = map[string]any{"url": bad, "icon": map[string]any{"type": "Image", "url": bad}, "image": map[string]any{"type": "Image", "url": bad}}
		})
		for _, kind := range []string{"Note", "Article", "Page", "Event", "Video", "Question"} {
			send(map[string]any{
				"type": kind, "name": fmt.Sprint("titre ", i), "summary": "s", "url": []any{bad, map[string]any{"type": "Link", "href": bad, "mediaType": "text/html"}},
				"content": `<p><a href="` + bad + `">lien</a> <img src="` + bad + `"></p>`,
				"attachment": []any{map[string]any{"type": "Document", "mediaType": "image/png", "url": bad}, map[string]any{"type": "Image", "url": []any{map[string]any{"type": "Link", "href": bad}}},
					map[string]any{"type": "Link", "href": bad, "name": "lien"}},
				"image": map[string]any{"type": "Image", "url": bad}, "icon": map[string]any{"type": "Image", "url": bad}, "preview": map[string]any{"type": "Note", "url": bad},
				"tag":      []any{map[string]any{"type": "Hashtag", "name": "#x", "href": bad}, map[string]any{"type": "Mention", "name": "@x", "href": bad}, map[string]any{"type": "Emoji", "name": ":x:", "icon": map[string]any{"type": "Image", "url": bad}}},
				"quoteUrl": bad, "context": bad, "replies": bad, "likes": bad,
				"startTime": "2027-12-05T18:00:00Z", "endTime": "2027-12-05T20:00:00Z", "externalParticipationUrl": bad, "onlineLink": bad,
				"location": map[string]any{"type": "VirtualLocation", "name": "ici", "url": bad},
				"oneOf":    []any{map[string]any{"type": "Note", "name": "oui"}, map[string]any{"type": "Note", "name": "non"}},
			})
		}
	}
	var home []map[string]any
	c := n.Client("ana")
	c.Get("/api/v1/timelines/home?limit=40", &home)
	if len(home) < 30 {
		t.Fatalf("only %d posts arrived", len(home))
	}
	b := n.SignIn("ana")
	for _, path := range []string{"/?onglet=fediverse", "/recherche?q=titre"} {
		if b.Open(path); leads.MatchString(b.Body) {
			t.Errorf("%s leads to %q", path, leads.FindString(b.Body))
		}
	}
	people := map[string]bool{}
	for _, s := range home {
		addresses(s, func(key, value string) {
			if !strings.HasPrefix(value, "https://") && !strings.HasPrefix(value, "http://") || strings.Contains(value, "user:pass") {
				t.Errorf("%s is %q", key, value)
			}
		})
		acct, ok := s["account"].(map[string]any)
		if !ok {
			t.Fatal("a post of nobody")
		}
		for _, f := range []any{s["content"], acct["note"], fmt.Sprint(acct["fields"])} {
			if text := fmt.Sprint(f); leads.MatchString(text) {
				t.Errorf("a text leads to %q", leads.FindString(text))
			}
		}
		people[fmt.Sprint(acct["acct"])] = true
		if id := fmt.Sprint(s["id"]); len(people) > 0 {
			if b.Open("/@" + fmt.Sprint(acct["acct"]) + "/" + id); leads.MatchString(b.Body) {
				t.Errorf("the page of a post leads to %q", leads.FindString(b.Body))
			}
		}
	}
	for acct := range people {
		if b.Open("/@" + acct); leads.MatchString(b.Body) {
			t.Errorf("the page of %s leads to %q", acct, leads.FindString(b.Body))
		}
	}
}

// addresses calls f with every property of an answer that is an address.
func addresses(v any, f func(key, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && s != "" && (strings.HasSuffix(k, "url") || strings.HasSuffix(k, "uri") || k == "avatar" || k == "header" || k == "image" || strings.HasSuffix(k, "_static")) {
				f(k, s)
			}
			addresses(x, f)
		}
	case []any:
		for _, x := range v {
			addresses(x, f)
		}
	}
}

// TestTX07: a link shows where it leads, in a post, a profile and a field; and no
// field counts as verified, by whatever is hidden in it.
//
// Spec: TX7, CVE-2023-36462
func TestTX07(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	const hidden = `<a href="https://evil.example/x" rel="me"><span class="invisible">https://evil.example/x?</span>banque.example</a>`
	a, send := far(t, n, func(d *as.Actor) {
		d.Summary = "<p>" + hidden + "</p>"
		d.Fields = []as.Field{{Name: "site", Value: hidden}, {Name: "vide", Value: `<a href="` + n.URL + `/@ana" rel="me"><span class="invisible">x</span></a>`}}
	})
	send(map[string]any{"content": "<p>" + hidden + `</p><p><a href="https://evil.example/" class="invisible">https://banque.example/</a> <a href="https://evil.example/">www.banque.example</a></p>`})
	var home []masto.Status
	n.Client("ana").Get("/api/v1/timelines/home", &home)
	if len(home) != 1 {
		t.Fatalf("%d posts", len(home))
	}
	honest := func(what, html string) {
		t.Helper()
		if strings.Contains(html, `"invisible"`) {
			t.Errorf("%s hides something: %s", what, html)
		}
		for _, link := range regexp.MustCompile(`<a [^>]*href="https://evil\.example[^>]*>(.*?)</a>`).FindAllStringSubmatch(html, -1) {
			if shown := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(link[1], ""); !strings.Contains(shown, "evil.example") {
				t.Errorf("%s shows a link to evil.example as %q", what, shown)
			}
		}
		if !strings.Contains(html, "evil.example") {
			t.Errorf("%s has lost its link: %s", what, html)
		}
	}
	honest("a post", home[0].Content)
	honest("a bio", home[0].Account.Note)
	for _, f := range home[0].Account.Fields {
		if f.VerifiedAt != nil {
			t.Errorf("the field %s counts as verified", f.Name)
		}
	}
	honest("a field", home[0].Account.Fields[0].Value)
	b := n.SignIn("ana")
	for _, path := range []string{"/?onglet=fediverse", "/@" + a.Handle(), "/@" + a.Handle() + "/" + home[0].ID} {
		b.Open(path)
		honest(path, b.Body)
	}
}

// TestTX01 puts what is no text into every address and every question, as nobody
// and as an admin: it is not found or refused, and no fault of ours.
//
// Spec: TX1, TX2
func TestTX01(t *testing.T) {
	for engine, e := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			admin(n, "ana")
			p := write(n, "ana", post.Draft{Text: "Bonjour #marche", Audience: post.Public})
			s := &stage{Node: n, t: t, tokens: map[string]string{}, cookies: map[string]*http.Client{}}
			tried := 0
			for _, rt := range n.Routes() {
				if endless(rt.Path) || rt.Method != "GET" && !strings.Contains(rt.Path, "{") {
					continue
				}
				for _, bad := range []string{"a%00b", "%FF"} {
					path := variable.ReplaceAllStringFunc(rt.Path, func(string) string { return bad })
					if path == rt.Path {
						path = example(n, rt, p)
					}
					path += "?q=" + bad + "&max_id=" + bad + "&acct=" + bad + "&resource=acct:" + bad + "@" + n.Host + "&url=" + bad + "&uri=" + bad + "&id[]=" + bad + "&page=" + bad + "&nom=" + bad
					headers := []string{"Accept", "text/html"}
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
						res, body := ask(t, c, rt.Method, n.URL+path, headers...)
						if tried++; res.StatusCode >= 500 {
							t.Errorf("%s: %d %.200s", name(rt, path), res.StatusCode, body)
						}
						headers = headers[:2]
					}
				}
			}
			// As a claim of who asks, too.
			res, _ := ask(t, noRedirect, "GET", p.URI, "Accept", "application/activity+json", "Signature", "keyId=\"https://x.example/\xff\",algorithm=\"hs2019\",headers=\"date\",signature=\"AAAA\"")
			if res.StatusCode >= 500 {
				t.Errorf("a signature of no text: %d", res.StatusCode)
			}
			t.Logf("%d requests", tried)
		})
	}
}
