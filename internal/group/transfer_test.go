package group_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// between is a group of each of two servers, of which people of three others read the
// first, the second, or both.
type between struct {
	testkit.Cluster
	one, two             *testkit.Node
	ofOne, ofTwo, ofBoth *testkit.Node
	logement, velo       *group.Group
	thread               *post.Post
	mastodon             *peer.Peer
}

func newBetween(t *testing.T, r group.Rules) *between {
	t.Helper()
	c := testkit.Cluster{testkit.NewOn(t, testkit.Postgres), testkit.NewOn(t, testkit.Postgres), testkit.New(t), testkit.New(t), testkit.New(t)}
	x := &between{Cluster: c, one: c[0], two: c[1], ofOne: c[2], ofTwo: c[3], ofBoth: c[4]}
	x.one.Person("ana", true)
	x.two.Person("bea", true)
	x.logement = create(t, x.one, "ana", "logement", group.Rules{Access: group.Open, Posting: group.Everyone})
	r.Access = group.Open
	x.velo = create(t, x.two, "bea", "velo", r)
	join(t, x.ofOne, "olga", x.one.Handle("logement"))
	join(t, x.ofTwo, "theo", x.two.Handle("velo"))
	join(t, x.ofBoth, "dan", x.one.Handle("logement"))
	join(t, x.ofBoth, "dan", x.two.Handle("velo"))
	c.Settle()
	// Ana's server knows the other group, as when she has opened its page.
	if _, err := x.one.Posts.Resolve.Account(ctx, "velo", x.two.Host); err != nil {
		t.Fatal(err)
	}
	learnAll(t, c)
	x.mastodon, _ = follower(t, x.one, "mastodon", x.logement)
	x.thread = write(t, x.one, "ana", post.Draft{Title: "Les arceaux", Text: "Où en mettre ?", Audience: post.Public, Parts: group.Into(x.logement.AccountID)})
	c.Settle()
	for _, who := range []struct {
		n    *testkit.Node
		name string
	}{{x.ofBoth, "dan"}, {x.ofOne, "olga"}} {
		write(t, who.n, who.name, post.Draft{Text: "Réponse de " + who.name, ReplyTo: threadAt(t, who.n, x.logement.Account.URI, "Les arceaux").PostID})
		c.Settle()
	}
	return x
}

// learnAll has the servers of a cluster know that they are of one kind.
func learnAll(t *testing.T, c testkit.Cluster) {
	t.Helper()
	for _, n := range c {
		for _, m := range c {
			if n != m {
				sql(t, n, `insert into host_software (host, name, version, implements, checked_at, fails) values ($1, 'maillage', '', '', $2, 0)
					on conflict (host) do update set name = 'maillage'`, m.Host, int64(1)<<60)
			}
		}
	}
}

func (x *between) veloAtOne(t *testing.T) int64 { return remoteAt(t, x.one, x.velo).AccountID }

// texts are the messages of a thread, as somebody reads them in a group.
func texts(t *testing.T, n *testkit.Node, who string, g *group.Group, title string) []string {
	t.Helper()
	told, err := n.Groups.Read(ctx, n.Viewer(who), threadAt(t, n, g.Account.URI, title), group.Which{Page: 1})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range told.Items {
		if i.View == nil {
			out = append(out, "(retiré)")
			continue
		}
		out = append(out, i.View.Excerpt(60))
	}
	return out
}

