package group_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhatAThreadBringsAlong: its lock, its pin, its summary, and its topic where the new group has one
// of that name; readers elsewhere see the same, between groups of one server too.
func TestWhatAThreadBringsAlong(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Everyone})
	ana, bea := x.one.Viewer("ana"), x.two.Viewer("bea")
	if err := x.one.Groups.SetTopics(ctx, ana, x.logement.AccountID, []group.Topic{{Name: "Ateliers"}, {Name: "Arceaux"}}); err != nil {
		t.Fatal(err)
	}
	if err := x.two.Groups.SetTopics(ctx, bea, x.velo.AccountID, []group.Topic{{Name: "Autres"}, {Name: "arceaux"}}); err != nil {
		t.Fatal(err)
	}
	bus := create(t, x.one, "ana", "bus", group.Rules{Access: group.Open})
	if err := x.one.Groups.SetTopics(ctx, ana, bus.AccountID, []group.Topic{{Name: "Arceaux"}}); err != nil {
		t.Fatal(err)
	}
	topics, err := x.one.Groups.Topics(ctx, x.logement.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		x.one.Groups.File(ctx, ana, x.thread.ID, topics[1].ID), x.one.Groups.Summarise(ctx, ana, x.thread.ID, group.Summary{Debated: "Combien ?"}),
		x.one.Groups.Pin(ctx, ana, x.thread.ID, true), x.one.Groups.Lock(ctx, ana, x.thread.ID, true),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	x.Settle()
	check := func(n *testkit.Node, in *group.Group) {
		t.Helper()
		if !shows(t, n, "zoe", in.Account.URI, "Les arceaux") {
			t.Fatalf("%s does not have it in %s", n.Host, in.Account.Username)
		}
		at := threadAt(t, n, in.Account.URI, "Les arceaux")
		if at.Debated != "Combien ?" || at.PinnedAt == 0 || at.LockedAt == 0 || topicOf(t, n, at) == "" {
			t.Errorf("at %s in %s: %+v, topic %q", n.Host, in.Account.Username, at, topicOf(t, n, at))
		}
	}
	check(x.one, x.logement)
	if err := x.one.Groups.MoveTo(ctx, ana, x.thread.ID, bus.AccountID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	check(x.one, bus)
	if err := x.one.Groups.MoveTo(ctx, ana, x.thread.ID, x.veloAtOne(t)); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, n := range []*testkit.Node{x.two, x.ofTwo, x.ofBoth} {
		check(n, x.velo)
	}
}

func topicOf(t *testing.T, n *testkit.Node, at *group.Thread) string {
	t.Helper()
	list, err := n.Groups.Topics(ctx, at.GroupID)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.ID == at.TopicID {
			return x.Name
		}
	}
	return ""
}

// TestALongThreadMoves: of 400 messages all arrive, in their order.
func TestALongThreadMoves(t *testing.T) {
	c := testkit.Cluster{testkit.New(t), testkit.New(t)}
	c[0].Person("ana", true)
	c[1].Person("bea", true)
	from := create(t, c[0], "ana", "logement", group.Rules{Access: group.Open, Posting: group.Everyone})
	to := create(t, c[1], "bea", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	if _, err := c[0].Posts.Resolve.Account(ctx, "velo", c[1].Host); err != nil {
		t.Fatal(err)
	}
	learnAll(t, c)
	first := write(t, c[0], "ana", post.Draft{Title: "Un long fil", Text: "Message 0", Audience: post.Public, Parts: group.Into(from.AccountID)})
	for i := range 399 {
		write(t, c[0], "ana", post.Draft{Text: fmt.Sprintf("Message %d.", i+1), ReplyTo: first.ID})
	}
	c.Settle()
	began := time.Now()
	if err := c[0].Groups.MoveTo(ctx, c[0].Viewer("ana"), first.ID, remoteAt(t, c[0], to).AccountID); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		c.Settle()
		if shows(t, c[1], "bea", to.Account.URI, "Un long fil") {
			break
		}
	}
	t.Logf("moved in %v", time.Since(began))
	at := threadAt(t, c[1], to.Account.URI, "Un long fil")
	told, err := c[1].Groups.Read(ctx, c[1].Viewer("bea"), at, group.Which{Page: -1})
	if err != nil || at.Posts != 400 || told.Total != 400 || told.Items[len(told.Items)-1].View.Excerpt(60) != "Message 399." {
		t.Errorf("%d posts, %+v, %v", at.Posts, told, err)
	}
}

