package event_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// pending counts the invitations that have no answer.
func pending(t *testing.T, n *testkit.Node, p *post.Post) int {
	t.Helper()
	return len(rowsWhere[struct{ AccountID int64 }](t, n, `select account_id from meeting_invite where post_id = $1`, p.ID))
}

// TestInviteElsewhere: the organiser invites people of another server. Each alone
// gets the Invite; they accept, hesitate, refuse, or join; somebody who was not
// invited answers in vain; who only was invited hears of a change.
func TestInviteElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	far := peer.New(peer.Options{Software: "smithereen"})
	defer far.Close()
	third := peer.New(peer.Options{})
	defer third.Close()
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	at := event.Path + "/" + idOf(p)
	ana := n.SignIn("ana").Open(at).Click("Inviter quelqu’un")
	invite := func(a *peer.Actor) as.Doc {
		t.Helper()
		ana.Open(at+"/inviter").Submit(at+"/inviter", map[string]string{"who": "@" + a.Handle()})
		if !ana.Has("L’invitation à " + a.Name + " est partie") {
			t.Fatalf("%d: %s", ana.Status, ana.Text())
		}
		settle(t, n)
		all := far.Received(peer.Posted("Invite"))
		if a.Handle() == "pat@"+third.Host {
			all = third.Received(peer.Posted("Invite"))
		}
		return *mustParse(t, all[len(all)-1].Body)
	}
	accepts, joins, hesitates, refuses, silent := far.Actor("bob"), far.Actor("kim"), far.Actor("lou"), far.Actor("eve"), third.Actor("pat")
	for _, a := range []*peer.Actor{accepts, joins, hesitates, refuses, silent} {
		d := invite(a)
		if to := d.To(); len(to) != 1 || to[0] != a.ID || d.Target().ID() != a.ID || d.Object().ID() != p.URI || d.String("actor") != n.Person("ana", true).URI {
			t.Fatalf("%s", d.Bytes)
		}
		answer := map[*peer.Actor]string{accepts: "Accept", hesitates: "TentativeAccept", refuses: "Reject", joins: "Join"}[a]
		act := as.Activity{Type: answer, ID: a.ID + "#answer", Actor: a.ID, Object: json.RawMessage(d.Bytes)}
		switch a {
		case silent:
			mal := far.Actor("mal") // answers what was for another
			act = as.Activity{Type: "Accept", ID: mal.ID + "#answer", Actor: mal.ID, Object: json.RawMessage(d.Bytes)}
			a = mal
		case hesitates:
			act.Object = d.ID() // some name only the id
		case joins:
			act.Object = p.URI
		}
		for range 2 { // twice is once
			if got, err := a.Send(ctx, n.Person("ana", true).Inbox, act); err != nil || got.Status != 202 {
				t.Fatal(got, err)
			}
			settle(t, n)
		}
	}
	got := map[string]int{}
	for _, r := range rowsOf(t, n, p.ID) {
		got[r.Answer+" "+r.State]++
	}
	if len(got) != 3 || got["room in"] != 2 || got["maybe in"] != 1 || got["no in"] != 1 || pending(t, n, p) != 1 {
		t.Errorf("%v, %d wait", got, pending(t, n, p))
	}
	if ana.Open(at + "/inviter"); !ana.Has("pat") || ana.Has("@bob@") {
		t.Error(ana.Text())
	}
	for who, want := range map[string]string{"@" + silent.Handle(): "n’a pas encore répondu", "@" + accepts.Handle(): "a déjà répondu", "@nobody@" + far.Host: "Personne n’a été trouvé", "a b": "Personne n’a été trouvé",
		"@ana": "vous y êtes déjà"} {
		if ana.Open(at+"/inviter").Submit(at+"/inviter", map[string]string{"who": who}); ana.Status != http.StatusUnprocessableEntity || !ana.Has(want) {
			t.Errorf("%s: %d %s", who, ana.Status, ana.Text())
		}
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Postponed, ""); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if len(third.Received(peer.Posted("Update"))) == 0 {
		t.Error("who is invited does not hear of a change")
	}
	ana.Open(at+"/inviter").Submit(at+"/inviter", map[string]string{"drop": fmt.Sprint(rowsWhere[struct{ AccountID int64 }](t, n, `select account_id from meeting_invite`)[0].AccountID)})
	settle(t, n)
	if pending(t, n, p) != 0 || len(third.Received(peer.Posted("Undo", "Invite"))) != 1 {
		t.Error("the invitation is not taken back")
	}
	if other := n.SignIn("bob").Open(at + "/inviter"); other.Status != http.StatusNotFound {
		t.Errorf("somebody else invites: %d", other.Status)
	}
}

