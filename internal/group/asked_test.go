package group_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// notices counts the notifications of somebody on one of their pages that say all of some words.
func notices(n *testkit.Node, who string, words ...string) bool {
	b := n.SignIn(who).Open("/notifications")
	for _, w := range words {
		if !b.Has(w) {
			return false
		}
	}
	return true
}

// far is a group of one server that somebody of another moderates.
type far struct {
	testkit.Cluster
	a, b   *testkit.Node
	g      *group.Group
	first  *post.Post
	answer *post.Post
	path   string // of the thread at b
}

func newFar(t *testing.T, r group.Rules) *far {
	t.Helper()
	c := testkit.NewCluster(t, 2)
	x := &far{Cluster: c, a: c[0], b: c[1]}
	x.a.Person("ana", true)
	x.b.Person("bob", true)
	if r.Access == group.Movement {
		affiliate(t, c)
	}
	x.g = create(t, x.a, "ana", "velo", r)
	if r.Access == group.Movement {
		bob := found(x.a, "bob", x.b.Host)
		if err := x.a.Groups.Invite(ctx, x.a.Viewer("ana"), x.g.AccountID, bob.ID); err != nil {
			t.Fatal(err)
		}
		c.Settle()
	}
	join(t, x.b, "bob", x.a.Handle("velo"))
	c.Settle()
	learnAll(t, c)
	d := post.Draft{Title: "Les arceaux", Text: "Où ?", Parts: group.Into(x.g.AccountID), Audience: post.Public}
	x.first = write(t, x.a, "ana", d)
	x.answer = write(t, x.a, "ana", post.Draft{Text: "Devant la gare.", ReplyTo: x.first.ID})
	bob := found(x.a, "bob", x.b.Host)
	if err := x.a.Groups.SetRole(ctx, x.a.Viewer("ana"), x.g.AccountID, bob.ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	x.path = "/groupes/velo@" + x.a.Host + "/" + idString(here(t, x.b, x.first.URI).ID)
	return x
}

// demote takes bob's role at the group's server alone, whose word on that is lost.
func (x *far) demote(t *testing.T) {
	t.Helper()
	sql(t, x.a, `update group_member set role = 'member' where account_id = $1`, found(x.a, "bob", x.b.Host).ID)
}

// TestARefusedActIsTold: whoever moderates a group from elsewhere is told that its server did not
// do what they asked for, and why; their pages show nothing that did not happen.
func TestARefusedActIsTold(t *testing.T) {
	acts := map[string]struct {
		do    func(x *far, thread, answer, zoe int64) error
		words string
	}{
		"lock": {func(x *far, thread, _, _ int64) error { return x.b.Groups.Lock(ctx, x.b.Viewer("bob"), thread, true) }, "Clore le fil"},
		"pin":  {func(x *far, thread, _, _ int64) error { return x.b.Groups.Pin(ctx, x.b.Viewer("bob"), thread, true) }, "Épingler le fil"},
		"remove": {func(x *far, _, answer, _ int64) error {
			return x.b.Groups.Remove(ctx, x.b.Viewer("bob"), answer, "hors sujet")
		}, "Retirer un message"},
		"ban": {func(x *far, _, _, zoe int64) error {
			return x.b.Groups.Ban(ctx, x.b.Viewer("bob"), remoteAt0(x).AccountID, zoe, "insultes")
		}, "Exclure zoe"},
		"sum": {func(x *far, thread, _, _ int64) error {
			return x.b.Groups.Summarise(ctx, x.b.Viewer("bob"), thread, group.Summary{Agreed: "À la gare"})
		}, "Écrire la synthèse"},
	}
	for _, access := range []string{group.Open, group.Movement} {
		t.Run(access, func(t *testing.T) {
			x := newFar(t, group.Rules{Access: access, Posting: group.Members})
			zoe := x.b.Person("zoe", true)
			x.b.Person("eli", true)
			x.demote(t)
			thread, answer := here(t, x.b, x.first.URI).ID, here(t, x.b, x.answer.URI).ID
			for name, act := range acts {
				if err := act.do(x, thread, answer, zoe.ID); err != nil {
					t.Fatal(name, err)
				}
			}
			x.Settle()
			told := x.b.SignIn("bob").Open("/notifications")
			b := x.b.SignIn("bob").Open(x.path)
			if b.Has("Clos ouvert") || b.Has("Épinglé") || b.Has("À la gare") || !b.Has("Devant la gare") {
				t.Errorf("the page shows what did not happen: %s", b.Text())
			}
			for name, act := range acts {
				why := "Cela revient à la modération du groupe."
				if name == "pin" || name == "sum" {
					why = "Cela revient à qui anime le groupe."
				}
				words := act.words + " : le serveur " + x.a.Host + " n’a pas fait ce que vous avez demandé. Rien n’a changé. Sa réponse : " + why
				if !told.Has("Velo") || !told.Has(words) {
					t.Errorf("%s: bob is not told: %s", name, told.Text())
				}
				if name != "ban" && !b.Has(words) {
					t.Errorf("%s: the page of the thread does not say it: %s", name, b.Text())
				}
			}
			if other := x.b.SignIn("zoe").Open("/notifications"); other.Has("Velo") {
				t.Errorf("somebody else is told: %s", other.Text())
			}
			// And what takes them back: the group closed, pinned, removed and banned meanwhile.
			ana := x.a.Viewer("ana")
			for _, err := range []error{x.a.Groups.Lock(ctx, ana, x.first.ID, true), x.a.Groups.Pin(ctx, ana, x.first.ID, true),
				x.a.Groups.Remove(ctx, ana, x.answer.ID, "hors sujet"), x.a.Groups.Ban(ctx, ana, x.g.AccountID, found(x.a, "eli", x.b.Host).ID, "insultes")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			x.Settle()
			bob, eli := x.b.Viewer("bob"), x.b.Person("eli", true)
			for _, err := range []error{x.b.Groups.Lock(ctx, bob, thread, false), x.b.Groups.Pin(ctx, bob, thread, false),
				x.b.Groups.Restore(ctx, bob, answer), x.b.Groups.Unban(ctx, bob, remoteAt0(x).AccountID, eli.ID)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			x.Settle()
			told.Open("/notifications")
			for _, what := range []string{"Rouvrir le fil", "Ne plus épingler le fil", "Rétablir un message", "Réadmettre eli"} {
				if !told.Has(what + " : le serveur " + x.a.Host + " n’a pas fait ce que vous avez demandé.") {
					t.Errorf("%s: bob is not told: %s", what, told.Text())
				}
			}
			if b.Open(x.path); !b.Has("Clos ouvert") || !b.Has("Épinglé") || b.Has("Devant la gare") {
				t.Errorf("the page shows what did not happen: %s", b.Text())
			}
			// Of a closed group nobody hears any more who left it.
			if err := x.b.Groups.Leave(ctx, x.b.Viewer("bob"), found(x.b, "velo", x.a.Host).ID); err != nil {
				t.Fatal(err)
			}
			x.Settle()
			if told := x.b.SignIn("bob").Open("/notifications"); told.Has("Rouvrir le fil") != (access == group.Open) {
				t.Errorf("after leaving: %s", told.Text())
			}
		})
	}
}

func remoteAt0(x *far) *group.Group {
	a := found(x.b, "velo", x.a.Host)
	g, err := group.Any(ctx, x.b.DB.Read(), a.ID)
	if err != nil {
		panic(err)
	}
	return g
}

// TestWhatIsDoneIsNoNews: what the group's server did is told nobody, and stands nowhere as asked for.
func TestWhatIsDoneIsNoNews(t *testing.T) {
	for _, access := range []string{group.Open, group.Movement} {
		x := newFar(t, group.Rules{Access: access, Posting: group.Members})
		bob := x.b.Viewer("bob")
		thread := here(t, x.b, x.first.URI).ID
		for _, err := range []error{x.b.Groups.Lock(ctx, bob, thread, true), x.b.Groups.Pin(ctx, bob, thread, true),
			x.b.Groups.Remove(ctx, bob, here(t, x.b, x.answer.URI).ID, "hors sujet"), x.b.Groups.Summarise(ctx, bob, thread, group.Summary{Agreed: "La gare"})} {
			if err != nil {
				t.Fatal(err)
			}
		}
		x.Settle()
		b := x.b.SignIn("bob").Open(x.path)
		if !b.Has("Clos ouvert") || !b.Has("Épinglé") || b.Has("On attend") || b.Has("n’a pas fait") {
			t.Errorf("%s: %s", access, b.Text())
		}
		x.later(t, 48*time.Hour)
		if notices(x.b, "bob", "Velo", "demandé") {
			t.Errorf("%s: bob is told: %s", access, x.b.SignIn("bob").Open("/notifications").Text())
		}
	}
}

// later has what is to be looked at by then looked at now.
func (x *far) later(t *testing.T, d time.Duration) {
	t.Helper()
	sql(t, x.b, `update job set run_at = 0 where kind = 'group.asked' and run_at < $1`, time.Now().Add(d).UnixMilli())
	x.b.Jobs.Wake()
	x.Settle()
}

// TestNobodyAnswers: a server that says nothing for a day is told about.
func TestNobodyAnswers(t *testing.T) {
	x := newFar(t, group.Rules{Access: group.Open, Posting: group.Members})
	thread := here(t, x.b, x.first.URI).ID
	sql(t, x.b, `delete from delivery`)
	if err := x.b.Groups.Lock(ctx, x.b.Viewer("bob"), thread, true); err != nil {
		t.Fatal(err)
	}
	sql(t, x.b, `delete from delivery`) // it never arrives
	if b := x.b.SignIn("bob").Open(x.path); !b.Has("Clore le fil : c’est demandé. On attend la réponse de " + x.a.Host) {
		t.Errorf("the page does not say what is asked for: %s", b.Text())
	}
	x.later(t, 23*time.Hour)
	if notices(x.b, "bob", "Velo", "Clore le fil") {
		t.Fatal("bob is told too early")
	}
	x.later(t, 25*time.Hour)
	if !notices(x.b, "bob", "Velo", "Clore le fil", "pas répondu") {
		t.Errorf("bob is not told: %s", x.b.SignIn("bob").Open("/notifications").Text())
	}
	if b := x.b.SignIn("bob").Open(x.path); b.Has("Clos ouvert") || !b.Has("pas répondu") {
		t.Errorf("%s", b.Text())
	}
}

// TestTheOtherGroupRefuses: whoever asked another server's group to give a thread away is told when nobody takes it.
func TestTheOtherGroupRefuses(t *testing.T) {
	x := newBetween(t, group.Rules{Posting: group.Members})
	dan := found(x.one, "dan", x.ofBoth.Host)
	if err := x.one.Groups.SetRole(ctx, x.one.Viewer("ana"), x.logement.AccountID, dan.ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	thread := threadAt(t, x.ofBoth, x.logement.Account.URI, "Les arceaux").PostID
	to := remoteAt(t, x.ofBoth, x.velo).AccountID
	if err := x.ofBoth.Groups.MoveTo(ctx, x.ofBoth.Viewer("dan"), thread, to); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	offers, err := x.two.Groups.Offers(ctx, x.velo.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range offers {
		if err := x.two.Groups.AnswerOffer(ctx, x.two.Viewer("bea"), x.velo.AccountID, o.PostID, false); err != nil {
			t.Fatal(err)
		}
	}
	x.Settle()
	if !notices(x.ofBoth, "dan", "Logement", "Déplacer le fil", "Velo") {
		t.Errorf("dan is not told: %s", x.ofBoth.SignIn("dan").Open("/notifications").Text())
	}
	// And of what the first server refuses itself.
	sql(t, x.one, `update group_member set role = 'member' where account_id = $1`, dan.ID)
	if err := x.ofBoth.Groups.MoveTo(ctx, x.ofBoth.Viewer("dan"), thread, to); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if !notices(x.ofBoth, "dan", "Logement", "Déplacer le fil", "la modération") {
		t.Errorf("dan is not told why: %s", x.ofBoth.SignIn("dan").Open("/notifications").Text())
	}
}

// TestOnlyTheGroupsServerRefuses: what others say of an act changes nothing; a stranger is answered for
// an open group, once, and hears nothing of a closed one.
func TestOnlyTheGroupsServerRefuses(t *testing.T) {
	for _, access := range []string{group.Open, group.Movement} {
		x := newFar(t, group.Rules{Access: access, Posting: group.Members})
		p := peer.New(peer.Options{Software: "mastodon"})
		t.Cleanup(p.Close)
		eve := p.Actor("eve")
		lock := as.Activity{Type: "Lock", ID: p.NewID("locks"), Actor: eve.ID, Object: x.first.URI, To: []string{x.g.Account.URI}, Audience: x.g.Account.URI}
		for range 2 {
			if _, err := eve.Send(ctx, x.g.Account.Inbox, lock); err != nil {
				t.Fatal(err)
			}
			x.Settle()
		}
		want := map[string]int{group.Open: 1}[access]
		if got := len(p.Received(peer.Posted("Reject"))); got != want || access != group.Open && len(p.Received(func(r peer.Request) bool { return r.Method == "POST" })) != 0 {
			t.Errorf("%s: %d answers, want %d", access, got, want)
		}
		if locked, err := db.Get[int](ctx, x.a.DB.Read(), `select count(*) from group_thread where locked_at <> 0`); err != nil || locked != 0 {
			t.Error("a stranger closes a thread")
		}
		thread := here(t, x.b, x.first.URI).ID
		sql(t, x.a, `update account set suspended_at = 1 where host = $1`, x.b.Host) // nothing is answered
		if err := x.b.Groups.Lock(ctx, x.b.Viewer("bob"), thread, true); err != nil {
			t.Fatal(err)
		}
		x.Settle()
		uri, err := db.Get[string](ctx, x.b.DB.Read(), `select uri from group_ask`)
		if err != nil {
			t.Fatal(err)
		}
		reject := as.Activity{Type: "Reject", ID: p.NewID("no"), Actor: eve.ID, Object: as.Activity{Type: "Lock", ID: uri, Actor: x.b.Person("bob", true).URI, Object: x.first.URI}, To: []string{x.b.Person("bob", true).URI}}
		if _, err := eve.Send(ctx, x.b.Person("bob", true).Inbox, reject); err != nil {
			t.Fatal(err)
		}
		x.Settle()
		if notices(x.b, "bob", "Clore le fil") {
			t.Error("a stranger refuses for the group")
		}
	}
}

// TestAnOfferOutlivesItsModerator: who offered a thread is gone, or moderates no more, when the other group
// takes it: it moves all the same, in the name of the group.
func TestAnOfferOutlivesItsModerator(t *testing.T) {
	for name, gone := range map[string]string{"gone": `update group_transfer set by_id = 0`, "no moderator": `update group_member set role = 'member' where account_id in (select by_id from group_transfer)`} {
		t.Run(name, func(t *testing.T) {
			x := newBetween(t, group.Rules{Posting: group.Members})
			x.one.Person("max", true)
			if err := x.one.Groups.Join(ctx, x.one.Viewer("max"), x.logement.AccountID); err != nil {
				t.Fatal(err)
			}
			if err := x.one.Groups.SetRole(ctx, x.one.Viewer("ana"), x.logement.AccountID, x.one.Person("max", true).ID, group.Moderator); err != nil {
				t.Fatal(err)
			}
			if err := x.one.Groups.MoveTo(ctx, x.one.Viewer("max"), x.thread.ID, x.veloAtOne(t)); err != nil {
				t.Fatal(err)
			}
			x.Settle()
			sql(t, x.one, gone)
			offers, err := x.two.Groups.Offers(ctx, x.velo.AccountID)
			if err != nil || len(offers) != 1 {
				t.Fatal(offers, err)
			}
			if err := x.two.Groups.AnswerOffer(ctx, x.two.Viewer("bea"), x.velo.AccountID, offers[0].PostID, true); err != nil {
				t.Fatal(err)
			}
			x.Settle()
			for _, n := range []*testkit.Node{x.one, x.two, x.ofBoth} {
				if !shows(t, n, "zoe", x.velo.Account.URI, "Les arceaux") {
					t.Errorf("%s does not have it in its new group", n.Host)
				}
			}
			said, err := db.All[string](ctx, x.two.DB.Read(), `select reason from group_word where kind = 'gave'`)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range said {
				if strings.Contains(s, x.one.Person("max", true).URI) {
					t.Errorf("it is given in the name of who moderates no more: %s", s)
				}
			}
			who, err := db.All[string](ctx, x.ofBoth.DB.Read(), `select reason from group_word where kind = 'gave'`)
			if err != nil || len(who) == 0 || strings.Contains(strings.Join(who, " "), x.one.Person("max", true).URI) {
				t.Errorf("readers hear of it as %v, %v", who, err)
			}
		})
	}
}

// TestWhatIsElsewhereIsAsWhatIsNot: who knows the address of something that a group does not have learns
// from the answers of the group nothing of whether it is on its server: a member of a closed group
// elsewhere would else be found by asking for its posts.
//
// Spec: P1; Spec: OR8
func TestWhatIsElsewhereIsAsWhatIsNot(t *testing.T) {
	x := newCircle(t, group.Rules{})
	open := create(t, x.b, "bea", "ouvert", group.Rules{Access: group.Open, Joining: group.Free, Posting: group.Members})
	closed, err := into(x.home, "ana", x.g.AccountID, "Entre nous")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if here(t, x.b, closed.URI) == nil {
		t.Fatal("the server of a member has nothing of the group")
	}
	section := write(t, x.b, "bea", post.Draft{Text: "Pour la section", Audience: post.Section})
	gone := write(t, x.b, "bea", post.Draft{Text: "Pour la section", Audience: post.Section})
	if _, err := x.b.Posts.Delete(ctx, x.b.Viewer("bea"), gone.ID); err != nil {
		t.Fatal(err)
	}
	p := peer.New(peer.Options{Software: "mastodon"})
	t.Cleanup(p.Close)
	eve := p.Actor("eve")
	for what, uri := range map[string]string{"nothing": x.home.URL + "/objects/jamais", "a closed group's": closed.URI, "the section's": section.URI, "deleted": gone.URI} {
		for kind, a := range map[string]as.Activity{
			"Lock": {Type: "Lock", Object: uri},
			"Undo": {Type: "Undo", Object: as.Activity{Type: "Lock", ID: p.NewID("locks"), Actor: eve.ID, Object: uri}},
		} {
			before := p.Received(peer.Posted("Reject"))
			a.ID, a.Actor, a.To, a.Audience = p.NewID("acts"), eve.ID, []string{open.Account.URI}, open.Account.URI
			send(t, x.b, eve, open.Account.Inbox, a)
			x.Settle()
			got := p.Received(peer.Posted("Reject"))
			if len(got) != len(before)+1 || !strings.Contains(got[len(got)-1].Doc.Content(), "dans le groupe") {
				t.Errorf("%s of %s: %d answers", kind, what, len(got)-len(before))
			}
		}
	}
}

// TestAFloodOfActsIsNotAnswered: a server that sends a group act after act is told why for some of them, and
// no more is kept.
func TestAFloodOfActsIsNotAnswered(t *testing.T) {
	n := testkit.New(t)
	g := create(t, n, "ana", "ouvert", group.Rules{Access: group.Open, Joining: group.Free, Posting: group.Members})
	p := peer.New(peer.Options{Software: "mastodon"})
	t.Cleanup(p.Close)
	for i := range 2 * group.MaxRefusals {
		a := p.Actor("eve" + strconv.Itoa(i%4))
		if _, err := a.Send(ctx, g.Account.Inbox, as.Activity{Type: "Lock", ID: p.NewID("locks"), Actor: a.ID, Object: n.URL + "/objects/jamais", To: []string{g.Account.URI}}); err != nil {
			t.Fatal(err)
		}
	}
	idle(t, n)
	kept, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from group_refusal`)
	// On PostgreSQL some are looked at in the same moment, none of which sees the others.
	if got := len(p.Received(peer.Posted("Reject"))); err != nil || got < group.MaxRefusals || got > group.MaxRefusals*3/2 || kept != got {
		t.Errorf("%d answers, %d kept: %v", got, kept, err)
	}
	sql(t, n, `update group_refusal set at = 1`)
	send(t, n, p.Actor("eve"), g.Account.Inbox, as.Activity{Type: "Lock", ID: p.NewID("locks"), Actor: p.Actor("eve").ID, Object: n.URL + "/objects/jamais", To: []string{g.Account.URI}})
	idle(t, n)
	if kept, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from group_refusal`); err != nil || kept != 1 {
		t.Errorf("%d kept of long ago: %v", kept, err)
	}
}
