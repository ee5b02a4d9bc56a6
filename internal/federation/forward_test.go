package federation_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// path of a document on its server.
func (s *stranger) path(uri string) string { return strings.TrimPrefix(uri, s.base) }

// forwarding is a node that knows both who writes and who passes on, with a
// post of the writer.
func forwarding(t *testing.T) (n *node, author, relay *stranger, me string) {
	n, author, relay = newNode(t), newStranger(t), newStranger(t)
	author.meet(n)
	relay.meet(n)
	return n, author, relay, n.account(n.person("ana").AccountID).URI
}

// TestOR13ForwardedIsFetched: what another server passes on makes us ask its
// origin, and that alone is stored.
//
// Spec: SG8, OR13
func TestOR13ForwardedIsFetched(t *testing.T) {
	n, author, relay, me := forwarding(t)
	note := author.note("as its author wrote it", me)
	author.put(author.path(note.id()), note)
	changed := maps.Clone(note)
	changed["content"], changed["sensitive"] = "<p>as the relay has it</p>", true
	create := author.activity("Create", changed)
	if got := relay.send(n, create); got != http.StatusAccepted {
		t.Fatalf("forwarded: %d", got)
	}
	settle(n)
	p := n.post(note.id())
	if !strings.Contains(p.Content, "as its author wrote it") || p.Sensitive || p.AccountID != n.byURI(author.actor("hana")).ID {
		t.Errorf("%+v", p)
	}
	if n.count(`select count(*) from inbox_item`) != 0 {
		t.Error("who forwards takes the place of the true activity")
	}

	// An edit is what the origin has now; nothing there is nothing here.
	n.now.move(10 * time.Minute)
	changed["updated"] = time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	unchangedPost := func(what string) {
		t.Helper()
		if q := n.post(note.id()); q.Content != p.Content || q.DeletedAt != 0 {
			t.Errorf("%s: %+v", what, q)
		}
	}
	if got := relay.send(n, author.activity("Update", changed)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	unchangedPost("a forged edit")
	n.now.move(10 * time.Minute)
	edited := maps.Clone(changed)
	edited["content"] = "<p>edited by its author</p>"
	author.put(author.path(note.id()), edited)
	if got := relay.send(n, author.activity("Update", changed)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if p = n.post(note.id()); !strings.Contains(p.Content, "edited by its author") {
		t.Errorf("a true edit: %q", p.Content)
	}

	// A deletion is true when the origin says so.
	n.now.move(10 * time.Minute)
	if got := relay.send(n, author.activity("Delete", note.id())); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	unchangedPost("a forged deletion")
	n.now.move(10 * time.Minute)
	author.answer(author.path(note.id()), http.StatusNotFound)
	if got := relay.send(n, author.activity("Delete", doc{"type": "Tombstone", "id": note.id()})); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if n.post(note.id()).DeletedAt == 0 {
		t.Error("a true deletion: the post is still there")
	}
}

// TestForwardedDeletions: how an origin may say that a post is gone.
//
// Spec: FEP-4f05
func TestForwardedDeletions(t *testing.T) {
	n, author, relay, me := forwarding(t)
	closed := func(d doc) { d["to"], d["cc"] = []string{me}, []string{} }
	cases := map[string]struct {
		change func(doc)
		answer func(uri string)
		by     string
		gone   bool
	}{
		"410":            {answer: func(u string) { author.answer(author.path(u), 410) }, gone: true},
		"404":            {answer: func(u string) { author.answer(author.path(u), 404) }, gone: true},
		"tombstone":      {answer: func(u string) { author.put(author.path(u), doc{"id": u, "type": "Tombstone"}) }, gone: true},
		"hidden, 404":    {change: closed, answer: func(u string) { author.answer(author.path(u), 404) }},
		"hidden, 410":    {change: closed, answer: func(u string) { author.answer(author.path(u), 410) }, gone: true},
		"refused":        {answer: func(u string) { author.answer(author.path(u), 403) }},
		"by a neighbour": {answer: func(u string) { author.answer(author.path(u), 410) }, by: author.actor("mia")},
	}
	author.put("/users/mia", author.actorDoc("mia"))
	if _, err := n.engine.Resolve(t.Context(), author.actor("mia")); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		note := author.note(name, me)
		if c.change != nil {
			c.change(note)
		}
		if got := author.send(n, author.activity("Create", note)); got != 202 {
			t.Fatal(got)
		}
		settle(n)
		c.answer(note.id())
		d := author.activity("Delete", note.id())
		if c.by != "" {
			d["actor"] = c.by
		}
		if got := relay.send(n, d); got != 202 {
			t.Errorf("%s: %d", name, got)
		}
		settle(n)
		if gone := n.post(note.id()).DeletedAt != 0; gone != c.gone {
			t.Errorf("%s: gone %v", name, gone)
		}
	}
}

// TestSG08ForgedForwards leave nothing, whoever signs them.
//
// Spec: SG1, SG8, OR1, OR3
func TestSG08ForgedForwards(t *testing.T) {
	n, author, relay, me := forwarding(t)
	send := func(what string, want int, d doc) {
		t.Helper()
		unchanged(t, n, what, func() {
			if got := relay.send(n, d); got != want {
				t.Errorf("%s: %d", what, got)
			}
		})
	}
	send("a note that its server does not have", 202, author.activity("Create", author.note("never said", me)))
	elsewhere := author.activity("Create", relay.note("of the relay", me))
	send("an object that is not its author's", 202, elsewhere)
	moved := author.note("elsewhere", me)
	other := maps.Clone(moved)
	other["attributedTo"] = relay.actor("hana")
	author.put(author.path(moved.id()), other)
	send("a note that its server gives to another", 202, author.activity("Create", moved))
	send("a boost that its server does not have", 202, author.activity("Announce", n.base+"/objects/x"))
	send("a deletion of what we never had", 202, author.activity("Delete", author.base+"/notes/none"))

	squat := author.activity("Create", author.note("x", me))
	squat["id"] = relay.base + "/activities/1"
	send("an id of the relay", 401, squat)
	ours := author.activity("Create", author.note("x", me))
	ours["id"], ours["actor"] = n.base+"/activities/1", me
	send("what is ours", 401, ours)
	for _, verb := range []string{"Follow", "Accept", "Reject", "Undo", "Move", "Block", "Flag", "Add"} {
		send(verb, 401, author.activity(verb, me))
	}

	// Of a boost with two origins neither is believed.
	victim := newStranger(t)
	victim.meet(n)
	note := author.note("boosted", me)
	if got := author.send(n, author.activity("Create", note)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	boost := author.activity("Announce", note.id())
	two := maps.Clone(boost)
	two["actor"], two["attributedTo"] = victim.actor("hana"), author.actor("hana")
	author.put(author.path(boost.id()), two)
	send("a boost in the name of another", 202, boost)

	honest := relay.key
	relay.key = &sig.Key{ID: honest.ID, RSA: keys()[2]}
	send("signed badly", 401, author.activity("Create", note))
}

// TestForwardedBoost: a boost is taken from its own server.
func TestForwardedBoost(t *testing.T) {
	n, author, relay, me := forwarding(t)
	note := author.note("boosted", me)
	if got := author.send(n, author.activity("Create", note)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	boost := author.activity("Announce", note.id())
	author.put(author.path(boost.id()), boost)
	if got := relay.send(n, boost); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if b := n.post(boost.id()); b.BoostOfID != n.post(note.id()).ID {
		t.Errorf("%+v", b)
	}
}

// TestForwardsAreBounded: passing on costs its origin one request for each
// thing, however often, and who passes on too much is put off.
//
// Spec: FE5, FE10
func TestForwardsAreBounded(t *testing.T) {
	n, author, relay, me := forwarding(t)
	note := author.note("again", me)
	if got := author.send(n, author.activity("Create", note)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	author.put(author.path(note.id()), note)
	asked, busy := author.hits.get("GET"), 0
	for i := range 80 {
		d := author.activity("Update", note)
		d["id"] = fmt.Sprintf("%s#update-%d", note.id(), i)
		switch got := relay.send(n, d); got {
		case http.StatusAccepted:
		case http.StatusTooManyRequests:
			busy++
		default:
			t.Fatal(got)
		}
	}
	if busy < 15 || busy > 25 {
		t.Errorf("%d of 80 put off", busy)
	}
	ready := n.count(`select count(*) from job where kind = 'federation.forwarded'`)
	if got := author.hits.get("GET") - asked; got > 1 || ready > 2 {
		t.Errorf("%d requests, %d jobs", got, ready)
	}
}

// TestForwardByStranger: a relay whose key is not known is asked for it first.
func TestForwardByStranger(t *testing.T) {
	n, author, relay := newNode(t), newStranger(t), newStranger(t)
	me := n.account(n.person("ana").AccountID).URI
	note := author.note("by way of a stranger", me)
	author.put(author.path(note.id()), note)
	changed := maps.Clone(note)
	changed["content"] = "<p>as the stranger has it</p>"
	if got := relay.send(n, author.activity("Create", changed)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if p := n.post(note.id()); !strings.Contains(p.Content, "by way of a stranger") {
		t.Errorf("%q", p.Content)
	}
	if n.count(`select count(*) from inbox_unverified`) != 0 {
		t.Error("the request is still kept")
	}
}

// TestSignedByANeighbour: what another person of the author's server signs, as
// NodeBB (4.15) has its moderators do, is looked into; no other act of theirs is.
//
// Spec: OR1, OR4
func TestSignedByANeighbour(t *testing.T) {
	for _, known := range []bool{false, true} {
		n, author, _, me := forwarding(t)
		note, other := author.note("avant", me), author.note("autre", me)
		for _, x := range []doc{note, other} {
			author.mustSend(n, author.create(x))
			author.put(author.path(x.id()), x)
		}
		settle(n)
		author.put("/users/mia", author.actorDoc("mia"))
		if known {
			if _, err := n.engine.Resolve(t.Context(), author.actor("mia")); err != nil {
				t.Fatal(err)
			}
		}
		author.key.ID = author.actor("mia") + "#main-key"
		forged, edited := maps.Clone(note), maps.Clone(note)
		forged["updated"], forged["content"] = time.Now().Add(time.Minute).UTC().Format(time.RFC3339), "<p>faux</p>"
		edited["updated"], edited["content"] = forged["updated"], "<p>par la modération</p>"
		author.put(author.path(note.id()), edited)
		author.mustSend(n, author.activity("Update", forged))
		author.mustSend(n, author.activity("Delete", other.id())) // which is still there
		settle(n)
		if p := n.post(note.id()); p.Content != "<p>par la modération</p>" || p.AccountID != n.byURI(author.actor("hana")).ID {
			t.Errorf("%v: %+v", known, p)
		}
		if n.post(other.id()).DeletedAt != 0 {
			t.Errorf("%v: what its server still has is deleted", known)
		}
		n.now.move(10 * time.Minute)
		author.answer(author.path(note.id()), http.StatusGone)
		author.mustSend(n, author.activity("Delete", note.id()))
		settle(n)
		if n.post(note.id()).DeletedAt == 0 {
			t.Errorf("%v: what its server took away is here", known)
		}
		if got := author.send(n, author.activity("Like", other.id())); got != http.StatusUnauthorized {
			t.Errorf("%v: a like in another's name: %d", known, got)
		}
	}
}
