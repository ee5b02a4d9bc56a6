package federation_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/outbox"
)

// TestTX08NamesThatPassForOthers: a user name does not bring an address of its own.
func TestTX08NamesThatPassForOthers(t *testing.T) {
	for name, want := range map[string]string{
		"hana@section.example": "hana_section.example", "a/../b": "a_.._b", "blog.example.org": "blog.example.org", "x\u202ey": "xy", "\u200b": "",
	} {
		n, s := newNode(t), newStranger(t)
		d := s.actorDoc("hana")
		d["preferredUsername"] = name
		s.put("/users/hana", d)
		if _, err := n.engine.Resolve(t.Context(), s.actor("hana")); (err == nil) != (want != "") {
			t.Errorf("%q: %v", name, err)
		}
		got := ""
		if n.count(`select count(*) from account where uri = $1`, s.actor("hana")) == 1 {
			got = n.byURI(s.actor("hana")).Username
		}
		if got != want {
			t.Errorf("%q is known as %q, want %q", name, got, want)
		}
	}
}

// TestFollowsWithoutEndMakeOneAnswer: who asks on and does not take the answer does not fill the queue.
func TestFollowsWithoutEndMakeOneAnswer(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.meet(n)
	s.answer("/users/hana/inbox", 503)
	for range 5 {
		f := s.activity("Follow", n.account(ana.AccountID).URI)
		f["summary"] = strings.Repeat("x", 100<<10)
		if got := s.send(n, f); got != 202 {
			t.Fatal(got)
		}
		settle(n)
	}
	if got := n.count(`select count(*) from delivery`); got != 1 {
		t.Errorf("%d answers wait, want 1", got)
	}
	if got := n.count(`select coalesce(max(length(body)), 0) from delivery_body`); got > 4<<10 {
		t.Errorf("the answer has %d bytes", got)
	}
}

// TestFollowIsAnsweredWhateverElseWaits: two who follow each other at the same
// moment are both answered, though a request of ours is on its way there.
func TestFollowIsAnsweredWhateverElseWaits(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.meet(n)
	s.answer("/users/hana/inbox", 503)
	if err := n.follows.Follow(t.Context(), ana.AccountID, n.byURI(s.actor("hana")).ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.send(n, s.activity("Follow", n.account(ana.AccountID).URI)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if got := n.count(`select count(*) from delivery`); got != 2 {
		t.Errorf("%d deliveries wait, want the request and the answer", got)
	}
}

// TestRequestsThatBreakAServer: a server that breaks over a request it has already or
// does not know, as GoToSocial does, is not asked again and again before anything else.
func TestRequestsThatBreakAServer(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.meet(n)
	s.answer("/users/hana/inbox", 500)
	for kind, want := range map[string][2]outbox.Result{
		"Follow":       {{Broken: true}, {Permanent: true}},
		"Create":       {{Broken: true}, {Broken: true}},
		"QuoteRequest": {{Permanent: true}, {Permanent: true}},
	} {
		for tries, r := range want {
			got := n.engine.Deliver(t.Context(), outbox.Item{Inbox: s.actor("hana") + "/inbox", ActorID: ana.AccountID, Body: []byte(`{"type":"` + kind + `"}`), Tries: tries})
			if got.Err == nil || got.Broken != r.Broken || got.Permanent != r.Permanent {
				t.Errorf("%s, try %d: %+v", kind, tries, got)
			}
		}
	}
}
