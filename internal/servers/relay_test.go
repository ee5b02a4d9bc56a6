package servers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/servers"
	"github.com/maillage/maillage/internal/testkit"
)

// TestRelays: a relay of either style is joined, gets what is public and listed
// and nothing else, and is believed only that something exists; then it is left.
//
// Spec: FEP-ae0c
func TestRelays(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	app, err := n.Engine.Application(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	relay := p.ActorOf("Application", "relay", nil)
	author := p.Actor("zoe")

	// By its inbox: it is the public collection that is followed.
	r, err := n.Servers.JoinRelay(ctx, 0, p.URL+"/inbox")
	if err != nil || r.Style != servers.StyleMastodon || r.State != servers.RelayAsked {
		t.Fatalf("%+v %v", r, err)
	}
	idle(t, n)
	got := p.Received(peer.Posted("Follow"))
	if len(got) != 1 || got[0].Doc.Object().ID() != as.Public || got[0].Doc.Actor() != app.URI || got[0].Fault != nil {
		t.Fatalf("%d follows: %+v", len(got), got)
	}
	write(n, "ana", post.Draft{Text: "Avant la réponse", Audience: post.Public})
	if _, err := relay.Answer(ctx, "Accept", got[0].Doc); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if list, err := n.Servers.Relays(ctx); err != nil || len(list) != 1 || list[0].State != servers.RelayJoined || list[0].Actor != relay.ID {
		t.Fatalf("%+v %v", list, err)
	}
	if _, err := n.Servers.JoinRelay(ctx, 0, p.URL+"/inbox"); !apperr.Is(err, apperr.KindInvalid) {
		t.Errorf("joined twice: %v", err)
	}
	public := write(n, "ana", post.Draft{Text: "Pour le relais", Audience: post.Public})
	write(n, "ana", post.Draft{Text: "Discret", Audience: post.Public, Unlisted: true})
	write(n, "ana", post.Draft{Text: "Entre abonnés", Audience: post.Followers})
	write(n, "ana", post.Draft{Text: "Entre nous", Audience: post.Section})
	idle(t, n)
	for text, want := range map[string]bool{"Pour le relais": true, "Avant la réponse": false, "Discret": false, "Entre abonnés": false, "Entre nous": false} {
		if p.Mentions(text) != want {
			t.Errorf("the relay was sent %q: %v", text, !want)
		}
	}
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), public.ID); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if len(p.Received(peer.Posted("Delete"))) != 1 {
		t.Error("the relay did not hear of the deletion")
	}

	// What it announces is fetched from its own server; an actor that is no relay of ours announces in vain.
	note, _ := author.Note("<p>Par le relais</p>", func(x *as.Note) { x.To = []string{as.Public} })
	body, err := note.Build()
	if err != nil {
		t.Fatal(err)
	}
	p.Serve(note.ID, body)
	announce := func(by *peer.Actor) {
		t.Helper()
		if _, err := by.Send(ctx, n.URL+"/inbox", as.Activity{Type: "Announce", ID: p.NewID("announces"), Actor: by.ID, Object: note.ID, To: []string{as.Public}}); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
	}
	listed := func() bool {
		views, err := n.Timeline.Everyone(ctx, n.Viewer("ana"), page.Range{}, false, false)
		return sees(t, views, err, "Par le relais")
	}
	announce(author)
	if listed() {
		t.Error("a stranger's announcement was taken in")
	}
	announce(relay)
	if !listed() {
		t.Error("what the relay announced is not here")
	}

	// Left: it is told, and gets nothing more.
	list, _ := n.Servers.Relays(ctx)
	if err := n.Servers.LeaveRelay(ctx, 0, list[0].ID); err != nil {
		t.Fatal(err)
	}
	write(n, "ana", post.Draft{Text: "Après le départ", Audience: post.Public})
	idle(t, n)
	if len(p.Received(peer.Posted("Undo", "Follow"))) != 1 || p.Mentions("Après le départ") {
		t.Error("the relay was not left")
	}

	// By its actor: that is followed, and gets announcements of the instance.
	if r, err = n.Servers.JoinRelay(ctx, 0, relay.ID); err != nil || r.Style != servers.StyleLitePub {
		t.Fatalf("%+v %v", r, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { // its answer comes after ours
		idle(t, n)
		list, err := n.Servers.Relays(ctx)
		if err == nil && len(list) == 1 && list[0].State == servers.RelayJoined {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v %v", list, err)
		}
	}
	public = write(n, "ana", post.Draft{Text: "Encore un", Audience: post.Public})
	idle(t, n)
	said := p.Received(peer.Posted("Announce"))
	if len(said) != 1 || said[0].Doc.Object().ID() != public.URI || said[0].Doc.Actor() != app.URI {
		t.Errorf("%d announcements", len(said))
	}
	trail, err := n.Hosts.Trail(ctx, p.Host, 0, 10)
	if err != nil || len(trail) != 3 {
		t.Errorf("%d rows in the journal, %v", len(trail), err)
	}
	for _, bad := range []string{"", "relay.example", "ftp://relay.example/inbox", n.URL + "/inbox", "https://user@relay.example/x y"} {
		if _, err := n.Servers.JoinRelay(ctx, 0, bad); !apperr.Is(err, apperr.KindInvalid) && !strings.Contains(bad, "@") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
