package federation_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/post"
)

// This file proves sentences of the table of what is spoken that have no test elsewhere.

// TestEveryKindOfPost: whatever its kind, a post comes, is edited and goes.
func TestEveryKindOfPost(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.followedBy(n, ana)
	for _, kind := range []string{"Note", "Article", "Page", "Question", "Event", "Video", "Audio", "Image"} {
		x := s.note("avant")
		x["type"], x["name"], x["startTime"] = kind, "Titre", "2027-12-05T18:00:00Z"
		x["oneOf"] = []doc{{"type": "Note", "name": "oui"}, {"type": "Note", "name": "non"}}
		s.mustSend(n, s.activity("Create", x))
		settle(n)
		if p := n.post(x.id()); !strings.Contains(p.Content+p.Title, "avant") && !strings.Contains(p.Content+p.Title, "Titre") || p.Audience != post.Public {
			t.Errorf("%s: %+v", kind, p)
		}
		y := maps.Clone(x)
		y["content"], y["name"], y["updated"] = "<p>après</p>", "Autre", time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		s.mustSend(n, s.activity("Update", y))
		settle(n)
		if p := n.post(x.id()); !strings.Contains(p.Content+p.Title, "après") && !strings.Contains(p.Content+p.Title, "Autre") || p.EditedAt == 0 {
			t.Errorf("%s, edited: %+v", kind, p)
		}
		s.mustSend(n, s.activity("Delete", x.id()))
		settle(n)
		if n.post(x.id()).DeletedAt == 0 {
			t.Errorf("%s is not deleted", kind)
		}
	}
}

// TestSchemeIsForgotten: what a server takes is remembered for thirty days, and then
// it is spoken to in the older way again.
//
// Spec: RFC 9421
func TestSchemeIsForgotten(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	d := s.actorDoc("hana")
	d["generator"] = doc{"type": "Application", "implements": []doc{{"href": "https://datatracker.ietf.org/doc/html/rfc9421"}}}
	s.put("/users/hana", d)
	s.meet(n)
	ana := n.person("ana")
	if got := s.send(n, s.activity("Follow", n.account(ana.AccountID).URI)); got != http.StatusAccepted {
		t.Fatal(got)
	}
	modern := func() bool {
		t.Helper()
		n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
		settle(n)
		return s.lastHeader().Get("Signature-Input") != ""
	}
	settle(n)
	if !modern() {
		t.Error("at first it is not spoken to as it says")
	}
	n.now.move(29 * 24 * time.Hour)
	if !modern() {
		t.Error("it is forgotten before thirty days")
	}
	n.now.move(2 * 24 * time.Hour)
	if modern() {
		t.Error("it is remembered after thirty days")
	}
}

// TestFEP2c59Elsewhere: an address of another host that an actor says is its own is
// believed when that host leads back.
//
// Spec: FEP-2c59
func TestFEP2c59Elsewhere(t *testing.T) {
	n, s, home := newNode(t), newStranger(t), newStranger(t)
	host := strings.TrimPrefix(home.base, "http://")
	d := s.actorDoc("hana")
	d["webfinger"] = "hana@" + host
	s.put("/users/hana", d)
	home.put("/.well-known/webfinger", doc{"subject": "acct:hana@" + host, "links": []doc{{"rel": "self", "type": "application/activity+json", "href": s.actor("hana")}}})
	asked := s.hits.get("GET")
	s.meet(n)
	if got := n.byURI(s.actor("hana")).Handle; got != "hana@"+host {
		t.Errorf("known as %q", got)
	}
	if got := s.hits.get("GET") - asked; got != 1 {
		t.Errorf("its own server is asked %d times: what it says is read first", got)
	}
}
