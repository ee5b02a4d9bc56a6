package federation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/post"
)

func (n *node) sql(sql string, args ...any) {
	n.t.Helper()
	err := n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// TestFollowersAreKeptAlike: two servers that have come to differ about who
// follows whom agree again with the next post for followers, in both directions.
//
// Spec: FEP-8fcf
func TestFollowersAreKeptAlike(t *testing.T) {
	a, b := newNode(t), newNode(t)
	ana := a.person("ana")
	bob, bea, carla := b.person("bob"), b.person("bea"), b.person("carla")
	var there int64
	for _, v := range []string{"bob", "bea", "carla"} {
		who := map[string]int64{"bob": bob.AccountID, "bea": bea.AccountID, "carla": carla.AccountID}[v]
		viewer := *bob
		viewer.AccountID = who
		there = b.follow(&viewer, a, ana)
	}
	// A crash lost bob on a, and carla on b.
	a.sql(`delete from follow where account_id = $1`, a.byURI(b.account(bob.AccountID).URI).ID)
	b.sql(`delete from follow where account_id = $1`, carla.AccountID)
	follows := func(id int64) bool {
		rel, err := follow.Relations(t.Context(), b.db.Read(), id, []int64{there})
		if err != nil {
			t.Fatal(err)
		}
		return rel[there].Following
	}
	counted := func() int {
		return a.count(`select count(*) from follow where target_id = $1 and accepted`, ana.AccountID)
	}
	if !follows(bob.AccountID) || counted() != 2 {
		t.Fatal("nothing differs")
	}
	// What is for everybody says nothing of followers.
	a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "À tout le monde", Audience: post.Public}))
	settle(a, b)
	if !follows(bob.AccountID) {
		t.Error("a public post compares followers")
	}
	a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Entre nous", Audience: post.Followers}))
	settle(a, b)
	if follows(bob.AccountID) {
		t.Error("bob, who is counted by nobody, still follows")
	}
	if !follows(bea.AccountID) {
		t.Error("bea follows no more")
	}
	if counted() != 1 {
		t.Errorf("%d followers are counted: carla's server did not say that she is none", counted())
	}
	gets := a.hits.get("GET")
	a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Encore", Audience: post.Followers}))
	settle(a, b)
	if got := a.hits.get("GET"); got != gets {
		t.Errorf("%d questions though nothing differs", got-gets)
	}
}