// TestInvitedFromElsewhere: a member of one section is invited to a meeting of another,
// sees by whom, hesitates, then comes; the organiser sees each answer. Somebody
// else there refuses.
func TestInvitedFromElsewhere(t *testing.T) {
	n, far := testkit.New(t), testkit.New(t)
	n.Person("ana", true)
	far.Person("mia", true)
	far.Person("max", true)
	both := testkit.Cluster{n, far}
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	for _, who := range []string{"mia", "max"} {
		if _, err := service(n).Invite(ctx, n.Viewer("ana"), p.ID, far.Handle(who)); err != nil {
			t.Fatal(err)
		}
	}
	both.Settle()
	mia := far.SignIn("mia").Open("/notifications")
	if !mia.Has("ana vous invite à une réunion") || !mia.Has("Réunion de section : le budget") || !mia.Has("Maison des associations") {
		t.Fatal(mia.Text())
	}
	there := rowsWhere[struct{ PostID int64 }](t, far, `select post_id from meeting_invite`)
	if len(there) != 2 {
		t.Fatal(there)
	}
	at := event.Path + "/" + fmt.Sprint(there[0].PostID)
	if mia.Open(at); !mia.Has("ana vous invite.") {
		t.Fatal(mia.Text())
	}
	answers := func(who *testkit.Browser, answer, want string) {
		t.Helper()
		who.Open(at).Submit(at+"/reponse", map[string]string{"answer": answer})
		both.Settle()
		list := n.SignIn("ana").Open(event.Path + "/" + idOf(p) + "/inscrits")
		if !list.Has(want) {
			t.Errorf("no %q: %s", want, list.Text())
		}
	}
	answers(mia, "maybe", "Peut-être")
	answers(mia, "room", "Dans la salle")
	if mia.Open(at); !mia.Has("Votre place est retenue") || mia.Has("vous invite") {
		t.Error(mia.Text())
	}
	answers(far.SignIn("max"), "no", "Ne peuvent pas venir")
	if pending(t, n, p) != 0 || len(rowsWhere[struct{ PostID int64 }](t, far, `select post_id from meeting_invite`)) != 0 {
		t.Error("invitations are left that were answered")
	}
	if len(rowsOf(t, n, p.ID)) != 2 {
		t.Errorf("%+v", rowsOf(t, n, p.ID))
	}
}

