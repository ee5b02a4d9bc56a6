package event_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestEachServerReadsMeetings: one meeting of an open group, written, moved and
// cancelled, reaches the followers of the group and of its author on each kind of
// server in the form that this server reads; nothing names who comes.
func TestEachServerReadsMeetings(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	peers := map[string]*peer.Peer{}
	for _, software := range []string{"mobilizon", "gancio", "friendica", "wordpress", "piefed", "lemmy", "mastodon", "smithereen"} {
		peers[software] = peer.New(peer.Options{Software: software})
		defer peers[software].Close()
	}
	g, who := groupHere(t, n, group.Rules{Name: "Climat", Access: group.Open, Joining: group.Free, Posting: group.Everyone}, peers)
	reader := peer.New(peer.Options{Software: "mastodon"}) // follows the person
	defer reader.Close()
	if _, answer, err := reader.Actor("rita").Follow(ctx, ana.URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	wordpress := peer.New(peer.Options{Software: "wordpress"}) // has the person as a source of events
	defer wordpress.Close()
	if _, answer, err := wordpress.Actor("site").Follow(ctx, ana.URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	friend := peer.New(peer.Options{Software: "smithereen"}) // follows the person
	defer friend.Close()
	fan := friend.Actor("fan")
	if _, answer, err := fan.Follow(ctx, ana.URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	run(t, n, `insert into host_software (host, name, checked_at) select host, $2, 1 from account where uri = $1 on conflict (host) do update set name = excluded.name`, fan.ID, "smithereen")
	write := func(day string) event.Draft {
		return draft(func(d *event.Draft) {
			d.Audience, d.GroupID, d.Capacity, d.RemoteUrl, d.Day = post.Group, g.AccountID, "40", "https://visio.example/secret", day
		})
	}
	p, err := service(n).Create(ctx, n.Viewer("ana"), write(soon(20)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, write(soon(22))); err != nil {
		t.Fatal(err)
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, "Salle fermée"); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	// each gives what a server got that it can read, in order, to its reader.
	each := func(name string, p *peer.Peer, want int, read func([]byte) error) {
		t.Helper()
		got := 0
		for _, r := range p.Received(func(r peer.Request) bool { return strings.Contains(string(r.Body), `"Event"`) }) {
			if err := read(r.Body); err != nil {
				t.Errorf("%s: %v\n%s", name, err, r.Body)
			}
			got++
		}
		if got != want {
			t.Errorf("%s got %d of it, not %d", name, got, want)
		}
		for _, secret := range []string{"visio.example", `"bob"`, "@bob", n.Person("bob", true).URI} {
			if p.Mentions(secret) {
				t.Errorf("%s hears of %s", name, secret)
			}
		}
	}
	each("mobilizon", peers["mobilizon"], 3, func(b []byte) error { return peer.MobilizonReadsEvent(b, g.Account.URI) })
	each("gancio", peers["gancio"], 3, peer.GancioReadsEvent)
	each("friendica", peers["friendica"], 3, peer.FriendicaReadsEvent)
	each("piefed", peers["piefed"], 3, inside(peer.PieFedReadsEvent))
	each("lemmy", peers["lemmy"], 3, inside(peer.LemmyShows))
	events := 0
	for _, r := range peers["wordpress"].Received(peer.Posted("Create")) {
		if err := peer.EventBridgeReadsEvent(r.Body, g.Account.URI); err != nil {
			t.Errorf("wordpress, of the group: %v", err)
		}
		events++
	}
	if events != 1 || len(peers["wordpress"].Received(peer.Posted("Update"))) != 2 {
		t.Errorf("wordpress has %d events of the group", events)
	}
	each("wordpress, of the person", wordpress, 3, func(b []byte) error { return peer.EventBridgeReadsEvent(b, ana.URI) })
	last := ""
	each("mastodon", reader, 3, func(b []byte) (err error) { last, err = peer.MastodonShowsEvent(b); return err })
	if !strings.Contains(last, "Réunion de section : le budget\nAnnulée") || !strings.Contains(last, "Maison des associations") || !strings.Contains(last, n.URL+event.Path+"/"+idOf(p)) {
		t.Errorf("on Mastodon: %s", last)
	}
	// Smithereen shows no Event of others: it has a Note of what is on the wall of the
	// group, once, and of what its author changed; who follows the person there has none of that.
	shown := func(p *peer.Peer) (out []string) {
		for _, r := range p.Received(func(r peer.Request) bool { return r.Method == "POST" }) {
			if text, err := peer.SmithereenShows(r.Body, ana.Followers, g.Account.URI+"/wall"); err == nil {
				out = append(out, r.Doc.Type()+" "+text)
			}
		}
		return out
	}
	page := n.URL + event.Path + "/" + idOf(p)
	if got := shown(peers["smithereen"]); len(got) != 3 || !strings.HasPrefix(got[0], "Add ") || !strings.HasPrefix(got[1], "Update ") || !strings.Contains(got[2], "Annulée") ||
		!strings.Contains(got[0], "Réunion de section : le budget") || !strings.Contains(got[0], "Maison des associations") || !strings.Contains(got[0], `href="`+page+`"`) {
		t.Errorf("on the wall at Smithereen: %q", got)
	}
	if got := shown(friend); len(got) != 0 {
		t.Errorf("a friend at Smithereen has what is on the wall: %q", got)
	}
	// A meeting in no group is the person's.
	open := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	if _, err := service(n).Invite(ctx, n.Viewer("ana"), open.ID, who["smithereen"].Handle()); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if got := shown(friend); len(got) != 1 || !strings.HasPrefix(got[0], "Create <p><strong>Réunion de section : le budget") || strings.Contains(got[0], "visio.example") {
		t.Errorf("a friend at Smithereen sees %q", got)
	}
	for name, p := range peers {
		if name != "smithereen" && len(p.Received(func(r peer.Request) bool { return strings.Contains(string(r.Body), `"type":"Note"`) })) > 0 {
			t.Errorf("%s is told the meeting as a Note too", name)
		}
	}
	// Smithereen takes the invitation to an Event.
	invites := peers["smithereen"].Received(peer.Posted("Invite"))
	if len(invites) != 1 || peer.SmithereenTakesInvite(invites[0].Body) != nil {
		t.Errorf("%d invitations", len(invites))
	}
}

// inside reads what an Announce holds, as servers of the threadiverse do.
func inside(read func([]byte) error) func([]byte) error {
	return func(b []byte) error {
		d, err := as.Parse(b)
		if err != nil || !d.Is("Announce") {
			return read(b)
		}
		return read(d.Object().Doc().Bytes)
	}
}
