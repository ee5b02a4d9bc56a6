package federation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// TestOR09ProvenForwards: what its author has proven is believed from whoever
// brings it, without a question; what only seems so is asked for at its origin.
//
// Spec: OR9; Spec: FEP-8b32
func TestOR09ProvenForwards(t *testing.T) {
	n, author, relay, me := forwarding(t)
	note := author.note("proven by its author", me)
	create := author.activity("Create", note)
	before := author.hits.get("GET")
	if got := relay.send(n, author.prove(create, time.Now())); got != http.StatusAccepted {
		t.Fatal(got)
	}
	settle(n)
	if p := n.post(note.id()); !strings.Contains(p.Content, "proven by its author") {
		t.Errorf("%q", p.Content)
	}
	if got := author.hits.get("GET") - before; got != 0 {
		t.Errorf("%d questions for what is proven", got)
	}
	// The same again, and by its author, has no second effect.
	if got := author.send(n, create); got != 202 || n.count(`select count(*) from post`) != 1 {
		t.Errorf("again: %d", got)
	}

	edited := note
	edited["content"], edited["updated"] = "<p>edited</p>", time.Now().Add(time.Second).UTC().Format(time.RFC3339)
	if got := relay.send(n, author.prove(author.activity("Update", edited), time.Now())); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if p := n.post(note.id()); !strings.Contains(p.Content, "edited") {
		t.Errorf("a proven edit: %q", p.Content)
	}

	// Forged: altered after the proof, proven by another, or long ago.
	stolen := func(d []byte) []byte { return bytes.Replace(d, []byte("proven"), []byte("forged"), 1) }
	fake := author.note("proven too", me)
	by := func(k *sig.Key, d any) []byte {
		b, err := sig.Prove(marshal(t, d), k, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	old := author.note("proven long ago", me)
	for what, body := range map[string][]byte{
		"altered":         stolen(author.prove(author.activity("Create", fake), time.Now())),
		"key of another":  by(relay.ed, author.activity("Create", fake)),
		"another's value": by(&sig.Key{ID: author.ed.ID, Ed25519: relay.ed.Ed25519}, author.activity("Create", fake)),
		"old":             author.prove(author.activity("Create", old), time.Now().Add(-8*24*time.Hour)),
	} {
		asked := author.hits.get("GET")
		unchanged(t, n, what, func() {
			if got := relay.send(n, body); got != 202 {
				t.Errorf("%s: %d", what, got)
			}
		})
		n.now.move(2 * time.Hour) // failures are remembered for one
		if author.hits.get("GET") == asked {
			t.Errorf("%s: its origin is not asked", what)
		}
	}
	if got := relay.send(n, author.prove(author.activity("Delete", note.id()), time.Now())); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if n.post(note.id()).DeletedAt == 0 {
		t.Error("a proven deletion")
	}
}

// TestOR09ProvenByStranger: an author who is not known is asked for, and then
// what is proven is believed, though its own server does not serve it.
func TestOR09ProvenByStranger(t *testing.T) {
	n, author, relay := newNode(t), newStranger(t), newStranger(t)
	relay.meet(n)
	me := n.account(n.person("ana").AccountID).URI
	note := author.note("by one we never met", me)
	if got := relay.send(n, author.prove(author.activity("Create", note), time.Now())); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if p := n.post(note.id()); !strings.Contains(p.Content, "never met") {
		t.Errorf("%q", p.Content)
	}
}

// TestOR09Embedded: a boost may carry what it boosts; that is believed with its
// author's proof, and taken from its own server without.
//
// Spec: OR9
func TestOR09Embedded(t *testing.T) {
	n, author, relay, me := forwarding(t)
	ana := n.person("bea")
	if err := n.follows.Follow(t.Context(), ana.AccountID, n.byURI(relay.actor("hana")).ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	var sent struct{ ID string }
	relay.last(&sent)
	if got := relay.send(n, relay.activity("Accept", sent.ID)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	announce := func(embedded []byte) {
		t.Helper()
		a := relay.activity("Announce", json.RawMessage(embedded))
		if got := relay.send(n, a); got != 202 {
			t.Fatal(got)
		}
		settle(n)
	}
	asked := author.hits.get("GET")
	proven := author.note("boosted with a proof", me)
	announce(author.prove(proven, time.Now()))
	if p := n.post(proven.id()); !strings.Contains(p.Content, "with a proof") {
		t.Errorf("%q", p.Content)
	}
	if got := author.hits.get("GET") - asked; got != 0 {
		t.Errorf("%d questions for what is proven", got)
	}
	forged := author.note("never said", me)
	announce(marshal(t, forged))
	if n.count(`select count(*) from post where uri = $1`, forged.id()) != 0 {
		t.Error("a note without proof that its server does not have")
	}
	altered := author.note("said so", me)
	author.put(author.path(altered.id()), altered)
	announce(bytes.Replace(author.prove(altered, time.Now()), []byte("said so"), []byte("said otherwise"), 1))
	if p := n.post(altered.id()); !strings.Contains(p.Content, "said so") {
		t.Errorf("altered: %q", p.Content)
	}
}

// TestOR13LinkedDataSignatures: a signature of the older kind inside a document
// is nothing; what it says is asked for at its origin.
//
// Spec: OR13
func TestOR13LinkedDataSignatures(t *testing.T) {
	n, author, relay, me := forwarding(t)
	note := author.note("as its server has it", me)
	author.put(author.path(note.id()), note)
	changed := author.note("rearranged", me)
	changed["id"] = note.id()
	create := author.activity("Create", changed)
	create["signature"] = doc{"type": "RsaSignature2017", "creator": author.key.ID, "created": time.Now().UTC().Format(time.RFC3339), "signatureValue": "eA=="}
	if got := relay.send(n, create); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if p := n.post(note.id()); !strings.Contains(p.Content, "as its server has it") {
		t.Errorf("%q", p.Content)
	}
}

// TestOR13ContextsAreNeverFetched: what a document names as its context is asked
// for by nobody, and changes the meaning of nothing.
//
// Spec: OR13
func TestOR13ContextsAreNeverFetched(t *testing.T) {
	n, other := newNode(t), newStranger(t)
	ana, s := n.person("ana"), newStranger(t)
	other.put("/context", doc{"@context": doc{"content": "https://www.w3.org/ns/activitystreams#summary", "to": nil}})
	context := []any{"https://www.w3.org/ns/activitystreams", other.base + "/context", doc{"@import": other.base + "/context"}}
	d := s.actorDoc("hana")
	d["@context"] = context
	s.put("/users/hana", d)
	s.followedBy(n, ana)
	note := s.note("tel quel", n.account(ana.AccountID).URI)
	note["@context"] = context
	create := s.activity("Create", note)
	create["@context"] = context
	s.mustSend(n, create)
	served := s.publish(s.note("demandé"))
	served["@context"] = context
	s.publish(served)
	s.mustSend(n, s.activity("Announce", served.id()))
	settle(n)
	for id, want := range map[string]string{note.id(): "<p>tel quel</p>", served.id(): "<p>demandé</p>"} {
		if p := n.post(id); p.Content != want || p.Warning != "" || p.Audience != post.Public {
			t.Errorf("%+v", p)
		}
	}
	if got := other.hits.get("GET"); got != 0 {
		t.Errorf("a context was asked for %d times", got)
	}
}

// TestOurDocumentsAreProven: what of ours everybody may read carries a proof
// that holds, wherever it is met; what is for some carries none.
//
// Spec: FEP-8b32
func TestOurDocumentsAreProven(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	a := n.account(ana.AccountID)
	s := newStranger(t)
	s.meet(n)
	if got := s.send(n, s.activity("Follow", a.URI)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	actor, err := as.ReadActor(document(t, a.URI))
	if err != nil || len(actor.Multikeys) != 1 || actor.Multikeys[0].Controller != a.URI {
		t.Fatalf("%+v %v", actor, err)
	}
	pub, err := sig.ParseMultikey(actor.Multikeys[0].Public)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, d *as.Doc) {
		t.Helper()
		p, err := sig.ParseProof(d.Bytes, sig.Options{Now: time.Now(), AllowHTTP: true})
		if err != nil {
			t.Errorf("%s: %v\n%s", what, err, d.Bytes)
		} else if err := p.Verify(pub); err != nil || p.KeyID != actor.Multikeys[0].ID {
			t.Errorf("%s by %s: %v\n%s", what, p.KeyID, err, d.Bytes)
		}
	}
	last := func() *as.Doc {
		t.Helper()
		settle(n)
		var raw json.RawMessage
		s.last(&raw)
		d, err := as.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	p := n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "Bonjour #été", Audience: post.Public, Lang: "fr", Warning: "Chaud"}))
	create := last()
	check("Create", create)
	check("its note", create.Object().Doc())
	check("the note", document(t, p.URI))
	check("the Create", document(t, p.URI+"/activity"))
	n.must(n.posts.Edit(t.Context(), ana, p.ID, post.Draft{Text: "Bonsoir"}))
	update := last()
	check("Update", update)
	check("the edited note", update.Object().Doc())
	// Made anew because a part of it changed, as when votes come in.
	if err := n.posts.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		fresh, err := post.Raw(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		return n.posts.Refresh(ctx, tx, fresh)
	}); err != nil {
		t.Fatal(err)
	}
	refreshed := last()
	check("Update without an edit", refreshed)
	check("the note in it", refreshed.Object().Doc())
	stored, err := db.Get[[]byte](t.Context(), n.posts.DB.Read(), `select body from post_document where post_id = $1`, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := as.Parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	check("the stored note", kept)
	b := n.must(n.posts.Boost(t.Context(), ana, p.ID))
	check("Announce", last())
	check("the Announce", document(t, b.URI))
	n.must(n.posts.Delete(t.Context(), ana, p.ID))
	check("Delete", last())
	note := s.note("liked", a.URI)
	if got := s.send(n, s.activity("Create", note)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if _, err := n.posts.Like(t.Context(), ana, n.post(note.id()).ID); err != nil {
		t.Fatal(err)
	}
	check("Like", last())

	n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "Entre nous", Audience: post.Followers}))
	if d := last(); !d.Is("Create") || sig.HasProof(d.Bytes) {
		t.Errorf("for followers: %s", d.Bytes)
	}
}