// TestInviteIsNoDoor: an Invite brings nothing of another server than that of who
// invites, nothing from who is blocked, and is forgotten when it is taken back.
func TestInviteIsNoDoor(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	far, third := peer.New(peer.Options{}), peer.New(peer.Options{})
	defer far.Close()
	defer third.Close()
	bob := far.Actor("bob")
	meeting := func(by *peer.Actor, of *peer.Peer) string {
		note, _ := by.Note("<p>Venez</p>", func(x *as.Note) {
			x.Type, x.Name, x.To = "Event", "Fête", []string{as.Public}
			x.Extra = map[string]any{"startTime": time.Now().AddDate(0, 0, 9).UTC().Format(time.RFC3339), "endTime": time.Now().AddDate(0, 0, 9).Add(time.Hour).UTC().Format(time.RFC3339)}
		})
		body, err := note.Build()
		if err != nil {
			t.Fatal(err)
		}
		of.Serve(note.ID, body)
		return note.ID
	}
	send := func(a as.Activity) {
		t.Helper()
		if got, err := bob.Send(ctx, ana.Inbox, a); err != nil || got.Status != 202 {
			t.Fatal(got, err)
		}
		settle(t, n)
	}
	waiting := func() int { return len(rowsWhere[struct{ PostID int64 }](t, n, `select post_id from meeting_invite`)) }
	foreign := meeting(third.Actor("zed"), third)
	send(as.Activity{Type: "Invite", ID: bob.ID + "#1", Actor: bob.ID, Object: foreign, Target: ana.URI, To: []string{ana.URI}})
	if waiting() != 0 || len(third.Requests()) != 0 {
		t.Errorf("we fetch from whom others name: %d, %d", waiting(), len(third.Requests()))
	}
	own := meeting(bob, far)
	invite := as.Activity{Type: "Invite", ID: bob.ID + "#2", Actor: bob.ID, Object: own, Target: ana.URI, To: []string{ana.URI}}
	send(invite)
	if b := n.SignIn("ana").Open("/notifications"); waiting() != 1 || !b.Has("vous invite à une réunion") {
		t.Fatalf("%d: %s", waiting(), b.Text())
	}
	send(as.Activity{Type: "Undo", ID: bob.ID + "#3", Actor: bob.ID, Object: invite})
	if b := n.SignIn("ana").Open("/notifications"); waiting() != 0 || b.Has("vous invite à une réunion") {
		t.Errorf("%d: %s", waiting(), b.Text())
	}
	them, err := n.Engine.Resolve(ctx, bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Relations.Block(ctx, ana.ID, them.ID); err != nil {
		t.Fatal(err)
	}
	invite.ID, invite.Object = bob.ID+"#4", meeting(far.Actor("lou"), far) // she is blocked by nobody
	send(invite)
	if waiting() != 0 {
		t.Error("who is blocked invites")
	}
}

// TestInviteHere: a member is invited, sees it in the pages and, as a mention, in
// their app; nobody is invited to what they may not read.
func TestInviteHere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	guest := n.Person("gus", true)
	run(t, n, `update login set member = $2 where account_id = $1`, guest.ID, false)
	p := make1(t, n, "ana", nil)
	if _, err := service(n).Invite(ctx, n.Viewer("ana"), p.ID, "@bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := service(n).Invite(ctx, n.Viewer("ana"), p.ID, "@gus"); err == nil || !strings.Contains(err.Error(), "event.cannot_read") {
		t.Errorf("a guest is invited to what is for the section: %v", err)
	}
	bob := n.SignIn("bob").Open("/notifications")
	if !bob.Has("ana vous invite à une réunion") {
		t.Fatal(bob.Text())
	}
	var list []masto.Notification
	app := &testkit.Client{T: t, Base: n.URL, Token: n.Token("bob")}
	app.Get("/api/v1/notifications?types[]=mention", &list)
	if len(list) != 1 || list[0].Type != "mention" || list[0].Status == nil {
		t.Errorf("%+v", list)
	}
	app.Get("/api/v1/notifications?exclude_types[]=mention", &list)
	if len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if _, err := say(n, "bob", p, event.Room, 0); err != nil || pending(t, n, p) != 0 {
		t.Error("the invitation is not settled", err)
	}
	// What happens to it has words of its own.
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) { d.Place = "Salle des fêtes" })); err != nil {
		t.Fatal(err)
	}
	if bob.Open("/notifications"); !bob.Has("a changé la date ou le lieu d’une réunion où vous allez") || !bob.Has("Salle des fêtes") || bob.Has("a modifié un message") {
		t.Error(bob.Text())
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	if bob.Open("/notifications"); !bob.Has("annule une réunion où vous alliez") {
		t.Error(bob.Text())
	}
	app.Get("/api/v1/notifications?types[]=update", &list)
	if len(list) != 2 || list[0].Type != "update" {
		t.Errorf("%+v", list)
	}
}