// TestAnOfferEndsByItself: nobody answers for thirty days; both sides see that it is over, nothing
// moves, and it may be offered again.
func TestAnOfferEndsByItself(t *testing.T) {
	for _, first := range []string{"offering", "asked"} { // whose clock goes first
		t.Run(first, func(t *testing.T) {
			x := newBetween(t, group.Rules{Posting: group.Members})
			page := "/groupes/logement/" + idString(x.thread.ID)
			offer := func() {
				t.Helper()
				if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, x.veloAtOne(t)); err != nil {
					t.Fatal(err)
				}
				x.Settle()
			}
			offers := func() int {
				list, err := x.two.Groups.Offers(ctx, x.velo.AccountID)
				if err != nil {
					t.Fatal(err)
				}
				return len(list)
			}
			offer()
			late := time.Now().Add(29 * 24 * time.Hour).UnixMilli()
			for _, n := range []*testkit.Node{x.one, x.two} {
				sql(t, n, `update job set run_at = 0 where kind = 'group.offer' and run_at < $1`, late)
				n.Jobs.Wake()
			}
			x.Settle()
			if offers() != 1 {
				t.Fatal("it ends too early, or never came")
			}
			for _, n := range map[string][]*testkit.Node{"offering": {x.one}, "asked": {x.two, x.one}}[first] {
				sql(t, n, `update job set run_at = 0 where kind = 'group.offer'`)
				n.Jobs.Wake()
				x.Settle()
			}
			if offers() != 0 || !shows(t, x.one, "ana", x.logement.Account.URI, "Les arceaux") {
				t.Errorf("%d offers stand", offers())
			}
			if b := x.one.SignIn("ana").Open(page); !b.Has("n’a pas répondu en trente jours") || b.Has("On attend sa réponse") {
				t.Errorf("the thread: %s", b.Text())
			}
			for n, want := range map[*testkit.Node]string{x.one: "offer_lapsed", x.two: "offer_over"} {
				g := map[*testkit.Node]*group.Group{x.one: x.logement, x.two: x.velo}[n]
				lines, err := n.Groups.Journal(ctx, g.AccountID)
				if err != nil || len(slices.DeleteFunc(lines, func(l group.Line) bool { return l.Act != want })) != 1 {
					t.Errorf("%s: %v %v", want, lines, err)
				}
			}
			offer()
			if offers() != 1 {
				t.Errorf("offered again: %d", offers())
			}
			if b := x.one.SignIn("ana").Open(page); b.Has("trente jours") || !b.Has("On attend sa réponse") {
				t.Errorf("the thread: %s", b.Text())
			}
		})
	}
}