// TestAThreadMovesToAnotherServer: who may write there gives it, and it is read in its new group
// everywhere, in one order; what is written from then on goes there.
//
// Spec: FEP-8b32
func TestAThreadMovesToAnotherServer(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Everyone})
	if err := x.one.Groups.Summarise(ctx, x.one.Viewer("ana"), x.thread.ID, group.Summary{Agreed: "Devant la gare"}); err != nil {
		t.Fatal(err)
	}
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, x.veloAtOne(t)); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	want := []string{"Les arceaux", "Réponse de dan", "Réponse de olga"}
	readers := map[string]*testkit.Node{"ana": x.one, "bea": x.two, "olga": x.ofOne, "theo": x.ofTwo, "dan": x.ofBoth}
	check := func(want []string) {
		t.Helper()
		for who, n := range readers {
			if shows(t, n, who, x.velo.Account.URI, "Les arceaux") {
				if got := texts(t, n, who, x.velo, "Les arceaux"); !slices.Equal(got, want) {
					t.Errorf("%s reads %q", who, got)
				}
			} else {
				t.Errorf("%s does not read it in its new group", who)
			}
			if n != x.ofTwo && shows(t, n, who, x.logement.Account.URI, "Les arceaux") {
				t.Errorf("%s reads it in the group that it left", who)
			}
		}
	}
	check(want)
	if at := threadAt(t, x.two, x.velo.Account.URI, "Les arceaux"); at.Agreed != "Devant la gare" {
		t.Errorf("the summary has not come along: %+v", at)
	}
	if got := heard(x.mastodon); !slices.Contains(got, "Undo{Announce}") {
		t.Errorf("Mastodon's boost stays: %v", got)
	}

	// What is written from now on, wherever, is in the new group.
	write(t, x.ofBoth, "dan", post.Draft{Text: "Puis dan", ReplyTo: threadAt(t, x.ofBoth, x.velo.Account.URI, "Les arceaux").PostID})
	x.Settle()
	write(t, x.one, "ana", post.Draft{Text: "Puis ana", ReplyTo: x.thread.ID})
	x.Settle()
	want = append(want, "Puis dan", "Puis ana")
	for _, n := range []*testkit.Node{x.two, x.ofTwo, x.ofBoth} {
		for who, at := range readers {
			if at == n {
				if got := texts(t, n, who, x.velo, "Les arceaux"); !slices.Equal(got, want) {
					t.Errorf("%s reads %q", who, got)
				}
			}
		}
	}
	// And moderated there.
	if err := x.two.Groups.Remove(ctx, x.two.Viewer("bea"), postSaying(t, x.two, "Réponse de olga"), "hors sujet"); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if got := texts(t, x.ofBoth, "dan", x.velo, "Les arceaux"); got[2] != "(retiré)" {
		t.Errorf("the new group's moderation is not heard: %q", got)
	}
}

// TestAGroupIsAskedForAThread: where the mover may not write at once, the moderators of the
// other group decide; until then nothing moves.
func TestAGroupIsAskedForAThread(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Members})
	to := x.veloAtOne(t)
	ask := func() {
		t.Helper()
		if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, to); err != nil {
			t.Fatal(err)
		}
		x.Settle()
	}
	offers := func() []group.Offered {
		t.Helper()
		list, err := x.two.Groups.Offers(ctx, x.velo.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	ask()
	list := offers()
	if len(list) != 1 || list[0].From.URI != x.logement.Account.URI {
		t.Fatalf("the moderators are asked %v", list)
	}
	if !shows(t, x.one, "ana", x.logement.Account.URI, "Les arceaux") || shows(t, x.two, "bea", x.velo.Account.URI, "Les arceaux") {
		t.Fatal("it moves before the other group has said yes")
	}
	x.two.Person("eve", true)
	if err := x.two.Groups.AnswerOffer(ctx, x.two.Viewer("eve"), x.velo.AccountID, list[0].PostID, true); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("who moderates nothing takes a thread: %v", err)
	}
	if err := x.two.Groups.AnswerOffer(ctx, x.two.Viewer("bea"), x.velo.AccountID, list[0].PostID, false); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	lines, err := x.one.Groups.Journal(ctx, x.logement.AccountID)
	if err != nil || len(offers()) != 0 || !slices.ContainsFunc(lines, func(l group.Line) bool {
		return l.Act == "offer_refused" && strings.Contains(l.Reason, "ne prend pas ce fil")
	}) {
		t.Fatalf("refused: %v %v %v", offers(), lines, err)
	}
	ask()
	// Taken back by going elsewhere.
	bus := create(t, x.one, "ana", "bus", group.Rules{Access: group.Open})
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, bus.AccountID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if len(offers()) != 0 {
		t.Errorf("what is offered no more can still be taken: %v", offers())
	}
	ask()
	if list = offers(); len(list) != 1 || list[0].From.Username != "bus" {
		t.Fatalf("asked %v", list)
	}
	if err := x.two.Groups.AnswerOffer(ctx, x.two.Viewer("bea"), x.velo.AccountID, list[0].PostID, true); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for who, n := range map[string]*testkit.Node{"bea": x.two, "theo": x.ofTwo, "dan": x.ofBoth, "ana": x.one} {
		if !shows(t, n, who, x.velo.Account.URI, "Les arceaux") {
			t.Errorf("%s does not read it where it is", who)
		}
	}
}

