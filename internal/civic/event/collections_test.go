package event_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestUpcomingEvents: actors that call open meetings name those that have not ended,
// the next first, each by the id under which it is that actor's own; nothing of what
// is for some, of what is cancelled, or of whoever is not to be known.
func TestUpcomingEvents(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { upcomingStory(t, testkit.NewOn(t, e)) })
	}
}

func upcomingStory(t *testing.T, n *testkit.Node) {
	o, _ := bureau(t, n)
	n.Person("dan", true)
	far := peer.New(peer.Options{Software: "wordpress"})
	defer far.Close()
	rui := far.Actor("rui")
	g, _ := groupHere(t, n, group.Rules{Name: "Climat", Access: group.Open, Joining: group.Free, Posting: group.Everyone}, nil)
	closed, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "interne", Rules: group.Rules{Name: "Interne", Access: group.Section, Joining: group.Free, Posting: group.Everyone}})
	if err != nil {
		t.Fatal(err)
	}
	section, err := account.ByID(ctx, n.DB.Read(), rowsWhere[int64](t, n, `select id from account where host = '' and kind = 'Group' order by id limit 1`)[0])
	if err != nil {
		t.Fatal(err)
	}
	called := func(title string, days int, who string, change func(*event.Draft)) *post.Post {
		t.Helper()
		return make1(t, n, who, func(d *event.Draft) {
			d.Title, d.Day, d.Audience = title, soon(days), post.Public
			if change != nil {
				change(d)
			}
		})
	}
	late := called("Tard", 30, "ana", nil)
	early := called("Tôt", 3, "ana", nil)
	ofGroup := called("Du groupe", 9, "ana", func(d *event.Draft) { d.Audience, d.GroupID = post.Group, g.AccountID })
	ofBody := called("Du bureau", 5, "bob", func(d *event.Draft) { d.OrganeID = o.AccountID })
	off := called("Annulée", 4, "ana", nil)
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), off.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	past := called("Passée", 2, "ana", nil)
	run(t, n, `update meeting set starts_at = 1000, ends_at = 2000 where post_id = $1`, past.ID)
	called("De la section", 6, "ana", func(d *event.Draft) { d.Audience = post.Section })
	called("Interne", 7, "ana", func(d *event.Draft) { d.Audience, d.GroupID = post.Group, closed.AccountID })
	gone := called("Retirée", 8, "ana", func(d *event.Draft) { d.Audience, d.GroupID = post.Group, g.AccountID })
	run(t, n, `update group_post set state = 'removed' where post_id = $1`, gone.ID)
	settle(t, n)

	alias := func(p *post.Post, of *account.Account) string {
		at := n.URL + event.Path + "/" + idOf(p) + "/evenement"
		if of != section {
			at += "/" + rowsWhere[string](t, n, `select cast(id as text) from account where id = $1`, of.ID)[0]
		}
		return at
	}
	for actor, want := range map[string][]string{
		n.Person("ana", true).URI: {early.URI, gone.URI, ofGroup.URI, late.URI},
		o.Account.URI:             {ofBody.URI},
		g.Account.URI:             {alias(ofGroup, g.Account)},
		section.URI:               {alias(early, section), alias(late, section)},
		n.Person("dan", true).URI: {},
	} {
		answer, err := rui.Get(ctx, actor)
		if err != nil || answer.Status != 200 {
			t.Fatal(answer, err)
		}
		if err := peer.FriendicaReads(answer.Body); err != nil {
			t.Errorf("the actor: %v", err)
		}
		at := mustParse(t, answer.Body).Refs("upcomingEvents").ID()
		if answer, err = rui.Get(ctx, at); err != nil || answer.Status != 200 {
			t.Fatal(at, answer, err)
		}
		d := mustParse(t, answer.Body)
		if !d.Is("OrderedCollection") || d.ID() != at || !slices.Equal(d.Refs("orderedItems").IDs(), want) {
			t.Errorf("%s: %s, not %v", actor, answer.Body, want)
		}
		begin := time.Time{}
		for _, uri := range want {
			answer, err := rui.Get(ctx, uri)
			if err != nil || answer.Status != 200 {
				t.Fatal(uri, answer, err)
			}
			e := as.ReadEvent(mustParse(t, answer.Body))
			if by := mustParse(t, answer.Body).AttributedTo(); by != actor || e.Start.Before(begin) || e.End.Before(time.Now()) {
				t.Errorf("%s is of %s, from %v to %v, after one of %v", uri, by, e.Start, e.End, begin)
			}
			begin = e.Start
		}
	}
	// The instance itself calls nothing, and a group of the section is known to nobody.
	app, err := n.Groups.App(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := rui.Get(ctx, app.URI); err != nil || answer.Status != 200 || strings.Contains(string(answer.Body), "upcomingEvents") {
		t.Errorf("the instance: %v %v", answer, err)
	}
	for _, at := range []string{app.URI, closed.Account.URI} {
		if answer, err := rui.Get(ctx, at+"/upcoming"); err != nil || answer.Status != 404 {
			t.Errorf("%s: %v %v", at, answer, err)
		}
	}
	// Whom its author blocks does not hear of it.
	if answer, err := rui.Get(ctx, section.URI+"/upcoming"); err != nil || !strings.Contains(string(answer.Body), alias(early, section)) {
		t.Fatal(answer, err)
	}
	it, err := account.ByURI(ctx, n.DB.Read(), rui.ID)
	if err != nil {
		t.Fatal(err)
	}
	run(t, n, `insert into block (id, uri, account_id, target_id, created_at) values (1, 'x', $1, $2, 1)`, n.Person("ana", true).ID, it.ID)
	if answer, err := rui.Get(ctx, section.URI+"/upcoming"); err != nil || answer.Status != 200 || strings.Contains(string(answer.Body), alias(early, section)) {
		t.Errorf("who is blocked: %v %v", answer, err)
	}
}