// TestAModeratorElsewhereMovesByThePage: whoever moderates a group from another server has the form there, and
// the group's own server does it, though it did not know the other group.
func TestAModeratorElsewhereMovesByThePage(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Everyone})
	there := threadAt(t, x.ofBoth, x.logement.Account.URI, "Les arceaux")
	page := "/groupes/logement@" + x.one.Host + "/" + ids.String(there.PostID)
	if b := x.ofBoth.SignIn("dan").Open(page); b.Has("Déplacer") {
		t.Errorf("who moderates nothing is offered to move: %s", b.Text())
	}
	if b := x.ofBoth.SignIn("dan").Open(page + "/deplacer"); b.Status != 403 {
		t.Errorf("who moderates nothing has the form: %d", b.Status)
	}
	dan := found(x.one, "dan", x.ofBoth.Host)
	if err := x.one.Groups.SetRole(ctx, x.one.Viewer("ana"), x.logement.AccountID, dan.ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	marche := create(t, x.two, "bea", "marche", group.Rules{Access: group.Open, Posting: group.Everyone}) // of which the thread's server never heard
	b := x.ofBoth.SignIn("dan").Open(page)
	if !b.Has("Déplacer") {
		t.Fatalf("no control: %s", b.Text())
	}
	if b.Open(page + "/deplacer"); !b.Has("où vit ce groupe, propose le fil entier") {
		t.Errorf("the form: %s", b.Text())
	}
	b.Submit(page+"/deplacer", map[string]string{"address": x.one.Handle("logement")})
	if b.Status != 422 {
		t.Errorf("into itself: %d", b.Status)
	}
	b.Open(page+"/deplacer").Submit(page+"/deplacer", map[string]string{"address": x.two.Handle("marche")})
	if b.Status != 200 || !b.Has(x.one.Host) {
		t.Fatalf("%d %s", b.Status, b.Text())
	}
	x.Settle()
	for who, n := range map[string]*testkit.Node{"bea": x.two, "dan": x.ofBoth, "ana": x.one} {
		if !shows(t, n, who, marche.Account.URI, "Les arceaux") {
			t.Errorf("%s does not read it where it is", who)
		}
	}
}

// TestAMastodonAuthorEditsWhatMoved: who wrote in a thread from a Mastodon, which knows only the group that it
// left, changes and deletes it: the new group's readers see that. Put out of the new group, they
// change nothing there.
func TestAMastodonAuthorEditsWhatMoved(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Everyone})
	p := peer.New(peer.Options{Software: "mastodon", AutoAccept: true})
	t.Cleanup(p.Close)
	bob := p.Actor("bob")
	said := map[string]as.Note{}
	for _, words := range []string{"aimable", "perdu", "fâché"} {
		note, create := bob.Note("<p>Mot "+words+"</p>", func(n *as.Note) { n.InReplyTo = x.thread.URI })
		send(t, x.one, bob, x.one.URL+"/inbox", create)
		said[words] = note
	}
	x.Settle()
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, x.veloAtOne(t)); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	readers := map[string]*testkit.Node{"bea": x.two, "theo": x.ofTwo, "dan": x.ofBoth}
	all := func(who string, n *testkit.Node) string {
		return strings.Join(texts(t, n, who, x.velo, "Les arceaux"), " | ")
	}
	for who, n := range readers {
		if got := all(who, n); !strings.Contains(got, "Mot aimable") || !strings.Contains(got, "Mot perdu") {
			t.Fatalf("%s reads %s", who, got)
		}
	}
	change := func(words, to string) {
		t.Helper()
		note := said[words]
		note.Content, note.Updated = "<p>"+to+"</p>", time.Now()
		body, err := note.Build()
		if err != nil {
			t.Fatal(err)
		}
		p.Serve(note.ID, body)
		send(t, x.one, bob, x.one.URL+"/inbox", as.Activity{Type: "Update", ID: note.ID + "#" + to, Actor: bob.ID, Object: raw(body), To: note.To, Cc: note.Cc, Published: time.Now()})
		x.Settle()
	}
	change("aimable", "Mot corrigé")
	p.Gone(said["perdu"].ID)
	send(t, x.one, bob, x.one.URL+"/inbox", as.Activity{Type: "Delete", ID: said["perdu"].ID + "#delete", Actor: bob.ID, Object: said["perdu"].ID, To: []string{as.Public}})
	x.Settle()
	for who, n := range readers {
		if got := all(who, n); !strings.Contains(got, "Mot corrigé") || strings.Contains(got, "Mot aimable") || strings.Contains(got, "Mot perdu") {
			t.Errorf("%s reads %s", who, got)
		}
	}
	at, err := account.ByURI(ctx, x.two.DB.Read(), bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.two.Groups.Ban(ctx, x.two.Viewer("bea"), x.velo.AccountID, at.ID, "insultes"); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	change("fâché", "Mot insultes")
	for who, n := range readers {
		if got := all(who, n); strings.Contains(got, "Mot insultes") {
			t.Errorf("%s reads %s", who, got)
		}
	}
}
