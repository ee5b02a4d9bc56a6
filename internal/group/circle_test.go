package group_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func sql(t *testing.T, n *testkit.Node, q string, args ...any) {
	t.Helper()
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestVotesInAClosedGroup: members of three servers vote in each other's polls, also those whom
// outsiders cannot know; a vote goes by the group's server to the author's, and to no other.
//
// Spec: FEP-9967
func TestVotesInAClosedGroup(t *testing.T) {
	x := newCircle(t, group.Rules{})
	for _, n := range x.Cluster {
		n.Polls.TellAfter = time.Millisecond
	}
	ask := func(n *testkit.Node, who string) *post.Post {
		t.Helper()
		_, p := status(t, n, who, map[string]any{"status": "@cellule@" + x.home.Host + " Quel soir, selon " + who + " ?", "visibility": "public",
			"poll": map[string]any{"options": []string{"Lundi", "Mardi"}, "expires_in": 3600}})
		x.Settle()
		return p
	}
	vote := func(n *testkit.Node, who, uri string) {
		t.Helper()
		p := here(t, n, uri)
		if p == nil {
			t.Fatalf("%s has no poll %s", n.Host, uri)
		}
		var out masto.Poll
		if c := n.Client(who).Post("/api/v1/polls/"+ids.String(p.ID)+"/votes", map[string]any{"choices": []int{1}}, &out); c.Status != 200 {
			t.Fatalf("%s does not vote: %d", who, c.Status)
		}
		x.Settle()
	}
	counted := func(n *testkit.Node, uri string) int {
		t.Helper()
		c, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from poll_vote v join post p on p.id = v.post_id where p.uri = $1 and v.position = 1`, uri)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	far := ask(x.c, "chloe")
	vote(x.b, "bea", far.URI)
	vote(x.home, "ana", far.URI)
	if got := counted(x.c, far.URI); got != 2 {
		t.Errorf("%d votes came to the author's server", got)
	}
	if got := counted(x.home, far.URI); got != 1 { // ana's own
		t.Errorf("the group's server keeps %d votes", got)
	}
	// Everybody learns how many, and nobody who.
	for _, n := range []*testkit.Node{x.home, x.b} {
		told, err := db.Get[int](ctx, n.DB.Read(), `select o.votes from poll_option o join post p on p.id = o.post_id where p.uri = $1 and o.position = 1`, far.URI)
		if err != nil || told != 2 {
			t.Errorf("%s counts %d votes: %v", n.Host, told, err)
		}
	}
	near := ask(x.home, "ana")
	vote(x.b, "bea", near.URI)
	vote(x.c, "chloe", near.URI)
	if got := counted(x.home, near.URI); got != 2 {
		t.Errorf("%d votes came to the group's server", got)
	}
	// Whoever is no member of the group has no vote, though somebody of that server is one.
	boris := x.b.Person("boris", false)
	note, err := as.Note{ID: boris.URI + "#votes/1", AttributedTo: boris.URI, Name: "Mardi", InReplyTo: near.URI, To: []string{x.g.Account.URI}, Published: time.Now()}.Build()
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, x.b, boris.ID, x.g.Account.Inbox, as.Activity{Type: "Create", ID: boris.URI + "#votes/1/activity", Actor: boris.URI, Object: raw(note), To: []string{x.g.Account.URI}})
	enqueue(t, x.b, boris.ID, x.c.URL+"/inbox", as.Activity{Type: "Create", ID: boris.URI + "#votes/2/activity", Actor: boris.URI,
		Object: raw([]byte(strings.ReplaceAll(string(note), near.URI, far.URI))), To: []string{x.g.Account.URI}})
	x.Settle()
	// Nor by a group that the poll is not in.
	other := create(t, x.b, "bea", "autre", group.Rules{Access: group.Movement})
	found(x.c, "autre", x.b.Host)
	vote3, err := as.Activity{Type: "Create", ID: boris.URI + "#votes/3/activity", Actor: boris.URI, To: []string{x.g.Account.URI},
		Object: raw([]byte(strings.ReplaceAll(string(note), near.URI, far.URI)))}.Build()
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, x.b, other.AccountID, x.c.URL+"/inbox", as.Activity{Type: "Announce", ID: other.Account.URI + "#1", Actor: other.Account.URI, Object: raw(vote3), To: []string{other.Account.Followers}})
	x.Settle()
	if counted(x.home, near.URI) != 2 || counted(x.c, far.URI) != 2 {
		t.Error("who is no member voted")
	}
}

func raw(b []byte) json.RawMessage { return b }

// enqueue has one of ours send an activity.
func enqueue(t *testing.T, n *testkit.Node, sender int64, inbox string, a as.Activity) {
	t.Helper()
	body, err := a.Build()
	if err != nil {
		t.Fatal(err)
	}
	err = n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return outbox.Enqueue(ctx, tx, body, sender, outbox.Opts{}, []string{inbox})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheGroupVouches: an author's server gives what was written in a closed group to a third
// server when the group's server says that it has a member there, and to no other.
func TestTheGroupVouches(t *testing.T) {
	x := newCircle(t, group.Rules{})
	if err := x.b.Follows.Unfollow(ctx, x.b.Person("bea", false).ID, x.atB.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	p, err := into(x.c, "chloe", x.atC.ID, "Écrit chez chloe")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	asked := func() bool {
		t.Helper()
		sql(t, x.c, `delete from group_vouch`)
		_, err := x.b.Engine.Ask(ctx, p.URI)
		n, qerr := db.Get[int](ctx, x.c.DB.Read(), `select count(*) from group_vouch where host = $1 and until_ms <= $2`, x.b.Host, time.Now().Add(time.Minute).UnixMilli())
		if qerr != nil || n != 1 {
			t.Fatalf("the group's server was not asked: %d %v", n, qerr)
		}
		if yes, qerr := db.Get[bool](ctx, x.c.DB.Read(), `select yes from group_vouch where host = $1`, x.b.Host); qerr != nil || yes != (err == nil) {
			t.Fatalf("it is not done as the group's server says: %v %v", yes, err)
		}
		return err == nil
	}
	if asked() {
		t.Error("a server without a member reads what a member wrote elsewhere")
	}
	x.follow(t, x.b, "bea", x.atB)
	if !asked() {
		t.Error("a server with a member does not")
	}
	if _, err := x.b.Engine.Ask(ctx, x.g.Account.Followers+"?is_follower="+x.b.URL+"/actor"); err != nil {
		t.Errorf("a server with a member may not ask: %v", err)
	}
	// The author's server leaves, which had just been told that another may read, and comes back.
	if err := x.c.Follows.Unfollow(ctx, x.c.Person("chloe", false).ID, x.atC.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if _, err := x.b.Engine.Ask(ctx, p.URI); err == nil {
		t.Error("a server that left the group gives what was written there to others")
	}
	x.follow(t, x.c, "chloe", x.atC)
	if err := x.b.Follows.Unfollow(ctx, x.b.Person("bea", false).ID, x.atB.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if asked() {
		t.Error("the member left, and the server still reads")
	}
	if _, err := x.b.Engine.Ask(ctx, x.g.Account.Followers+"?is_follower="+x.c.URL+"/actor"); err == nil {
		t.Error("a server without a member learns of others'")
	}
}

// TestMembersAreKeptAlike: the group's server and a member's have come to differ about who is in a
// closed group; the next message makes them agree.
//
// Spec: FEP-8fcf
func TestMembersAreKeptAlike(t *testing.T) {
	x := newCircle(t, group.Rules{})
	for _, who := range []string{"cora", "cyril"} {
		x.c.Person(who, false)
		x.follow(t, x.c, who, x.atC)
	}
	chloe := found(x.home, "chloe", x.c.Host)
	for _, table := range []string{"follow where target_id", "group_member where group_id", "audience_account where scope_id"} {
		sql(t, x.home, `delete from `+table+` = $1 and account_id = $2`, x.g.AccountID, chloe.ID)
	}
	for _, table := range []string{"follow where target_id", "group_member where group_id", "audience_account where scope_id"} {
		sql(t, x.c, `delete from `+table+` = $1 and account_id = $2`, x.atC.ID, x.c.Person("cora", false).ID)
	}
	p, err := into(x.home, "ana", x.g.AccountID, "Qui est là ?")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if reads(t, x.c, "chloe", p.URI) {
		t.Error("whom the group does not count as a member still reads")
	}
	if !reads(t, x.c, "cyril", p.URI) {
		t.Error("a member does not read")
	}
	n, err := db.Get[int](ctx, x.home.DB.Read(), `select count(*) from group_member m join account a on a.id = m.account_id where m.group_id = $1 and a.host = $2 and m.state = 'in'`, x.g.AccountID, x.c.Host)
	if err != nil || n != 1 {
		t.Errorf("the group counts %d members of a server that has one: %v", n, err)
	}
}

// TestAModeratorElsewhereInAClosedGroup: whoever is made a moderator acts from their own server,
// in the pages; other servers hear it of the group.
func TestAModeratorElsewhereInAClosedGroup(t *testing.T) {
	x := newCircle(t, group.Rules{})
	p, err := into(x.c, "chloe", x.atC.ID, "Des insultes")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	path := "/groupes/cellule@" + x.home.Host
	bea := x.b.SignIn("bea").Open(path + "/" + idString(here(t, x.b, p.URI).ID))
	if bea.Has("Animer ce fil") {
		t.Error("a simple member is offered to moderate")
	}
	if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if bea.Open(bea.URL.Path); !bea.Has("Animer ce fil") {
		t.Fatalf("a moderator is offered nothing: %s", bea.Text())
	}
	thread := path + "/" + idString(here(t, x.b, p.URI).ID)
	bea.Submit(thread+"/fil", map[string]string{"acte": "lock"})
	x.Settle()
	for _, n := range []*testkit.Node{x.home, x.b, x.c} {
		locked, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from group_thread t join post p on p.id = t.post_id where p.uri = $1 and t.locked_at <> 0`, p.URI)
		if err != nil || locked != 1 {
			t.Errorf("%s: the thread is open: %v", n.Host, err)
		}
	}
	bea.Open(thread+"/retirer").Submit(thread+"/retirer", map[string]string{"reason": "il insulte"})
	x.Settle()
	for _, n := range []*testkit.Node{x.home, x.b, x.c} {
		if s := stateAt(t, n, p.URI); s != group.Removed {
			t.Errorf("%s: the message is %s", n.Host, s)
		}
	}
	if here(t, x.c, p.URI) == nil {
		t.Error("what was removed is gone from its author's server")
	}
	if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID, group.Member); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if err := x.b.Groups.Restore(ctx, x.b.Viewer("bea"), here(t, x.b, p.URI).ID); err == nil {
		t.Error("who moderates no more acts")
	}
}

