package federation_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// nodeBBRefuses is how NodeBB (4.15) says that it failed to do something: without
// the id of what it is about, under the id of all its refusals of one thing.
func nodeBBRefuses(app *peer.Actor, kind, actor, object string) []byte {
	return fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#/activity/reject/x","type":"Reject","actor":%[1]q,
		"object":{"type":%[2]q,"target":%[3]q,"object":{"id":%[4]q,"type":"Note"}}}`, app.ID, kind, actor, object)
}

// TestRefusedInsteadOfAnswered: NodeBB refuses by an activity and leaves the
// request itself without an answer. What waits behind it goes at once.
func TestRefusedInsteadOfAnswered(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	uri := n.account(ana.AccountID).URI
	end := make(chan struct{})
	var app *peer.Actor
	p := peer.New(peer.Options{Software: "nodebb", AutoAccept: true, Respond: func(r peer.Request) int {
		if !peer.Posted("Create")(r) || !strings.Contains(string(r.Body), "<p>Un</p>") {
			return 0
		}
		if _, err := app.Send(ctx, n.base+"/inbox", nodeBBRefuses(app, "Create", uri, r.Doc.Object().ID())); err != nil {
			t.Error(err)
		}
		<-end
		return http.StatusAccepted
	}})
	t.Cleanup(p.Close)
	t.Cleanup(func() { close(end) })
	app = p.Actor("actor")
	if _, _, err := p.Actor("nora").Follow(ctx, uri); err != nil {
		t.Fatal(err)
	}
	settle(n)
	began := time.Now()
	for _, text := range []string{"Un", "Deux", "Trois"} {
		n.must(n.posts.Create(ctx, ana, post.Draft{Text: text, Audience: post.Public}))
	}
	settle(n)
	if got := len(p.Received(peer.Posted("Create"))); got != 3 || !p.Mentions("<p>Trois</p>") {
		t.Errorf("%d posts were sent", got)
	}
	if left, failing := n.count(`select count(*) from delivery`), n.count(`select count(*) from dest where fails > 0`); left != 0 || failing != 0 {
		t.Errorf("%d wait, %d hosts fail, after %s", left, failing, time.Since(began))
	}
}

// TestRefusedTooLate: a refusal that comes when nobody waits any more is heard at
// the next try, from the server it was sent to alone.
func TestRefusedTooLate(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	uri := n.account(ana.AccountID).URI
	p, other := peer.New(peer.Options{Software: "nodebb"}), peer.New(peer.Options{})
	t.Cleanup(p.Close)
	t.Cleanup(other.Close)
	try := func(object string, tries int) outbox.Result {
		body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/activity","type":"Create","actor":%q,"object":{"id":%[1]q,"type":"Note"}}`, object, uri)
		return n.engine.Deliver(ctx, outbox.Item{Host: p.Host, Inbox: p.URL + "/inbox", ActorID: ana.AccountID, Body: []byte(body), Tries: tries})
	}
	if res := try(n.base+"/objects/1", 0); !res.OK { // so that it is known how this server is spoken to
		t.Fatal(res.Err)
	}
	for _, from := range []*peer.Peer{other, p} {
		app := from.Actor("actor")
		if _, err := app.Send(ctx, n.base+"/inbox", nodeBBRefuses(app, "Create", uri, n.base+"/objects/2")); err != nil {
			t.Fatal(err)
		}
		settle(n)
		before := len(p.Received(peer.Posted("Create")))
		res := try(n.base+"/objects/2", 1)
		sent := len(p.Received(peer.Posted("Create"))) > before
		if mine := from == p; res.Permanent != mine || sent == mine {
			t.Errorf("refused by %s: %+v, sent %v", from.Host, res, sent)
		}
	}
	for _, object := range []string{n.base + "/objects/2", n.base + "/objects/3"} { // heard once, of nothing else
		if res := try(object, 1); !res.OK {
			t.Errorf("%s: %+v", object, res)
		}
	}
}
