package event_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/visitor"
)

// TestInsideToWhoJoins: who joins from their own server is told the link, or the street
// that is withheld, by a message to them alone; no Accept and nobody else gets it; a
// link that changes is told anew, and not to who has left.
func TestInsideToWhoJoins(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	far, other := peer.New(peer.Options{Software: "mobilizon"}), peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	defer other.Close()
	zoe, lou := far.Actor("zoe"), other.Actor("lou")
	if _, answer, err := lou.Follow(ctx, ana.URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	online := func(d *event.Draft) {
		d.Audience, d.Place, d.Address, d.Postcode, d.City, d.Online, d.RemoteUrl = post.Public, "", "", "", "", true, "https://visio.example/salle-7"
	}
	p := make1(t, n, "ana", online)
	street := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Withheld = post.Public, true })
	send := func(kind, uri, id string) {
		t.Helper()
		if got, err := zoe.Send(ctx, ana.Inbox, as.Activity{Type: kind, ID: zoe.ID + "#" + id, Actor: zoe.ID, Object: uri}); err != nil || got.Status != 202 {
			t.Fatal(got, err)
		}
		settle(t, n)
	}
	notes := func(words string) (out []*as.Doc) {
		for _, r := range far.Received(peer.Posted("Create")) {
			if d := mustParse(t, r.Body); strings.Contains(string(r.Body), words) {
				out = append(out, d)
			}
		}
		return out
	}
	send("Join", p.URI, "1")
	send("Join", p.URI, "1b") // again
	got := notes("visio.example/salle-7")
	if len(got) != 1 || len(got[0].To()) != 1 || got[0].To()[0] != zoe.ID || len(got[0].Cc()) != 0 {
		t.Fatalf("%d messages with the link: %+v", len(got), got)
	}
	send("Join", street.URI, "2")
	if got := notes("Tilleuls"); len(got) != 1 || got[0].To()[0] != zoe.ID {
		t.Errorf("%d messages with the street", len(got))
	}
	for _, r := range far.Received(peer.Posted("Accept")) {
		if strings.Contains(string(r.Body), "visio.example") || strings.Contains(string(r.Body), "Tilleuls") {
			t.Errorf("in an Accept: %s", r.Body)
		}
	}
	change := func(link string) {
		t.Helper()
		if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) { online(d); d.RemoteUrl = link })); err != nil {
			t.Fatal(err)
		}
		settle(t, n)
	}
	change("https://visio.example/salle-8")
	if len(notes("salle-8")) != 1 {
		t.Error("the new link is not told")
	}
	// Of a group that they are not in any more they read nothing.
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "cellule", Rules: group.Rules{Name: "Cellule", Access: group.Movement, Joining: group.Request, Posting: group.Members}})
	if err != nil {
		t.Fatal(err)
	}
	them, err := db.Get[int64](ctx, n.DB.Read(), `select id from account where uri = $1`, zoe.ID)
	if err != nil {
		t.Fatal(err)
	}
	within := func(audience post.Audience, scope int64, words string, want int) {
		t.Helper()
		run(t, n, `update post set audience = $1, scope_id = $2 where id = $3`, string(audience), scope, p.ID)
		if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return jobs.Enqueue(ctx, tx, "event.note", map[string]any{"PostID": p.ID, "AccountID": them, "News": "inside"})
		}); err != nil {
			t.Fatal(err)
		}
		settle(t, n)
		if got := len(notes(words)); got != want {
			t.Errorf("%s: %d messages with the link, want %d", audience, got, want)
		}
	}
	within(post.Group, g.AccountID, "salle-8", 1)
	within(post.Public, 0, "salle-8", 2)
	send("Leave", p.URI, "3")
	change("https://visio.example/salle-9")
	if len(notes("salle-9")) != 0 || other.Mentions("visio.example") || other.Mentions("Tilleuls") {
		t.Error("somebody who does not come is told")
	}
}

// TestOrganiserLeaves: when the organiser's account is erased, who registered by signing
// in with their account elsewhere hears by a message of the instance that nobody comes.
func TestOrganiserLeaves(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	far := peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	eve := far.Actor("eve")
	id, err := n.Engine.Account(ctx, "eve", far.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	if _, err := service(n).AnswerOutside(ctx, &visitor.Visitor{AccountID: id, Name: "Eve", Lang: "fr"}, p.ID, event.Reply{Answer: event.Room}); err != nil {
		t.Fatal(err)
	}
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return service(n).Accounts.DeleteIn(ctx, tx, n.Person("ana", true).ID)
	}); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if got := far.Received(func(r peer.Request) bool {
		return peer.Posted("Create")(r) && strings.Contains(string(r.Body), "est annulée") && strings.Contains(string(r.Body), eve.ID)
	}); len(got) != 1 || !strings.Contains(string(got[0].Body), "Réunion de section") {
		t.Errorf("%d messages", len(got))
	}
}

