package group_test

import (
	"net/http"
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

// TestAGroupOfAnotherServer is the story of a group read, answered and moderated from the pages of
// another server than its own.
func TestAGroupOfAnotherServer(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	a.Person("ana", true)
	a.Person("eve", true)
	g := create(t, a, "ana", "velo", group.Rules{Access: group.Open, Note: "Le vélo en ville", Posting: group.Members})
	if err := a.Groups.Join(ctx, a.Viewer("eve"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	write(t, a, "ana", post.Draft{Title: "Avant tout le monde", Text: "Bonjour", Audience: post.Public, Parts: group.Into(g.AccountID)})
	c.Settle()

	b.Person("bob", true)
	bob := b.SignIn("bob").Open("/recherche?q=" + a.Handle("velo"))
	path := "/groupes/velo@" + a.Host
	bob.Open("/@velo@" + a.Host)
	if bob.URL.Path != path || !bob.Has("Groupe d’un autre serveur") || !bob.Has("Le vélo en ville") {
		t.Fatalf("%s: %s", bob.URL, bob.Text())
	}
	c.Settle()
	if bob.Open(path); !bob.Has("Avant tout le monde") || !bob.Has("ana") {
		t.Fatalf("what was there before is not seen: %s", bob.Text())
	}
	bob.Submit(path+"/rejoindre", nil)
	c.Settle()
	if bob.Open(path); !bob.Has("Je participe") {
		t.Fatalf("bob does not take part: %s", bob.Text())
	}
	bob.Open(path+"/ecrire").Submit("/publier", map[string]string{"title": "Les arceaux", "text": "Il en manque place Victor-Hugo."})
	c.Settle()
	ana := a.SignIn("ana").Open("/groupes/velo")
	if !ana.Has("Les arceaux") {
		t.Fatalf("what bob wrote does not reach the group: %s", ana.Text())
	}
	if bob.Open(path); !bob.Has("Les arceaux") || bob.Has("dont on attend la réponse") {
		t.Fatalf("what the group took still waits: %s", bob.Text())
	}
	ana.Click("Les arceaux").Submit("/publier", map[string]string{"text": "Et à la gare."})
	there := threadAt(t, b, g.Account.URI, "Les arceaux")
	write(t, a, "eve", post.Draft{Text: "Des insultes", ReplyTo: threadAt(t, a, g.Account.URI, "Les arceaux").PostID})
	c.Settle()
	bob.Open(path).Click("Les arceaux")
	if !bob.Has("Et à la gare") || !bob.Has("Des insultes") || !bob.Has("répond au 1") {
		t.Fatalf("the answers: %s", bob.Text())
	}
	bob.Submit("/publier", map[string]string{"text": "Merci Ana."})
	c.Settle()
	if ana.Open("/groupes/velo").Click("Les arceaux"); !ana.Has("Merci Ana") {
		t.Fatalf("the answer from bob's page: %s", ana.Text())
	}

	// What the group decides is seen, and why.
	insult := postSaying(t, a, "Des insultes")
	if err := a.Groups.Remove(ctx, a.Viewer("ana"), insult, "il insulte"); err != nil {
		t.Fatal(err)
	}
	if err := a.Groups.Pin(ctx, a.Viewer("ana"), threadAt(t, a, g.Account.URI, "Les arceaux").PostID, true); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	bob.Open(path).Click("Les arceaux")
	if bob.Has("Des insultes") || !bob.Has("il insulte") || !bob.Has("Épinglé") {
		t.Fatalf("moderation is not seen elsewhere: %s", bob.Text())
	}
	if bob.Open(path + "/journal"); !bob.Has("ana a retiré un message") || !bob.Has("ana a épinglé un fil") {
		t.Errorf("the journal elsewhere: %s", bob.Text())
	}

	// Reported from there, the author of the report unnamed.
	bob.Open(path+"/"+idString(there.PostID)+"/signaler").Submit(path+"/"+idString(there.PostID)+"/signaler", map[string]string{"reason": "hors sujet"})
	c.Settle()
	if ana.Open("/groupes/velo/attente"); !ana.Has("hors sujet") {
		t.Errorf("the report: %s", ana.Text())
	}

	// Whoever moderates there acts from here.
	member, err := account.ByHandle(ctx, a.DB.Read(), "bob", b.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Groups.Lock(ctx, b.Viewer("bob"), there.PostID, true); err == nil {
		t.Error("who moderates nothing closes a thread")
	}
	if err := a.Groups.SetRole(ctx, a.Viewer("ana"), g.AccountID, member.ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	bob.Open(path).Click("Les arceaux").Submit(path+"/"+idString(there.PostID)+"/fil", map[string]string{"acte": "lock"})
	c.Settle()
	if bob.Open(path).Click("Les arceaux"); !bob.Has("Clos") {
		t.Errorf("closed from elsewhere: %s", bob.Text())
	}
	if at := threadAt(t, a, g.Account.URI, "Les arceaux"); at.LockedAt == 0 {
		t.Error("the group's server does not close the thread")
	}
	bob.Open(path).Submit(path+"/quitter", nil)
	c.Settle()
	if bob.Open(path); !bob.Has("Participer") {
		t.Errorf("left: %s", bob.Text())
	}
	if s := b.NewBrowser().Open(path); s.Status != http.StatusNotFound {
		t.Errorf("a stranger reads another server's group here: %d", s.Status)
	}
}

// TestWhatTheGroupDidNotTake writes into a group that refuses: the author is told, and nobody else sees it in the group.
func TestWhatTheGroupDidNotTake(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	a.Person("ana", true)
	create(t, a, "ana", "velo", group.Rules{Access: group.Open})
	join(t, b, "dan", a.Handle("velo"))
	c.Settle()
	b.Person("bob", true)
	write(t, b, "bob", post.Draft{Text: "@velo@" + a.Host + " Achetez mes pneus", Audience: post.Public})
	c.Settle()
	path := "/groupes/velo@" + a.Host
	if dan := b.SignIn("dan").Open(path); dan.Has("Achetez") {
		t.Errorf("what the group refused is in it elsewhere: %s", dan.Text())
	}
	row := postSaying(t, b, "Achetez")
	bob := b.SignIn("bob").Open(path + "/" + idString(row))
	if !bob.Has("n’a pas pris ce message") {
		t.Errorf("its author is not told: %s", bob.Text())
	}
}

// TestAGroupThatOnlyBoosts follows a group of the kind that boosts what names it and announces no answers.
func TestAGroupThatOnlyBoosts(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{Software: "guppe", AutoAccept: true})
	t.Cleanup(p.Close)
	g := p.ActorOf("Group", "velo", nil)
	other := peer.New(peer.Options{Software: "mastodon", AutoAccept: true})
	t.Cleanup(other.Close)
	bob := other.Actor("bob")
	followElsewhere(t, n, g)
	inbox := n.URL + "/inbox"
	note, _ := bob.Note("<p>Et les arceaux ?</p>", func(x *as.Note) {
		x.Tags = []as.Tag{{Type: "Mention", Href: g.ID, Name: "@velo"}}
		x.To, x.Cc = []string{as.Public}, []string{g.ID}
	})
	stray, _ := bob.Note("<p>Rien à voir</p>", nil)
	for i, uri := range []string{note.ID, stray.ID} {
		send(t, n, g, inbox, as.Activity{Type: "Announce", ID: g.ID + "/announce/" + idString(int64(i+1)), Actor: g.ID, Object: uri,
			To: []string{as.Public}, Published: time.Now().Add(-time.Minute)})
	}
	ana := n.SignIn("ana").Open("/groupes/velo@" + p.Host)
	if !ana.Has("Et les arceaux") || ana.Has("Rien à voir") {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	_, create := bob.Note("<p>Place Victor-Hugo</p>", func(x *as.Note) {
		x.InReplyTo, x.To = note.ID, []string{as.Public}
	})
	send(t, n, bob, inbox, create)
	if ana.Click("Et les arceaux"); !ana.Has("Place Victor-Hugo") {
		t.Errorf("an answer waits for a word that never comes: %s", ana.Text())
	}
	// It takes it out and puts it back in its own name; when it said so counts, not when it is heard.
	out := as.Activity{Type: "Delete", ID: g.ID + "/delete/1", Actor: g.ID, Object: note.ID, To: []string{as.Public}, Summary: "hors sujet"}
	late := out
	late.ID = g.ID + "/delete/0"
	back := as.Activity{Type: "Undo", ID: g.ID + "/undo/0", Actor: g.ID, Object: out, To: []string{as.Public}}
	for _, x := range []struct {
		a     as.Activity
		age   time.Duration
		shown bool
	}{{out, 30 * time.Second, false}, {back, 20 * time.Second, true}, {late, 40 * time.Second, true}} {
		send(t, n, g, inbox, as.Activity{Type: "Announce", ID: x.a.ID + "/announce", Actor: g.ID, Object: x.a, To: []string{as.Public},
			Published: time.Now().Add(-x.age)})
		if ana.Open("/groupes/velo@" + p.Host); ana.Has("Et les arceaux") != x.shown {
			t.Errorf("%s by the group: %s", x.a.ID, ana.Text())
		}
	}
	send(t, n, g, inbox, as.Activity{Type: "Undo", ID: g.ID + "/undo/1", Actor: g.ID, Published: time.Now().Add(time.Second),
		Object: as.Activity{Type: "Announce", ID: g.ID + "/announce/1", Actor: g.ID, Object: note.ID}})
	if ana.Open("/groupes/velo@" + p.Host); ana.Has("Et les arceaux") {
		t.Errorf("what the group took back stays: %s", ana.Text())
	}
}

// TestActsOfOneSecond: a group that tells the second in its dates, and the microsecond in order, says that a thread
// is closed, open and closed; whichever is heard first, it is as it was said last.
func TestActsOfOneSecond(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{Software: "lemmy", AutoAccept: true})
	t.Cleanup(p.Close)
	g := p.ActorOf("Group", "velo", nil)
	followElsewhere(t, n, g)
	second := time.Now().Add(-time.Minute).Truncate(time.Second)
	for i, order := range [][]int64{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {3, 1}, {1, 2}, {2, 1}} {
		note, _ := p.Actor("bob").Note("<p>Fil</p>", func(x *as.Note) { x.Type, x.Name, x.Audience = "Page", "Fil "+idString(int64(i)), g.ID })
		send(t, n, g, n.URL+"/inbox", as.Activity{Type: "Announce", ID: note.ID + "/announce", Actor: g.ID, Object: note.ID, To: []string{as.Public}, Published: second})
		last := int64(0)
		for _, k := range order {
			lock := as.Activity{Type: "Lock", ID: note.ID + "/lock", Actor: g.ID, Object: note.ID, To: []string{as.Public}, Audience: g.ID}
			if k == 2 {
				lock = as.Activity{Type: "Undo", ID: note.ID + "/unlock", Actor: g.ID, Object: lock, To: []string{as.Public}, Audience: g.ID}
			}
			send(t, n, g, n.URL+"/inbox", as.Activity{Type: "Announce", ID: note.ID + "/said/" + idString(k), Actor: g.ID, Object: lock, To: []string{as.Public}, Published: second,
				Extra: map[string]any{"order": second.UnixMicro() + 1000*k}, ExtraContext: map[string]any{"order": "https://w3id.org/maillage#order"}})
			last = max(last, k)
		}
		if at := threadAt(t, n, g.ID, "Fil "+idString(int64(i))); (at.LockedAt != 0) != (last != 2) {
			t.Errorf("heard as %v: closed %v", order, at.LockedAt != 0)
		}
	}
}

func send(t *testing.T, n *testkit.Node, by *peer.Actor, inbox string, a any) {
	t.Helper()
	if answer, err := by.Send(ctx, inbox, a); err != nil || answer.Status != http.StatusAccepted {
		t.Fatal(answer, err)
	}
	idle(t, n)
}

func idString(id int64) string { return ids.String(id) }

// followElsewhere has ana follow a group of another server, which has taken her when this returns.
func followElsewhere(t *testing.T, n *testkit.Node, g *peer.Actor) {
	t.Helper()
	there, err := n.Engine.Resolve(ctx, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, n.Viewer("ana").AccountID, there.ID, nil); err != nil {
		t.Fatal(err)
	}
	taken(t, n)
}

// taken waits until the one group of another server that ana asked has taken her.
func taken(t *testing.T, n *testkit.Node) {
	t.Helper()
	for took := false; !took; idle(t, n) { // the peer answers in its own time
		list, err := n.Groups.Elsewhere(ctx, n.Viewer("ana").AccountID)
		if err != nil {
			t.Fatal(err)
		}
		took = len(list) == 1
	}
}