// TestFollowersOfOneServer: the list names the people of who asks, and asks for
// a signature; the header is believed only where it is signed and about its own.
//
// Spec: FEP-8fcf; Spec: P3
func TestFollowersOfOneServer(t *testing.T) {
	n, s, other := newNode(t), newStranger(t), newStranger(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID).URI
	for _, x := range []*stranger{s, other} {
		x.meet(n)
		if got := x.send(n, x.activity("Follow", me)); got != 202 {
			t.Fatal(got)
		}
	}
	settle(n)
	list := me + "/followers_synchronization"
	if status, _ := get(t, list, nil); status != http.StatusNotFound {
		t.Errorf("to a stranger: %d", status)
	}
	status, body := get(t, list, s.key)
	if status != http.StatusOK || !strings.Contains(body, s.actor("hana")) || strings.Contains(body, other.base) || strings.Contains(body, "totalItems\":2") {
		t.Errorf("%d %s", status, body)
	}

	// Of a header that is wrong nothing comes.
	if err := n.follows.Follow(t.Context(), ana.AccountID, n.byURI(s.actor("hana")).ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	var sent struct{ ID string }
	s.last(&sent)
	if got := s.send(n, s.activity("Accept", sent.ID)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	s.put("/users/hana/sync", doc{"id": s.actor("hana") + "/sync", "type": "OrderedCollection", "orderedItems": []string{}})
	other.put("/users/hana/sync", doc{"id": other.actor("hana") + "/sync", "type": "OrderedCollection", "orderedItems": []string{}})
	zero := strings.Repeat("0", 64)
	header := func(collection, list string) string {
		return `collectionId="` + collection + `", url="` + list + `", digest="` + zero + `"`
	}
	send := func(value string, signed bool) {
		t.Helper()
		r := s.request(n, s.activity("Create", s.note("x")))
		r.Header.Set(sig.Synchronization, value)
		if signed {
			resign(t, r, s.key, time.Now())
		}
		if got, _ := do(t, r); got != 202 {
			t.Fatal(got)
		}
		settle(n)
	}
	own, ownList := s.actor("hana")+"/followers", s.actor("hana")+"/sync"
	following := func() int { return n.count(`select count(*) from follow where account_id = $1`, ana.AccountID) }
	for what, value := range map[string]string{
		"the followers of another": header(other.actor("hana")+"/followers", ownList),
		"a list elsewhere":         header(own, other.actor("hana")+"/sync"),
		"no digest":                `collectionId="` + own + `", url="` + ownList + `"`,
		"malformed":                `collectionId="` + own,
	} {
		if send(value, true); following() != 1 {
			t.Fatalf("%s: believed", what)
		}
	}
	if send(header(own, ownList), false); following() != 1 {
		t.Fatal("a header that is not signed: believed")
	}
	if send(header(own, ownList), true); following() != 0 {
		t.Error("a good header: ana still follows")
	}
}

// TestSignedOnly: where every question must be signed, only the instance's own
// actor answers strangers, and two such servers still talk.
func TestSignedOnly(t *testing.T) {
	a, b := newNode(t), newNode(t)
	yes := func(context.Context) bool { return true }
	a.engine.SignedOnly, b.engine.SignedOnly = yes, yes
	ana, bob := a.person("ana"), b.person("bob")
	b.follow(bob, a, ana)
	p := a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Public", Audience: post.Public}))
	settle(a, b)
	if len(b.home(bob)) != 1 {
		t.Error("the post did not arrive")
	}
	app, err := a.engine.Application(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]int{p.URI: 401, a.account(ana.AccountID).URI: 401, a.account(ana.AccountID).URI + "/outbox": 401, app.URI: 200, a.base + "/actor": 200} {
		if got, _ := get(t, uri, nil); got != want {
			t.Errorf("%s unsigned: %d", uri, got)
		}
	}
	s := newStranger(t)
	if got, _ := get(t, p.URI, s.key); got != 200 {
		t.Errorf("signed: %d", got)
	}
	wrong := &sig.Key{ID: s.key.ID, RSA: keys()[2]}
	if got, _ := get(t, p.URI, wrong); got != 401 {
		t.Errorf("signed badly: %d", got)
	}
}

// TestDeclaredSignatures: a server whose actors say what it implements gets it at the first try.
//
// Spec: FEP-844e
func TestDeclaredSignatures(t *testing.T) {
	for href, want := range map[string]string{
		"https://datatracker.ietf.org/doc/html/rfc9421":                                     "rfc9421",
		"https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25519": "rfc9421-ed25519",
	} {
		n, s := newNode(t), newStranger(t)
		d := s.actorDoc("hana")
		d["generator"] = doc{"type": "Application", "implements": []doc{{"href": href, "name": "x"}, {"href": "https://example.org/other"}}}
		s.put("/users/hana", d)
		s.meet(n)
		if got := n.scheme(s); got != want {
			t.Errorf("%s: %s", href, got)
		}
		// That it signs in the older way itself takes nothing back.
		if got := s.send(n, s.activity("Like", n.base+"/objects/x")); got != 202 || n.scheme(s) != want {
			t.Errorf("then %d %s", got, n.scheme(s))
		}
	}
	a, b := newNode(t), newNode(t)
	a.follow(a.person("ana"), b, b.person("bob"))
	if got := a.count(`select count(*) from peer where scheme = 'rfc9421-ed25519'`); got != 1 {
		t.Error("one of ours does not learn what another of ours takes")
	}
}