// TestTheGroupTakesItsYesBack: the last member's Reject was lost; Undo{Accept} alone ends the
// membership and erases what others wrote.
func TestTheGroupTakesItsYesBack(t *testing.T) {
	x := newCircle(t, group.Rules{})
	p, err := into(x.home, "ana", x.g.AccountID, "À effacer")
	if err != nil {
		t.Fatal(err)
	}
	own, err := into(x.b, "bea", x.atB.ID, "À moi")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	undo := func(n *testkit.Node, sender int64, actor string) {
		t.Helper()
		inner, err := as.Activity{Type: "Accept", ID: actor + "#accept", Actor: actor, Object: x.g.Account.URI}.Build()
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, n, sender, x.b.URL+"/inbox", as.Activity{Type: "Undo", ID: actor + "#undo-accept", Actor: actor, Object: raw(inner), To: []string{x.b.Person("bea", false).URI}})
		x.Settle()
	}
	other := create(t, x.c, "chloe", "autre", group.Rules{Access: group.Movement})
	found(x.b, "autre", x.c.Host)
	undo(x.c, other.AccountID, other.Account.URI)
	if here(t, x.b, p.URI) == nil {
		t.Fatal("another group takes back what is not its own")
	}
	undo(x.home, x.g.AccountID, x.g.Account.URI)
	if here(t, x.b, p.URI) != nil {
		t.Error("the content is still there")
	}
	if here(t, x.b, own.URI) == nil {
		t.Error("what bea wrote is gone")
	}
	if _, err := into(x.b, "bea", x.atB.ID, "Encore"); err == nil {
		t.Error("bea still writes")
	}
}