// TestWhatDoesNotMove is refused with words that say why.
func TestWhatDoesNotMove(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Everyone})
	shut := create(t, x.one, "ana", "huis", group.Rules{Access: group.Section})
	inside := write(t, x.one, "ana", post.Draft{Title: "Entre nous", Text: "Chut", Audience: post.Group, Parts: group.Into(shut.AccountID)})
	to := x.veloAtOne(t)
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), inside.ID, to); !apperr.Is(err, apperr.KindInvalid) || !strings.Contains(err.Error(), "move_open") {
		t.Errorf("what is for members goes to everybody: %v", err)
	}
	x.one.Person("bob", true)
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("bob"), x.thread.ID, to); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("who moderates nothing moves a thread: %v", err)
	}
	sql(t, x.one, `update group_thread set posts = 2001 where post_id = $1`, x.thread.ID)
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, to); !apperr.Is(err, apperr.KindInvalid) || !strings.Contains(err.Error(), "move_long") {
		t.Errorf("a thread of more messages than a Move names is given away: %v", err)
	}
	sql(t, x.one, `update group_thread set posts = 3 where post_id = $1`, x.thread.ID)
	sql(t, x.one, `update host_software set name = 'lemmy' where host = $1`, x.two.Host)
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, to); !apperr.Is(err, apperr.KindInvalid) || !strings.Contains(err.Error(), "move_unable") {
		t.Errorf("a thread goes to a server that knows nothing of it: %v", err)
	}
}

// TestAnOfferStandsThoughAnotherComes: a group cannot have what ours offers forgotten by
// offering our own thread to us.
func TestAnOfferStandsThoughAnotherComes(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Members})
	if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("ana"), x.thread.ID, x.veloAtOne(t)); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	other := create(t, x.two, "bea", "autre", group.Rules{Access: group.Open})
	move := map[string]any{"type": "Move", "actor": other.Account.URI, "object": x.thread.URI, "origin": other.Account.URI, "target": x.logement.Account.URI}
	enqueue(t, x.two, other.AccountID, x.logement.Account.Inbox, as.Activity{Type: "Offer", ID: x.two.URL + "/objects/offer", Actor: other.Account.URI, Object: move,
		Target: x.logement.Account.URI, To: []string{x.logement.Account.URI}, Published: time.Now()})
	x.Settle()
	if list, err := x.one.Groups.Offers(ctx, x.logement.AccountID); err != nil || len(list) != 0 {
		t.Errorf("our own thread is offered to us: %v %v", list, err)
	}
	list, err := x.two.Groups.Offers(ctx, x.velo.AccountID)
	if err != nil || len(list) != 1 {
		t.Fatalf("the moderators are asked %v %v", list, err)
	}
	if err := x.two.Groups.AnswerOffer(ctx, x.two.Viewer("bea"), x.velo.AccountID, list[0].PostID, true); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if !shows(t, x.two, "bea", x.velo.Account.URI, "Les arceaux") {
		t.Error("what was accepted has not come")
	}
}