// TestInsideToWhoJoinsBoth: a Join says not how one takes part, so to a meeting that has a
// room and a link it has both told: in the message, on the page to who then signs in here
// with that account. Who chose a way here is told what is for that one alone.
func TestInsideToWhoJoinsBoth(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	zoe := far.Actor("zoe")
	both := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Withheld, d.RemoteUrl = post.Public, true, "https://visio.example/salle-7"
	})
	known := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.RemoteUrl = post.Public, "https://visio.example/salle-3" })
	join := func(kind, uri, id string) {
		t.Helper()
		if got, err := zoe.Send(ctx, ana.Inbox, as.Activity{Type: kind, ID: zoe.ID + "#" + id, Actor: zoe.ID, Object: uri}); err != nil || got.Status != 202 {
			t.Fatal(got, err)
		}
		settle(t, n)
	}
	told := func(words ...string) (times int) {
		for _, r := range far.Received(peer.Posted("Create")) {
			all := true
			for _, w := range words {
				all = all && strings.Contains(string(r.Body), w)
			}
			if all {
				times++
			}
		}
		return times
	}
	join("Join", both.URI, "1")
	if told("visio.example/salle-7", "Tilleuls") != 1 {
		t.Error("the link and the street are not in one message")
	}
	join("Accept", known.URI, "2") // as Friendica answers
	if told("visio.example/salle-3") != 1 {
		t.Error("who accepts the meeting itself is not told the link")
	}
	id, err := n.Engine.Account(ctx, "zoe", far.Host)
	if err != nil {
		t.Fatal(err)
	}
	far.Actor("eve")
	other, err := n.Engine.Account(ctx, "eve", far.Host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service(n).AnswerOutside(ctx, &visitor.Visitor{AccountID: other, Name: "Eve", Lang: "fr"}, both.ID, event.Reply{Answer: event.Room}); err != nil {
		t.Fatal(err)
	}
	sees := func(account int64) string {
		t.Helper()
		run(t, n, `insert into visitor (id, account_id, handle, name, lang, created_at, expires_at) values ($1, $1, $2, 'X', 'fr', 1, $3)`, account, ids.String(account), time.Now().Add(time.Hour).UnixMilli())
		return n.NewBrowser().Open(strings.TrimPrefix(service(n).Visitors.ReturnURL(account, "/agenda/"+ids.String(both.ID)), n.URL)).Submit("/visite/retour/", nil).Body
	}
	if got := sees(id); !strings.Contains(got, "visio.example/salle-7") || !strings.Contains(got, "Tilleuls") {
		t.Errorf("the page tells who joined from elsewhere not both: %s", got)
	}
	if got := sees(other); strings.Contains(got, "visio.example/salle-7") || !strings.Contains(got, "Tilleuls") {
		t.Error("who chose the room here is told the link")
	}
}

// TestInsideToWhoWaits: who joins from their own server when the room is full waits, and is
// told the link, which is open to them meanwhile, and that they wait; not the street, which
// they are told with their seat.
func TestInsideToWhoWaits(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Person("bob", true)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	zoe := far.Actor("zoe")
	full := func(d *event.Draft) { d.Audience, d.Withheld, d.Capacity, d.Companions = post.Public, true, "1", "0" }
	both := make1(t, n, "ana", func(d *event.Draft) { full(d); d.RemoteUrl = "https://visio.example/salle-7" })
	room := make1(t, n, "ana", full)
	for _, p := range []*post.Post{both, room} {
		if _, err := service(n).Answer(ctx, n.Viewer("bob"), p.ID, event.Reply{Answer: event.Room}); err != nil {
			t.Fatal(err)
		}
		if got, err := zoe.Send(ctx, ana.Inbox, as.Activity{Type: "Join", ID: zoe.ID + "#" + ids.String(p.ID), Actor: zoe.ID, Object: p.URI}); err != nil || got.Status != 202 {
			t.Fatal(got, err)
		}
	}
	settle(t, n)
	if len(far.Received(peer.Posted("Accept"))) != 0 {
		t.Fatal("there was a seat")
	}
	notes := func() (out []string) {
		for _, r := range far.Received(peer.Posted("Create")) {
			if strings.Contains(string(r.Body), zoe.ID) {
				out = append(out, string(r.Body))
			}
		}
		return out
	}
	got := notes()
	if len(got) != 1 || !strings.Contains(got[0], "visio.example/salle-7") || !strings.Contains(got[0], "liste d’attente") || strings.Contains(got[0], "Tilleuls") || strings.Contains(got[0], "vous participez") {
		t.Fatalf("%d messages to who waits: %v", len(got), got)
	}
	if _, err := service(n).Answer(ctx, n.Viewer("bob"), both.ID, event.Reply{Answer: event.No}); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if got = notes(); len(got) != 2 || !strings.Contains(got[1], "Tilleuls") || !strings.Contains(got[1], "vous participez") {
		t.Errorf("%d messages to who has a seat now: %v", len(got), got)
	}
}
