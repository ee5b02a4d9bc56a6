package federation_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/post"
)

// document gets one that must be there.
func document(t testing.TB, uri string) *as.Doc {
	t.Helper()
	status, body := get(t, uri, nil)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", uri, status, body)
	}
	d, err := as.Parse([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", uri, err)
	}
	return d
}

// TestDocuments: what an instance shows of its people and their posts.
//
// Spec: AP 3.2, AP 4, AP 5.1; Spec: P3
func TestDocuments(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	a := n.account(ana.AccountID)
	actor, err := as.ReadActor(document(t, a.URI))
	if err != nil {
		t.Fatal(err)
	}
	if actor.ID != a.URI || actor.Username != "ana" || actor.WebFinger != "ana@"+n.host || actor.SharedInbox != n.base+"/inbox" || actor.Key().PEM == "" {
		t.Errorf("actor: %+v", actor)
	}
	first := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Un", Audience: post.Public}))
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Entre nous", Audience: post.Section}))
	answer := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Deux", ReplyTo: first.ID}))
	hidden := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Trois", ReplyTo: first.ID, Audience: post.Followers}))
	boost := n.must(n.posts.Boost(ctx, ana, answer.ID))

	for _, uri := range []string{a.Followers, a.Following} {
		d := document(t, uri)
		if _, told := d.TotalItems(); told || d.Has("orderedItems") || d.Has("first") {
			t.Errorf("%s says too much: %s", uri, d.Bytes)
		}
	}
	outbox := document(t, a.Outbox)
	if _, told := outbox.TotalItems(); told {
		t.Error("the outbox says how much is in it")
	}
	items := document(t, outbox.Refs("first").ID()).Items()
	var kinds []string
	for _, i := range items {
		kinds = append(kinds, i.Type())
	}
	if !slices.Equal(kinds, []string{"Announce", "Create", "Create"}) {
		t.Errorf("outbox: %v", kinds)
	}
	note := document(t, first.URI)
	if note.ID() != first.URI || note.AttributedTo() != a.URI || !as.HasPublic(note.To()) {
		t.Errorf("note: %s", note.Bytes)
	}
	create := document(t, first.URI+"/activity")
	if create.Type() != "Create" || create.Object().ID() != first.URI || as.CheckActivity(create, a.KeyID) != nil {
		t.Errorf("create: %s", create.Bytes)
	}
	if got := document(t, first.URI+"/replies").Refs("first").Doc().Items().IDs(); !slices.Equal(got, []string{answer.URI}) {
		t.Errorf("replies: %v, of which %s is hidden", got, hidden.URI)
	}
	if d := document(t, boost.URI); d.Type() != "Announce" || d.Object().ID() != answer.URI {
		t.Errorf("boost: %s", d.Bytes)
	}
	app := document(t, n.base+"/actor")
	if app.Type() != "Application" || string(document(t, n.base+"/").Bytes) != string(app.Bytes) || string(document(t, app.ID()).Bytes) != string(app.Bytes) {
		t.Errorf("the instance's own actor: %s", app.Bytes)
	}

	// A browser is sent to the page.
	req, _ := http.NewRequest("GET", first.URI, nil)
	req.Header.Set("Accept", "text/html,*/*;q=0.8")
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || n.base+res.Header.Get("Location") != first.URL {
		t.Errorf("a browser gets %d %s", res.StatusCode, res.Header.Get("Location"))
	}
	req.Header.Set("Accept", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
	if res, err = c.Do(req); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "application/activity+json; charset=utf-8" || !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Signature") {
		t.Errorf("content type %q, Vary %q", got, res.Header.Values("Vary"))
	}

	// What is deleted leaves a tombstone.
	n.must(n.posts.Delete(ctx, ana, first.ID))
	status, body := get(t, first.URI, nil)
	if d, err := as.Parse([]byte(body)); status != http.StatusGone || err != nil || d.Type() != "Tombstone" || d.ID() != first.URI {
		t.Errorf("deleted: %d %s", status, body)
	}
	// What its author withdrew is no longer told.
	if err := n.accounts.Withdraw(ctx, a.ID); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{a.URI, a.Outbox, a.Followers, answer.URI, boost.URI, answer.URI + "/replies"} {
		if status, _ := get(t, uri, nil); status != http.StatusNotFound {
			t.Errorf("after withdrawing, %s: %d", uri, status)
		}
	}
}