// TestTransferPages: from the form to the queue of the other group, and the line that stays.
func TestTransferPages(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Members})
	page := "/groupes/logement/" + idString(x.thread.ID)
	ana := x.one.SignIn("ana").Open(page + "/deplacer")
	ana.Submit(page+"/deplacer", map[string]string{"address": ""})
	if ana.Status != 422 || !ana.Has("Choisissez un groupe dans la liste") {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	ana.Open(page+"/deplacer").Submit(page+"/deplacer", map[string]string{"address": "@personne@" + x.two.Host})
	if ana.Status != 422 || !ana.Has("Aucun groupe ne répond à cette adresse") {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	ana.Open(page+"/deplacer").Submit(page+"/deplacer", map[string]string{"address": x.two.Handle("velo")})
	if !ana.Has("Le fil est proposé au groupe") || !ana.Has("On attend sa réponse") {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	x.Settle()
	queue := "/groupes/velo/attente"
	bea := x.two.SignIn("bea").Open(queue)
	if !bea.Has("ana propose de déplacer ici ce fil du groupe @logement@"+x.one.Host) || !bea.Has("Où en mettre") {
		t.Fatalf("the queue: %s", bea.Text())
	}
	// Taken back, then offered again.
	ana.Open(page).Submit(page+"/garder-ici", nil)
	x.Settle()
	if bea.Open(queue); bea.Has("propose de déplacer") {
		t.Errorf("what was taken back is still offered: %s", bea.Text())
	}
	ana.Open(page+"/deplacer").Submit(page+"/deplacer", map[string]string{"address": x.two.Handle("velo")})
	x.Settle()
	list, err := x.two.Groups.Offers(ctx, x.velo.AccountID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	bea.Open(queue).Submit("/groupes/velo/"+idString(list[0].PostID)+"/propose", map[string]string{"acte": "take"})
	x.Settle()
	if bea.Open("/groupes/velo"); !bea.Has("Les arceaux") {
		t.Errorf("the new group: %s", bea.Text())
	}
	for who, n := range map[string]*testkit.Node{"ana": x.one, "dan": x.ofBoth} {
		path := "/groupes/logement"
		if n != x.one {
			path += "@" + x.one.Host
		}
		if b := n.SignIn(who).Open(path); !b.Has("déplacé vers Velo") || !strings.Contains(b.Body, "/groupes/velo@"+x.two.Host+"/") {
			t.Errorf("%s: the old group: %s", who, b.Text())
		}
	}
	if ana.Open(page); ana.URL.Path != "/groupes/velo@"+x.two.Host+"/"+idString(x.thread.ID) || !ana.Has("Réponse de olga") {
		t.Errorf("the old address leads to %s: %s", ana.URL, ana.Text())
	}
	if b := x.one.NewBrowser().Open("/groupes/logement"); !b.Has("déplacé vers Velo") || strings.Contains(b.Body, "/groupes/velo@") {
		t.Errorf("strangers read %s", b.Text())
	}
}

// TestNoGroupMovesAThreadAlone: what one group says counts for nothing while the other has
// not said so too, neither in the other nor in the eyes of readers elsewhere.
func TestNoGroupMovesAThreadAlone(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Members})
	told := func(by *testkit.Node, actor *group.Group, to *testkit.Node) {
		t.Helper()
		move := as.Activity{Type: "Move", ID: by.URL + "/activities/" + actor.Account.Username, Actor: actor.Account.URI, Object: x.thread.URI, Target: x.velo.Account.URI,
			To: []string{as.Public}, Published: time.Now(), Extra: map[string]any{"origin": x.logement.Account.URI}}
		body, err := move.Build()
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, by, actor.AccountID, to.URL+"/inbox", as.Activity{Type: "Announce", ID: move.ID + "/announce", Actor: actor.Account.URI, Object: raw(body), To: []string{as.Public}, Published: time.Now()})
		enqueue(t, by, actor.AccountID, to.URL+"/inbox", move)
		x.Settle()
	}
	told(x.two, x.velo, x.ofBoth) // the other group takes it unasked
	if shows(t, x.ofBoth, "dan", x.velo.Account.URI, "Les arceaux") || !shows(t, x.ofBoth, "dan", x.logement.Account.URI, "Les arceaux") {
		t.Error("a group takes a thread that nobody gave it")
	}
	if _, err := x.two.Posts.Ensure(ctx, x.two.Groups.Fetch, x.thread.URI); err != nil {
		t.Fatal(err)
	}
	told(x.one, x.logement, x.two) // the first gives it unasked
	if shows(t, x.two, "bea", x.velo.Account.URI, "Les arceaux") {
		t.Error("a group is given a thread that it did not accept")
	}
	told(x.one, x.logement, x.ofTwo)
	if shows(t, x.ofTwo, "theo", x.velo.Account.URI, "Les arceaux") {
		t.Error("a group's page shows what it did not take")
	}
}

// TestAModeratorElsewhereMovesAThread between two groups of ours.
func TestAModeratorElsewhereMovesAThread(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	velo, bus := create(t, n, "ana", "velo", group.Rules{Access: group.Open}), create(t, n, "ana", "bus", group.Rules{Access: group.Open})
	_, zoe := follower(t, n, "piefed", velo)
	if _, got, err := zoe.Follow(ctx, bus.Account.URI); err != nil || got.Status != http.StatusAccepted {
		t.Fatal(got, err)
	}
	idle(t, n)
	p := write(t, n, "ana", post.Draft{Title: "La ligne 4", Text: "Où ?", Audience: post.Public, Parts: group.Into(velo.AccountID)})
	move := func(id string) {
		t.Helper()
		send(t, n, zoe, velo.Account.Inbox, as.Activity{Type: "Move", ID: zoe.ID + "/moves/" + id, Actor: zoe.ID, Object: p.URI, Target: bus.Account.URI,
			To: []string{as.Public}, Cc: []string{velo.Account.URI}, Extra: map[string]any{"origin": velo.Account.URI}})
		idle(t, n)
	}
	move("1")
	if !shows(t, n, "ana", velo.Account.URI, "La ligne 4") {
		t.Fatal("who moderates nothing moves a thread")
	}
	m, err := account.ByURI(ctx, n.DB.Read(), zoe.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []*group.Group{velo, bus} {
		if err := n.Groups.SetRole(ctx, n.Viewer("ana"), g.AccountID, m.ID, group.Moderator); err != nil {
			t.Fatal(err)
		}
	}
	move("2")
	if shows(t, n, "ana", velo.Account.URI, "La ligne 4") || !shows(t, n, "ana", bus.Account.URI, "La ligne 4") {
		t.Error("who moderates both from another server moves nothing")
	}
}
