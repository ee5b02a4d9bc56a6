package federation_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/follow"
)

// unchanged runs f and demands that it leaves every table as it was.
func unchanged(t *testing.T, n *node, what string, f func()) {
	t.Helper()
	before := n.rows()
	f()
	settle(n)
	if after := n.rows(); !maps.Equal(before, after) {
		for k, v := range after {
			if v != before[k] {
				t.Errorf("%s: %s had %d rows, now %d", what, k, before[k], v)
			}
		}
	}
}

// TestSG11BadSignaturesAskOnce: another key than the known one does not pass, and
// does not make us ask again and again.
//
// Spec: SG1, SG11
func TestSG11BadSignaturesAskOnce(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	known, unknown := newStranger(t), newStranger(t)
	known.meet(n)
	// With a known key, another key does not pass.
	wrong := func(s *stranger) int {
		r := s.request(n, s.activity("Create", s.note("forged", n.account(ana.AccountID).URI)))
		resign(t, r, &sig.Key{ID: s.key.ID, RSA: keys()[2]}, time.Now())
		status, _ := do(t, r)
		return status
	}
	unchanged(t, n, "wrong key", func() {
		if got := wrong(known); got != http.StatusUnauthorized {
			t.Errorf("wrong key: %d", got)
		}
	})
	asked := known.hits.get("GET")
	for range 100 {
		wrong(known)
	}
	settle(n)
	if now := known.hits.get("GET"); now > asked+1 {
		t.Errorf("bad signatures caused %d more fetches", now-asked)
	}
	// With a key to be fetched first, it is found out by the worker.
	unchanged(t, n, "wrong key of a stranger", func() {
		if got := wrong(unknown); got != http.StatusAccepted {
			t.Errorf("wrong key of a stranger: %d", got)
		}
	})
}

// TestTX01MalformedRequests: what cannot be an activity is refused, and so that its
// sender does not come back with it.
//
// Spec: TX1, OR12
func TestTX01MalformedRequests(t *testing.T) {
	n := newNode(t)
	s := newStranger(t)
	s.meet(n)
	deep := strings.Repeat(`{"a":`, 50000) + "1" + strings.Repeat("}", 50000)
	cases := map[string]string{
		"empty": ``, "no JSON": `hello`, "array": `[]`, "string": `"x"`, "null": `null`, "number": `1`,
		"BOM": "\ufeff{}", "invalid UTF-8": "{\"a\":\"\xff\"}", "deep": deep, "trailing": `{"type":"Like"} {}`,
		"twice the same key": `{"type":"Like","type":"Create"}`, "no type": `{"id":"` + s.base + `/1"}`,
		"graph":                `{"type":"Create","@graph":[]}`,
		"no id":                `{"type":"Like","actor":"` + s.actor("hana") + `","object":"` + n.base + `/objects/x"}`,
		"id a number":          `{"id":1,"type":"Like","actor":"` + s.actor("hana") + `","object":"x"}`,
		"no actor":             `{"id":"` + s.base + `/1","type":"Like","object":"x"}`,
		"two actors":           `{"id":"` + s.base + `/1","type":"Like","object":"x","actor":["` + s.actor("hana") + `","` + s.actor("mia") + `"]}`,
		"no object":            `{"id":"` + s.base + `/1","type":"Like","actor":"` + s.actor("hana") + `"}`,
		"object a number":      `{"id":"` + s.base + `/1","type":"Like","object":7,"actor":"` + s.actor("hana") + `"}`,
		"keys of another case": `{"ID":"` + s.base + `/1","Type":"Like","Actor":"` + s.actor("hana") + `","Object":"x"}`,
	}
	for name, body := range cases {
		unchanged(t, n, name, func() {
			if got := s.send(n, []byte(body)); got != http.StatusBadRequest {
				t.Errorf("%s: %d", name, got)
			}
		})
	}
	unchanged(t, n, "too large", func() {
		big := `{"id":"` + s.base + `/1","type":"Like","content":"` + strings.Repeat("x", 1<<20) + `"}`
		if got := s.send(n, []byte(big)); got != http.StatusRequestEntityTooLarge {
			t.Errorf("too large: %d", got)
		}
		r := s.request(n, []byte(big))
		r.ContentLength = -1 // chunked: the size is not told
		if got, _ := do(t, r); got != http.StatusRequestEntityTooLarge {
			t.Errorf("too large, in chunks: %d", got)
		}
	})
	unchanged(t, n, "other types", func() {
		for _, typ := range []string{"", "text/html", "application/json", "application/x-www-form-urlencoded", `application/ld+json; profile="https://example.org"`} {
			r := s.request(n, s.activity("Like", n.base+"/objects/x"))
			r.Header.Set("Content-Type", typ)
			if got, _ := do(t, r); got != http.StatusBadRequest {
				t.Errorf("content type %q: %d", typ, got)
			}
		}
	})
	for path, want := range map[string]int{"/users/nobody/inbox": 404, "/users/" + strings.Repeat("x", 3000) + "/inbox": 404} {
		r := s.request(n, s.activity("Like", n.base+"/objects/x"))
		r.URL.Path = path
		if got, _ := do(t, r); got != want {
			t.Errorf("POST %.40s: %d", path, got)
		}
	}
}