// TestPV02SignedGet: a post for followers is served to a follower who signs.
func TestPV02SignedGet(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	s, other := newStranger(t), newStranger(t)
	if got := s.send(n, s.activity("Follow", n.account(ana.AccountID).URI)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	if s.received() != 1 {
		t.Fatalf("%d answers to the Follow", s.received())
	}
	p := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Aux proches", Audience: post.Followers}))
	settle(n)
	if s.received() != 2 {
		t.Fatal("the follower was sent nothing")
	}
	if status, body := get(t, p.URI, s.key); status != 200 || !strings.Contains(body, "Aux proches") {
		t.Errorf("the follower gets %d", status)
	}
	if status, _ := get(t, p.URI, other.key); status != 404 {
		t.Errorf("somebody else gets %d", status)
	}
	if status, _ := get(t, p.URI, nil); status != 404 {
		t.Errorf("a stranger gets %d", status)
	}
	// What is wrong with who asks is answered alike where there is something and
	// where there is nothing.
	old := func(uri string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, uri, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/activity+json")
		if err := sig.SignGet(req, s.key, time.Now().Add(-30*24*time.Hour), false); err != nil {
			t.Fatal(err)
		}
		return do(t, req)
	}
	wrong := func(uri string) (int, string) { return get(t, uri, &sig.Key{ID: s.key.ID, RSA: keys()[2]}) }
	stranger := func(uri string) (int, string) { return get(t, uri, other.key) }
	for what, ask := range map[string]func(string) (int, string){"a wrong key": wrong, "a date long ago": old, "another server": stranger} {
		status, body := ask(p.URI)
		none, empty := ask(n.base + "/objects/" + strings.Repeat("a", len(p.URI)-len(n.base+"/objects/")))
		if status == 200 || status != none || body != empty {
			t.Errorf("%s gets %d of a post and %d of nothing:\n%s\n%s", what, status, none, body, empty)
		}
	}
	n.must(n.posts.Delete(ctx, ana, p.ID))
	if status, _ := get(t, p.URI, s.key); status != 404 {
		t.Errorf("the follower gets %d of a deleted post", status)
	}
}

// TestDiscovery: WebFinger answers for who may be reached, and alike for a
// private account and for none.
//
// Spec: RFC 7033, FEP-f1d5, FEP-2677, FEP-d556; Spec: P4
func TestDiscovery(t *testing.T) {
	n := newNode(t)
	ana := n.account(n.person("ana").AccountID)
	n.make(account.NewLocal{Username: "hidden"})
	ask := func(resource string) (int, string) {
		return get(t, n.base+"/.well-known/webfinger?resource="+strings.NewReplacer("@", "%40", ":", "%3A", "/", "%2F").Replace(resource), nil)
	}
	for _, resource := range []string{"acct:ana@" + n.host, "ana@" + n.host, "acct:ANA@" + n.host, ana.URI, n.base + "/@ana"} {
		status, body := ask(resource)
		j, err := discovery.ParseJRD([]byte(body))
		if status != 200 || err != nil || j.ActorID() != ana.URI || j.Subject != "acct:ana@"+n.host {
			t.Errorf("%s: %d %s", resource, status, body)
		}
	}
	app := document(t, n.base+"/actor").ID()
	for _, resource := range []string{"acct:" + n.host + "@" + n.host, n.base + "/actor", n.base} {
		if _, body := ask(resource); !strings.Contains(body, app) {
			t.Errorf("%s: %s", resource, body)
		}
	}
	_, absent := ask("acct:nobody@" + n.host)
	for _, resource := range []string{"acct:hidden@" + n.host, "acct:ana@elsewhere.example", "acct:@", "acct:ana", "https://elsewhere.example/@ana", "%00"} {
		if status, body := ask(resource); status != 404 || body != absent {
			t.Errorf("%s: %d %s", resource, status, body)
		}
	}
	if status, _ := get(t, n.base+"/.well-known/webfinger", nil); status != 400 {
		t.Errorf("no resource: %d", status)
	}
	_, links := get(t, n.base+"/.well-known/nodeinfo", nil)
	info, own, err := discovery.ParseNodeInfoLinks([]byte(links))
	if err != nil || own != app || info != n.base+"/nodeinfo/2.1" {
		t.Errorf("nodeinfo links: %s", links)
	}
	for _, v := range []string{"2.0", "2.1"} {
		_, body := get(t, n.base+"/nodeinfo/"+v, nil)
		ni, err := discovery.ParseNodeInfo([]byte(body))
		if err != nil || ni.Version != v || ni.Software.Name != "maillage" {
			t.Errorf("nodeinfo %s: %s", v, body)
		}
		var usage struct {
			Usage struct{ Users map[string]int }
		}
		if err := json.Unmarshal([]byte(body), &usage); err != nil || len(usage.Usage.Users) != 0 {
			t.Errorf("nodeinfo counts people: %s", body)
		}
	}
	for _, path := range []string{"/.well-known/host-meta", "/.well-known/host-meta.json"} {
		_, body := get(t, n.base+path, nil)
		if tmpl, err := discovery.ParseHostMeta([]byte(body)); err != nil || tmpl != discovery.WebFingerTemplate(n.base) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

// TestDeliveries: how answers of an inbox are taken.
func TestDeliveries(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	if got := s.send(n, s.activity("Follow", n.account(ana.AccountID).URI)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	say := func(text string) {
		t.Helper()
		n.must(n.posts.Create(ctx, ana, post.Draft{Text: text, Audience: post.Public}))
		settle(n)
	}
	inbox := "/users/hana/inbox"
	s.answer(inbox, http.StatusForbidden)
	say("refused")
	if n.count(`select count(*) from delivery`) != 0 || s.received() != 2 {
		t.Errorf("after 403: %d left, %d sent", n.count(`select count(*) from delivery`), s.received())
	}
	s.answer(inbox, http.StatusUnauthorized)
	say("both schemes")
	if s.received() != 4 { // by the one scheme and the other
		t.Errorf("after 401: %d sent", s.received())
	}
	s.answer(inbox, http.StatusServiceUnavailable)
	say("later")
	if n.count(`select count(*) from delivery`) != 1 {
		t.Error("what could not be sent now was dropped")
	}
	s.answer(inbox, 0)

	// Deleted before it could be sent: never sent.
	gone := newStranger(t)
	if got := gone.send(n, gone.activity("Follow", n.account(ana.AccountID).URI)); got != 202 {
		t.Fatal(got)
	}
	settle(n)
	gone.answer(inbox, http.StatusGone)
	gone.answer("/users/hana", http.StatusGone)
	say("to somebody gone")
	if a := n.byURI(gone.actor("hana")); a.DeletedAt == 0 {
		t.Error("an actor whose inbox and document are gone is not")
	}
	if got := n.account(ana.AccountID).FollowersCount; got != 1 {
		t.Errorf("%d followers", got)
	}
}

// TestOR11ForeignHandles: whose address it is decides its host.
//
// Spec: OR11
func TestOR11ForeignHandles(t *testing.T) {
	n := newNode(t)
	n.person("hana")
	s := newStranger(t)
	host := strings.TrimPrefix(s.base, "http://")
	// It says that its address is one of ours, and another's.
	d := s.actorDoc("hana")
	d["webfinger"] = "hana@" + n.host
	s.put("/users/hana", d)
	s.meet(n)
	if got := n.byURI(s.actor("hana")).Handle; got != "hana@"+host {
		t.Errorf("known as %q", got)
	}
	if _, err := n.engine.ResolveHandle(t.Context(), "nobody", host); err == nil {
		t.Error("found nobody")
	}
	asked := s.hits.get("GET")
	for range 10 {
		n.engine.ResolveHandle(t.Context(), "nobody", host)
	}
	if s.hits.get("GET") != asked {
		t.Error("the same dead address was asked for again")
	}
	n.now.move(2 * time.Hour)
	n.engine.ResolveHandle(t.Context(), "nobody", host)
	if s.hits.get("GET") == asked {
		t.Error("never asked for again")
	}
}