// TestAHundredMeetings: the collection names the next hundred, and no more.
func TestAHundredMeetings(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	var first *post.Post
	for i := range 102 {
		p := make1(t, n, "ana", func(d *event.Draft) { d.Day, d.Audience = soon(110-i), post.Public })
		if i == 101 {
			first = p
		}
	}
	far := peer.New(peer.Options{Software: "wordpress"})
	defer far.Close()
	answer, err := far.Actor("rui").Get(ctx, ana.URI+"/upcoming")
	if err != nil || answer.Status != 200 {
		t.Fatal(answer, err)
	}
	if got := mustParse(t, answer.Body).Refs("orderedItems").IDs(); len(got) != 100 || got[0] != first.URI {
		t.Errorf("%d meetings, the first %v", len(got), got[:min(len(got), 1)])
	}
}

// TestAttendees: how many come is said to whoever may read the meeting, as it is now;
// who comes to nobody, be it somebody who comes too.
func TestAttendees(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	eve := far.Actor("eve")
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Companions = post.Public, "3" })
	inside := make1(t, n, "ana", nil)
	answer, err := eve.Get(ctx, p.URI)
	if err != nil || answer.Status != 200 {
		t.Fatal(answer, err)
	}
	d := mustParse(t, answer.Body)
	inner := d.Refs("attendees").Doc()
	if inner == nil || !inner.Is("Collection") || inner.ID() != p.URI+"/attendees" {
		t.Fatalf("%s", answer.Body)
	}
	if got := d.Refs("requiredJoinVisibility").IDs(); !slices.Equal(got, []string{n.Person("ana", true).URI}) {
		t.Errorf("a Join must be seen by %v", got)
	}
	if _, err := say(n, "bob", p, event.Room, 2); err != nil {
		t.Fatal(err)
	}
	if answer, err := eve.Send(ctx, n.Person("ana", true).Inbox, as.Activity{Type: "Join", ID: eve.ID + "#join", Actor: eve.ID, Object: p.URI}); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	answer, err = eve.Get(ctx, inner.ID())
	if err != nil || answer.Status != 200 {
		t.Fatal(answer, err)
	}
	var doc map[string]any
	if err := json.Unmarshal(answer.Body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc["type"] != "Collection" || doc["id"] != inner.ID() || doc["totalItems"] != 4.0 || doc["items"] != nil || doc["first"] != nil || doc["orderedItems"] != nil {
		t.Errorf("%s", answer.Body)
	}
	for _, who := range []string{"bob", "eve"} {
		if strings.Contains(string(answer.Body), who) {
			t.Errorf("%s is named: %s", who, answer.Body)
		}
	}
	note, err := n.Posts.Create(ctx, n.Viewer("ana"), post.Draft{Text: "Une note", Audience: post.Public})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{inside.URI, note.URI} {
		if answer, err := eve.Get(ctx, at+"/attendees"); err != nil || answer.Status != 404 {
			t.Errorf("%s: %v %v", at, answer, err)
		}
	}
}