// TestSG08ForeignClaims: nobody speaks for another.
//
// Spec: OR1, OR3, OR4, OR5, OR9, SG7, SG8, SG9
func TestSG08ForeignClaims(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID).URI
	s, victim := newStranger(t), newStranger(t)
	s.meet(n)
	victim.meet(n)
	refused := func(what string, d doc, want int) {
		t.Helper()
		unchanged(t, n, what, func() {
			if got := s.send(n, d); got != want {
				t.Errorf("%s: %d", what, got)
			}
			settle(n)
			// What is refused after it was accepted leaves its id and nothing else.
			if err := n.forgetItem(d.id()); err != nil {
				t.Fatal(err)
			}
		})
	}
	foreign := s.activity("Create", s.note("x", me))
	foreign["actor"] = victim.actor("hana")
	refused("actor of another server", foreign, 401)
	squat := s.activity("Create", s.note("x", me))
	squat["id"] = victim.base + "/activities/1"
	refused("id of another server", squat, 401)
	neighbour := s.activity("Create", s.note("x", me))
	neighbour["actor"] = s.actor("mia")
	refused("another actor of the same server", neighbour, 401)

	forged := victim.note("forged", me)
	refused("a note of another server's actor", s.activity("Create", forged), 202)
	attributed := s.note("x", me)
	attributed["attributedTo"] = victim.actor("hana")
	refused("a note attributed to another server", s.activity("Create", attributed), 202)
	mia := s.note("x", me)
	mia["attributedTo"] = s.actor("mia")
	refused("a note attributed to a neighbour", s.activity("Create", mia), 202)

	// Only its own author edits or deletes a note.
	real := victim.note("real", me)
	if got := victim.send(n, victim.activity("Create", real)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	edited := maps.Clone(real)
	edited["content"] = "defaced"
	refused("an edit by another", s.activity("Update", edited), 202)
	refused("a deletion by another", s.activity("Delete", real.id()), 202)
	refused("a deletion of an account by another", s.activity("Delete", victim.actor("hana")), 202)
	if p := n.post(real.id()); p.DeletedAt != 0 || !strings.Contains(p.Content, "real") {
		t.Errorf("the note of another was changed: %+v", p)
	}

	// An Accept of what was never asked, and of what was asked of another.
	refused("an Accept never asked", s.activity("Accept", doc{"type": "Follow", "id": n.base + "/activities/none", "actor": me, "object": s.actor("hana")}), 202)
	if err := n.follows.Follow(t.Context(), ana.AccountID, n.byURI(victim.actor("hana")).ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	var sent struct{ ID string }
	victim.last(&sent)
	refused("an Accept by another", s.activity("Accept", sent.ID), 202)
	refused("an Accept by another, embedded", s.activity("Accept", doc{"type": "Follow", "id": sent.ID, "actor": me, "object": victim.actor("hana")}), 202)
	id := n.byURI(victim.actor("hana")).ID
	rel, err := follow.Relations(t.Context(), n.db.Read(), ana.AccountID, []int64{id})
	if err != nil || rel[id].Following || !rel[id].Requested {
		t.Errorf("a forged Accept was believed: %+v %v", rel[id], err)
	}
}

// TestSG09EmbeddedActorIsNotBelieved: a key that comes with the message proves nothing.
//
// Spec: SG9
func TestSG09EmbeddedActorIsNotBelieved(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	attacker, err := sig.EncodePublicPEM(&keys()[2].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	a := s.activity("Create", s.note("x", n.account(ana.AccountID).URI))
	embedded := s.actorDoc("hana")
	embedded["publicKey"] = doc{"id": s.key.ID, "owner": s.actor("hana"), "publicKeyPem": attacker}
	a["actor"] = embedded
	honest := s.key
	s.key = &sig.Key{ID: honest.ID, RSA: keys()[2]}
	unchanged(t, n, "embedded actor of a stranger", func() {
		if got := s.send(n, a); got != 202 {
			t.Errorf("%d", got)
		}
	})
	s.key = honest
	s.meet(n)
	s.key = &sig.Key{ID: honest.ID, RSA: keys()[2]}
	a["id"] = s.base + "/activities/2"
	unchanged(t, n, "embedded actor of somebody known", func() {
		if got := s.send(n, a); got != 401 {
			t.Errorf("%d", got)
		}
	})
}

// TestSG07KeyOfAnother: a key document that names a victim as its owner is not the victim's.
//
// Spec: SG7
func TestSG07KeyOfAnother(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	pem, err := sig.EncodePublicPEM(&keys()[2].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	s.put("/keys/1", doc{"id": s.base + "/keys/1", "type": "Key", "owner": s.actor("hana"), "publicKeyPem": pem})
	s.key = &sig.Key{ID: s.base + "/keys/1", RSA: keys()[2]}
	unchanged(t, n, "a key that its owner does not list", func() {
		if got := s.send(n, s.activity("Create", s.note("x", n.account(ana.AccountID).URI))); got != 202 {
			t.Errorf("%d", got)
		}
	})
}