// TestAskingToJoinAcrossServers: into groups that are entered on request, with a yes and with a no.
func TestAskingToJoinAcrossServers(t *testing.T) {
	for access, audience := range map[string]post.Audience{group.Movement: post.Group, group.Open: post.Public} {
		t.Run(access, func(t *testing.T) {
			c := testkit.NewCluster(t, 3)
			affiliate(t, c)
			home, b, d := c[0], c[1], c[2]
			home.Person("ana", true)
			g := create(t, home, "ana", "atelier", group.Rules{Access: access, Joining: group.Request})
			path := "/groupes/atelier@" + home.Host
			asking := map[string]*testkit.Browser{}
			for who, n := range map[string]*testkit.Node{"bea": b, "dan": d} {
				n.Person(who, access == group.Open)
				found(n, "atelier", home.Host)
				asking[who] = n.SignIn(who).Open(path)
				asking[who].Submit(path+"/rejoindre", nil)
				c.Settle()
				if asking[who].Open(path); !asking[who].Has("Retirer ma demande") {
					t.Fatalf("%s does not wait: %s", who, asking[who].Text())
				}
			}
			ana := home.SignIn("ana")
			for who, acte := range map[string]string{"bea": "accept", "dan": "refuse"} {
				n := map[string]*testkit.Node{"bea": b, "dan": d}[who]
				ana.Open("/groupes/atelier/membres")
				if !ana.Has("Demandes") || !ana.Has("@"+who) {
					t.Fatalf("the question is not shown: %s", ana.Text())
				}
				ana.Submit("/groupes/atelier/membres/"+idString(found(home, who, n.Host).ID), map[string]string{"acte": acte})
				c.Settle()
			}
			p := write(t, home, "ana", post.Draft{Title: "Bienvenue", Text: "Bonjour", Audience: audience, Parts: group.Into(g.AccountID)})
			c.Settle()
			if asking["bea"].Open(path); !asking["bea"].Has("Je participe") || !reads(t, b, "bea", p.URI) {
				t.Errorf("who was accepted is not in: %s", asking["bea"].Text())
			}
			if asking["dan"].Open(path); asking["dan"].Has("Je participe") || asking["dan"].Has("Retirer ma demande") || !asking["dan"].Has("Demander à participer") {
				t.Errorf("who was refused: %s", asking["dan"].Text())
			}
			if access == group.Movement && here(t, d, p.URI) != nil {
				t.Error("the server of who was refused gets what is written")
			}
		})
	}
}
