package event_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// bureau makes a body in whose name bob and cleo act; ana administers.
func bureau(t *testing.T, n *testkit.Node) (*organe.Organe, *auth.Viewer) {
	t.Helper()
	admin(t, n, "ana")
	ana := &auth.Viewer{AccountID: n.Person("ana", true).ID, Role: auth.RoleAdmin, Member: true, Lang: "fr"}
	o, err := n.Organes.Create(ctx, ana, "bureau", organe.Said{Name: "Bureau de la section", Note: "Le lundi."})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"bob", "cleo"} {
		n.Person(who, false)
		if _, err := n.Organes.Appoint(ctx, ana, o.AccountID, who); err != nil {
			t.Fatal(err)
		}
	}
	return o, ana
}

func admin(t *testing.T, n *testkit.Node, name string) {
	t.Helper()
	id := n.Person(name, true).ID
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetRole(ctx, tx, id, auth.RoleAdmin) }); err != nil {
		t.Fatal(err)
	}
}

// TestEachServerReadsMeetingsOfABody: the Event is the body's own for each kind of
// server that follows it, once, and names nobody who acted; the group of the
// section does not say it too.
func TestEachServerReadsMeetingsOfABody(t *testing.T) {
	n := testkit.New(t)
	o, _ := bureau(t, n)
	id, err := db.Get[int64](ctx, n.DB.Read(), `select id from account where host = '' and kind = $1`, account.Group)
	if err != nil {
		t.Fatal(err)
	}
	section, err := account.ByID(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	followed := map[string]string{"mobilizon": o.Account.URI, "gancio": o.Account.URI, "friendica": o.Account.URI, "wordpress": o.Account.URI, "piefed": o.Account.URI,
		"mastodon": o.Account.URI, "of the section": section.URI}
	peers := map[string]*peer.Peer{}
	for name, of := range followed {
		software := name
		if of == section.URI {
			software = "mobilizon"
		}
		p := peer.New(peer.Options{Software: software})
		defer p.Close()
		a := p.Actor("rui")
		if _, answer, err := a.Follow(ctx, of); err != nil || answer.Status != http.StatusAccepted {
			t.Fatal(answer, err)
		}
		settle(t, n)
		run(t, n, `insert into host_software (host, name, checked_at) select host, $2, 1 from account where uri = $1 on conflict (host) do update set name = excluded.name`, a.ID, software)
		peers[name] = p
	}
	p := make1(t, n, "bob", func(d *event.Draft) { d.OrganeID, d.Audience = o.AccountID, post.Public })
	settle(t, n)
	if err := service(n).SetStatus(ctx, n.Viewer("cleo"), p.ID, event.Cancelled, "Salle fermée"); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	readers := map[string]func([]byte) error{
		"mobilizon": func(b []byte) error { return peer.MobilizonReadsEvent(b, o.Account.URI) }, "gancio": peer.GancioReadsEvent, "friendica": peer.FriendicaReadsEvent,
		"wordpress": func(b []byte) error { return peer.EventBridgeReadsEvent(b, o.Account.URI) }, "piefed": peer.PieFedReadsEvent,
		"mastodon": func(b []byte) error { _, err := peer.MastodonShowsEvent(b); return err },
	}
	for name, far := range peers {
		got := far.Received(func(r peer.Request) bool { return strings.Contains(string(r.Body), `"Event"`) })
		read := readers[name]
		if read == nil {
			if len(got) != 0 {
				t.Errorf("%s hears of the body", name)
			}
			continue
		}
		if len(got) != 2 {
			t.Errorf("%s got %d of it", name, len(got))
		}
		for _, r := range got {
			d := mustParse(t, r.Body)
			e := d.Object().Doc()
			if err := read(r.Body); err != nil || d.Actor() != o.Account.URI || e.AttributedTo() != o.Account.URI || e.ID() != p.URI ||
				!strings.Contains(string(r.Body), `"organizers":{"items":["`+o.Account.URI+`"],"totalItems":1,"type":"Collection"}`) {
				t.Errorf("%s: %v %s", name, err, r.Body)
			}
		}
		for _, who := range []string{`"bob"`, "@bob", `"cleo"`, "@cleo", n.Person("bob", false).URI} {
			if far.Mentions(who) {
				t.Errorf("%s hears of %s", name, who)
			}
		}
	}
	if answer, err := peers["of the section"].Actor("x").Get(ctx, n.URL+event.Path+"/"+idOf(p)+"/evenement"); err != nil || answer.Status != http.StatusNotFound {
		t.Errorf("the section has it as its own: %v %v", answer, err)
	}
}

// TestNobodyElseSpeaksForABody tries every road to a body's voice.
func TestNobodyElseSpeaksForABody(t *testing.T) {
	n := testkit.New(t)
	o, ana := bureau(t, n)
	n.Person("dan", true)
	p := make1(t, n, "bob", func(d *event.Draft) { d.OrganeID, d.Audience = o.AccountID, post.Public })
	settle(t, n)
	posts := func() int {
		t.Helper()
		settle(t, n)
		all, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post where account_id = $1 or title = 'Forgée'`, o.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	// Pages: the form of others offers no name, and one that is made up is refused; so is each page of who organises.
	form := map[string]string{"title": "Forgée", "kind": "meeting", "audience": "public", "day": soon(3), "from": "18:00", "to": "20:00", "zone": "Europe/Paris", "place": "Ici", "as": ids.String(o.AccountID)}
	for _, who := range []string{"dan", "ana"} {
		b := n.SignIn(who).Open(event.Path + "/nouvelle?organe=" + ids.String(o.AccountID))
		if b.Has("Au nom de") {
			t.Errorf("%s is offered it", who)
		}
		if b.Submit(event.Path+"/nouvelle", form); b.Status != http.StatusNotFound {
			t.Errorf("%s calls a meeting: %d %s", who, b.Status, b.Text())
		}
		for _, at := range []string{"/modifier", "/etat", "/inscrits", "/documents", "/inviter", "/accueil"} {
			if b.Open(event.Path + "/" + idOf(p) + at); b.Status != http.StatusNotFound {
				t.Errorf("%s at %s: %d", who, at, b.Status)
			}
		}
		if b.Open(event.Path + "/" + idOf(p)); b.Has("Convoquée par") || strings.Contains(b.Body, "/modifier") {
			t.Errorf("%s sees who acted: %s", who, b.Text())
		}
		v := n.Viewer(who)
		for what, err := range map[string]error{
			"edit": service(n).Edit(ctx, v, p.ID, draft(nil)), "cancel": service(n).SetStatus(ctx, v, p.ID, event.Cancelled, ""), "cancel all": service(n).CancelFollowing(ctx, v, p.ID, "")} {
			if !apperr.Is(err, apperr.KindNotFound) {
				t.Errorf("%s: %s: %v", who, what, err)
			}
		}
	}
	// Apps: a name that is not one's own is no parameter, and the post of the body is not theirs.
	c := n.Client("dan")
	var told struct{ Account struct{ Acct string } }
	if c.Post("/api/v1/statuses", map[string]any{"status": "Forgée", "account_id": ids.String(o.AccountID), "as": ids.String(o.AccountID)}, &told); told.Account.Acct != "dan" {
		t.Errorf("%d %+v", c.Status, told)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		for _, who := range []string{"dan", "bob"} { // bob acts on the pages alone
			if got := n.Client(who).Do(method, "/api/v1/statuses/"+idOf(p), map[string]any{"status": "Forgée"}, nil).Status; got < 400 || got >= 500 {
				t.Errorf("%s by %s: %d", method, who, got)
			}
		}
	}
	// Other servers: nothing in the name of the body but from itself.
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	eve := far.Actor("eve")
	theirs := func(id, by string, more map[string]any) map[string]any {
		e := map[string]any{"id": id, "type": "Event", "name": "Forgée", "attributedTo": by, "startTime": "2099-01-01T18:00:00Z", "endTime": "2099-01-01T20:00:00Z",
			"content": "x", "to": []string{as.Public}, "cc": []string{o.Account.URI, n.Person("dan", true).URI}}
		for k, v := range more {
			e[k] = v
		}
		return e
	}
	for i, a := range []as.Activity{
		{Type: "Create", Actor: eve.ID, Object: theirs(far.NewID("events"), o.Account.URI, nil)},
		{Type: "Create", Actor: eve.ID, Object: theirs(n.URL+"/objects/forged", o.Account.URI, nil)},
		{Type: "Create", Actor: o.Account.URI, Object: theirs(far.NewID("events"), o.Account.URI, nil)},
		{Type: "Update", Actor: eve.ID, Object: theirs(p.URI, o.Account.URI, nil)},
		{Type: "Update", Actor: eve.ID, Object: theirs(p.URI, eve.ID, nil)},
		{Type: "Delete", Actor: eve.ID, Object: p.URI},
		{Type: "Announce", Actor: o.Account.URI, Object: p.URI},
	} {
		a.ID, a.To = eve.ID+"#forged"+ids.String(int64(i)), []string{as.Public}
		if _, err := eve.Send(ctx, o.Account.Inbox, a); err != nil {
			t.Fatal(err)
		}
	}
	if got := posts(); got != 1 {
		t.Errorf("%d posts of the body, or forged", got)
	}
	now, err := post.Raw(ctx, n.DB.Read(), p.ID)
	if err != nil || now.DeletedAt != 0 || now.Title != p.Title {
		t.Errorf("%+v %v", now, err)
	}
	// Somebody's own meeting that says the body organises it stays somebody's own.
	boast := theirs(far.NewID("events"), eve.ID, map[string]any{"actor": o.Account.URI, "name": "Vantée", "cc": []string{n.Person("dan", true).URI},
		"tag": []any{map[string]any{"type": "Mention", "href": n.Person("dan", true).URI, "name": n.Handle("dan")}}})
	if _, err := eve.Send(ctx, n.Person("dan", true).Inbox, as.Activity{Type: "Create", ID: eve.ID + "#own", Actor: eve.ID, Object: boast, To: []string{as.Public}}); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	there := rowsWhere[struct{ ID int64 }](t, n, `select id from post where title = 'Vantée'`)
	if len(there) != 1 {
		t.Fatal("the meeting of another server is not here")
	}
	if b := n.SignIn("dan").Open(event.Path + "/" + ids.String(there[0].ID)); b.Has("Bureau de la section") || !b.Has("eve") {
		t.Error(b.Text())
	}
	// There is no outbox to post to.
	res, err := http.Post(o.Account.Outbox, "application/activity+json", strings.NewReader(`{"type":"Create"}`))
	if err != nil || res.StatusCode < 400 {
		t.Errorf("%v %v", res, err)
	}
	res.Body.Close()
	// Who is dismissed cannot go on.
	if err := n.Organes.Dismiss(ctx, ana, o.AccountID, n.Person("bob", false).ID); err != nil {
		t.Fatal(err)
	}
	if err := service(n).SetStatus(ctx, n.Viewer("bob"), p.ID, event.Cancelled, ""); !apperr.Is(err, apperr.KindNotFound) {
		t.Error(err)
	}
	if _, err := service(n).Create(ctx, n.Viewer("bob"), draft(func(d *event.Draft) { d.OrganeID = o.AccountID })); !apperr.Is(err, apperr.KindNotFound) {
		t.Error(err)
	}
}

// TestMeetingOfABodyHere: those who act in its name run it together and see who
// did; the agenda and the page of the body know whose it is; its series goes on by
// itself, and the body is not closed meanwhile.
func TestMeetingOfABodyHere(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			o, ana := bureau(t, n)
			n.Person("dan", false)
			if _, err := service(n).Create(ctx, n.Viewer("bob"), draft(func(d *event.Draft) { d.OrganeID, d.Audience, d.GroupID = o.AccountID, post.Group, 1 })); !apperr.Is(err, apperr.KindInvalid) {
				t.Errorf("a body meets with a group: %v", err)
			}
			p := make1(t, n, "bob", func(d *event.Draft) {
				d.OrganeID, d.Title, d.Repeat, d.Day = o.AccountID, "Bureau du lundi", "weekly", soon(3)
			})
			mine := make1(t, n, "bob", func(d *event.Draft) { d.Title = "Café de bob" })
			settle(t, n)
			if got := rowsWhere[struct{ PostID int64 }](t, n, `select m.post_id from meeting m join post p on p.id = m.post_id where p.account_id = $1`, o.AccountID); len(got) < 3 {
				t.Errorf("the series has %d dates", len(got))
			}
			at := event.Path + "/" + idOf(p)
			cleo := n.SignIn("cleo").Open(at)
			if !cleo.Has("Convoquée par bob") || !cleo.Has("proposée par Bureau de la section") || !strings.Contains(cleo.Body, at+"/inscrits") {
				t.Error(cleo.Text())
			}
			if todo, _ := parts(n.SignIn("dan").Open("/").Body); !strings.Contains(todo, "Bureau du lundi") {
				t.Errorf("dan is not asked: %s", todo)
			}
			if todo, _ := parts(n.SignIn("cleo").Open("/").Body); strings.Contains(todo, "Bureau du lundi") {
				t.Errorf("who runs it is asked whether they come: %s", todo)
			}
			dan := n.SignIn("dan").Open(at).Submit(at+"/reponse", map[string]string{"answer": "room"})
			if dan.Has("Convoquée par") || !dan.Has("Votre place est retenue") {
				t.Error(dan.Text())
			}
			if cleo.Open(at + "/inscrits"); !cleo.Has("dan") {
				t.Error(cleo.Text())
			}
			if dan.Open("/@bureau"); !dan.Has("Prochaines réunions") || !dan.Has("Bureau du lundi") || dan.Has("Organiser une réunion") {
				t.Error(dan.Text())
			}
			if cleo.Open("/@bureau").Click("Organiser une réunion"); !cleo.Has("Au nom de") || !strings.Contains(cleo.Body, `name="as" value="`+ids.String(o.AccountID)+`" checked`) {
				t.Error(cleo.Text())
			}
			for _, x := range []struct {
				source          string
				ofBody, ofOther bool
			}{{"organes", true, false}, {"section", false, true}} {
				dan.Open(event.Path + "?vue=liste&source=" + x.source)
				if dan.Has("Bureau du lundi") != x.ofBody || dan.Has("Café de bob") != x.ofOther {
					t.Errorf("%s: %s", x.source, dan.Text())
				}
			}
			if err := n.Organes.SetClosed(ctx, ana, o.AccountID, true); !apperr.Is(err, apperr.KindInvalid) {
				t.Errorf("closed with meetings to come: %v", err)
			}
			if err := service(n).Edit(ctx, n.Viewer("cleo"), p.ID, draft(func(d *event.Draft) { d.Title, d.Scope, d.Day = "Bureau du mardi", "one", soon(4) })); err != nil {
				t.Error(err)
			}
			if dan.Open(at); !dan.Has("Bureau du mardi") {
				t.Error(dan.Text())
			}
			if cleo.Open(at); !cleo.Has("Convoquée par bob") {
				t.Errorf("an edit is not a call: %s", cleo.Text())
			}
			if err := service(n).CancelFollowing(ctx, n.Viewer("cleo"), p.ID, "Vacances"); err != nil {
				t.Fatal(err)
			}
			settle(t, n)
			if err := n.Organes.SetClosed(ctx, ana, o.AccountID, true); err != nil {
				t.Error(err)
			}
			if err := service(n).SetStatus(ctx, n.Viewer("bob"), mine.ID, event.Cancelled, ""); err != nil {
				t.Errorf("bob's own: %v", err)
			}
			if err := n.Accounts.Delete(ctx, n.Person("bob", false).ID); err != nil {
				t.Fatal(err)
			}
			if left := rowsWhere[struct{ PostID int64 }](t, n, `select post_id from organe_act where by_id = $1`, n.Person("bob", false).ID); len(left) != 0 {
				t.Error("who acted is remembered after they left")
			}
		})
	}
}
