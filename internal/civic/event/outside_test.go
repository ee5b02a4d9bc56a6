package event_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/visitor"
)

// outsider registers somebody by their address, through pages and letters.
func outsider(t *testing.T, n *testkit.Node, box *testkit.Postbox, at, name string, fields map[string]string) *testkit.Browser {
	t.Helper()
	b := n.NewBrowser().Open(at).Click("S’inscrire sans compte")
	form := map[string]string{"name": name, "email": name + "@dehors.example", "by": "mail"}
	for k, v := range fields {
		form[k] = v
	}
	b.Submit(at+"/venir", form)
	if b.Status != http.StatusOK || !b.Has("Regardez vos courriels") {
		t.Fatalf("%d: %s", b.Status, b.Text())
	}
	settle(t, n)
	b.Open(box.Last(form["email"]).Link("/visite/")).Submit("/visite/", nil)
	settle(t, n)
	return b
}

// TestVisitorRegisters tells the story of people without an account: the room
// fills up, one waits, moves up, gives up; the meeting moves, then is cancelled.
func TestVisitorRegisters(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Capacity, d.Companions, d.RemoteUrl = post.Public, "2", "1", "https://visio.example/secret"
	})
	secret := make1(t, n, "ana", nil)
	at := event.Path + "/" + idOf(p)
	if b := n.NewBrowser().Open(event.Path + "/" + idOf(secret) + "/venir"); b.Status != http.StatusNotFound {
		t.Errorf("a stranger registers for what is for the section: %d", b.Status)
	}
	bad := n.NewBrowser().Open(at+"/venir").Submit(at+"/venir", map[string]string{"name": "Zoé", "email": "zoe chez moi", "by": "mail"})
	if bad.Status != http.StatusUnprocessableEntity || !bad.Has("écrivez-la en entier") || !strings.Contains(bad.Body, "zoe chez moi") {
		t.Errorf("%d %s", bad.Status, bad.Text())
	}

	zoe := outsider(t, n, box, at, "zoe", map[string]string{"companions": "1", "answer": "room"})
	if zoe.URL.Path != at || !zoe.Has("Votre place est retenue") || !zoe.Has("Vous répondez comme zoe@dehors.example") {
		t.Fatal(zoe.Text())
	}
	kept := box.Last("zoe@dehors.example")
	if kept.Method != "REQUEST" || !strings.Contains(kept.ICS, "SEQUENCE:0\r\n") || !strings.Contains(unfold(kept.ICS), "mailto:zoe@dehors.example") || !strings.Contains(kept.ICS, "ORGANIZER") ||
		!strings.Contains(kept.Text, "Maison des associations") || !strings.Contains(kept.Text, "avec 1 personne") {
		t.Errorf("%s\n%s", kept.Text, kept.ICS)
	}
	if strings.Contains(kept.Raw, "visio.example") || strings.Contains(zoe.Body, "visio.example") {
		t.Error("the link goes to somebody who comes to the room")
	}
	far := outsider(t, n, box, at, "lou", map[string]string{"answer": "remote"})
	if l := box.Last("lou@dehors.example"); !strings.Contains(l.Text, "https://visio.example/secret") || !strings.Contains(far.Body, "visio.example") {
		t.Errorf("who follows from afar has no link: %s", l.Text)
	}
	kim := outsider(t, n, box, at, "kim", map[string]string{"answer": "room"})
	if l := box.Last("kim@dehors.example"); !kim.Has("en tête de la liste d’attente") || l.Method != "" || !strings.HasPrefix(l.Subject, "Liste d’attente") {
		t.Errorf("%s: %s", l.Subject, kim.Text())
	}

	// Zoé comes back by her letter, on another machine, and gives up.
	other := n.NewBrowser().Open(kept.Link("/visite/retour/")).Submit("/visite/retour/", nil)
	other.Submit(at+"/reponse", map[string]string{"answer": "no"})
	settle(t, n)
	if l := box.Last("zoe@dehors.example"); l.Method != "CANCEL" || !strings.Contains(l.ICS, "STATUS:CANCELLED") || uid(l.ICS) != uid(kept.ICS) {
		t.Errorf("%s: %s", l.Subject, l.ICS)
	}
	if l := box.Last("kim@dehors.example"); !strings.HasPrefix(l.Subject, "Une place pour vous") || l.Method != "REQUEST" {
		t.Errorf("kim: %s", l.Subject)
	}
	if ana := n.SignIn("ana").Open(at + "/inscrits"); !ana.Has("kim@dehors.example") || !ana.Has("lou@dehors.example") {
		t.Error(ana.Text())
	}

	// It moves, then is cancelled: each is told in a calendar that takes it.
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) {
		d.Audience, d.Capacity, d.Companions, d.RemoteUrl, d.Day = post.Public, "2", "1", "https://visio.example/secret", soon(30)
	})); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if l := box.Last("kim@dehors.example"); !strings.HasPrefix(l.Subject, "Changement") || l.Method != "REQUEST" || !strings.Contains(l.ICS, "SEQUENCE:1\r\n") {
		t.Errorf("%s %s", l.Subject, l.ICS)
	}
	letters := len(box.To("zoe@dehors.example"))
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, "Salle fermée"); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if l := box.Last("kim@dehors.example"); !strings.HasPrefix(l.Subject, "Annulée") || l.Method != "CANCEL" || !strings.Contains(l.Text, "Salle fermée") ||
		!strings.Contains(l.ICS, "SEQUENCE:2\r\n") || !strings.Contains(l.ICS, "METHOD:CANCEL") || l.Files["annulation.ics"] == "" {
		t.Errorf("%s %s", l.Subject, l.ICS)
	}
	if len(box.To("zoe@dehors.example")) != letters {
		t.Error("who does not come is told all the same")
	}
	// Lou has her address erased; nothing of it is left.
	far.Open("/visite").Submit("/visite/effacer", nil)
	if rows := rowsOf(t, n, p.ID); len(rows) != 2 {
		t.Errorf("%+v", rows)
	}
	left, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from visitor where email like 'lou%'`)
	if err != nil || left != 0 {
		t.Error(left, err)
	}
}

// unfold joins the lines of a calendar that were too long.
func unfold(ics string) string { return strings.ReplaceAll(ics, "\r\n ", "") }

func uid(ics string) string {
	_, rest, _ := strings.Cut(ics, "\r\nUID:")
	line, _, _ := strings.Cut(rest, "\r\n")
	return line
}

// TestMembersGetLettersOnlyIfTheyAsk: what passes through other people's mail
// servers is chosen.
func TestMembersGetLettersOnlyIfTheyAsk(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", nil)
	at := event.Path + "/" + idOf(p)
	bob, eve := n.SignIn("bob"), n.SignIn("eve")
	bob.Open(at).Submit(at+"/reponse", map[string]string{"answer": "room"})
	eve.Open(at).Submit(at+"/reponse", map[string]string{"answer": "room", "letters": "1"})
	settle(t, n)
	if len(box.To("bob@section.example")) != 0 || len(box.To("eve@section.example")) != 1 {
		t.Fatalf("%d, %d", len(box.To("bob@section.example")), len(box.To("eve@section.example")))
	}
	if l := box.Last("eve@section.example"); l.Method != "REQUEST" || l.Header.Get("List-Unsubscribe") != "<"+n.URL+"/agenda/courrier>" {
		t.Errorf("%v", l.Header)
	}
	eve.Open("/agenda/courrier").Submit("/agenda/courrier", map[string]string{"letters": ""})
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Postponed, ""); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if len(box.To("eve@section.example")) != 1 {
		t.Error("a letter after she ended them")
	}
}

// TestReminderByLetter: the day before, everybody who comes is told once, by their channel.
func TestReminderByLetter(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	at := event.Path + "/" + idOf(p)
	outsider(t, n, box, at, "zoe", nil)
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := say(n, "eve", p, event.No, 0); err != nil {
		t.Fatal(err)
	}
	run(t, n, `update job set run_at = 1 where kind = 'event.remind'`)
	settle(t, n)
	if l := box.Last("zoe@dehors.example"); !strings.HasPrefix(l.Subject, "Demain") || l.Method != "REQUEST" {
		t.Errorf("%s", l.Subject)
	}
	for who, want := range map[string]int{"bob": 1, "eve": 0} {
		got, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from notification where account_id = $1 and post_id = $2`, n.Person(who, false).ID, p.ID)
		if err != nil || got != want {
			t.Errorf("%s: %d %v", who, got, err)
		}
	}
}

// run changes rows behind the back of everybody, then has due jobs run.
func run(t *testing.T, n *testkit.Node, sql string, args ...any) {
	t.Helper()
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err }); err != nil {
		t.Fatal(err)
	}
	n.Jobs.Wake()
}

// TestForgottenAfterThirtyDays: neither who came nor their address is left, unless kept on purpose.
func TestForgottenAfterThirtyDays(t *testing.T) {
	for _, keep := range []bool{false, true} {
		n, box := testkit.NewMailing(t, testkit.SQLite)
		n.Person("ana", true)
		p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.KeepList = post.Public, keep })
		at := event.Path + "/" + idOf(p)
		zoe, lou := outsider(t, n, box, at, "zoe", nil), outsider(t, n, box, at, "lou", nil)
		if _, err := say(n, "bob", p, event.Room, 0); err != nil {
			t.Fatal(err)
		}
		zoe.Open(at+"/questions").Submit(at+"/questions", map[string]string{"body": "Et la crèche ?"})
		n.SignIn("bob").Open(at+"/covoiturage").Submit(at+"/covoiturage", map[string]string{"place": "Voiron", "seats": "2", "contact": "06"})
		past := time.Now().Add(-31 * 24 * time.Hour).UnixMilli()
		run(t, n, `update meeting set starts_at = $1, ends_at = $1`, past)
		run(t, n, `update job set payload = $1 where kind = 'event.forget'`, fmt.Sprintf(`{"PostID":%d,"At":%d}`, p.ID, past))
		lou.Open("/visite").Submit("/visite/effacer", nil) // by themselves: from every list
		run(t, n, `update visitor set expires_at = 1`)
		run(t, n, `update job set run_at = 1 where kind in ('event.forget', 'visitor.forget')`)
		settle(t, n)
		rows := rowsOf(t, n, p.ID)
		visitors, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from visitor`)
		if err != nil || keep && len(rows) != 2 || !keep && len(rows) != 0 || visitors != 0 {
			t.Errorf("kept %v: %d answers, %d visitors, %v", keep, len(rows), visitors, err)
		}
		if keep && (rows[0].Name != "zoe" || rows[0].VisitorID != 0) {
			t.Errorf("a list that is kept has no name for who came without an account: %+v", rows)
		}
		if page := n.SignIn("ana").Open(at + "/inscrits"); page.Has("zoe") != keep || page.Has("dehors.example") || page.Has("lou") {
			t.Errorf("kept %v: %s", keep, page.Text())
		}
		for _, table := range []string{"meeting_question", "meeting_ride"} {
			if left := rowsWhere[int](t, n, `select count(*) from `+table)[0]; left != 0 {
				t.Errorf("kept %v: %d in %s", keep, left, table)
			}
		}
	}
}

// TestVisitorsAreKeptForAnotherDate: who has no account is still registered, and
// reached, when a meeting moves beyond the time for which their address was kept.
func TestVisitorsAreKeptForAnotherDate(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	outsider(t, n, box, event.Path+"/"+idOf(p), "zoe", nil)
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) { d.Audience, d.Day = post.Public, soon(120) })); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	until := rowsWhere[int64](t, n, `select expires_at from visitor`)[0]
	ends := rowsWhere[int64](t, n, `select ends_at from meeting where post_id = $1`, p.ID)[0]
	if until < ends {
		t.Errorf("zoe is forgotten %v before the meeting", time.UnixMilli(ends).Sub(time.UnixMilli(until)))
	}
}

// TestWaitingIsInNoCalendar: who waits is told of a change, and has nothing put
// into their calendar, nor taken out of it.
func TestWaitingIsInNoCalendar(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Capacity = post.Public, "1" })
	for _, who := range []string{"zoe", "kim"} {
		outsider(t, n, box, event.Path+"/"+idOf(p), who, map[string]string{"answer": "room"})
	}
	for _, status := range []string{event.Postponed, event.Cancelled} {
		if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, status, ""); err != nil {
			t.Fatal(err)
		}
		settle(t, n)
		in, waits := box.Last("zoe@dehors.example"), box.Last("kim@dehors.example")
		if in.Subject != waits.Subject || in.Method == "" || waits.Method != "" {
			t.Errorf("%s: %q %s, %q %s", status, in.Subject, in.Method, waits.Subject, waits.Method)
		}
	}
}

// TestCancelledBeforeItIsDeleted: nobody stands before a closed door since the
// organiser deleted the meeting; those without an account hear of one that is taken
// down with its organiser.
func TestCancelledBeforeItIsDeleted(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	ana := n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	at := event.Path + "/" + idOf(p)
	if _, err := say(n, "ana", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	zoe := outsider(t, n, box, at, "zoe", nil)
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), p.ID); !apperr.Is(err, apperr.KindInvalid) {
		t.Errorf("deleted with people registered: %v", err)
	}
	page := n.SignIn("ana").Open("/@ana/"+idOf(p)+"/delete").Submit("/@ana/"+idOf(p)+"/delete", nil)
	if page.Status != http.StatusUnprocessableEntity || !page.Has("Annulez-la d’abord") {
		t.Errorf("%d %s", page.Status, page.Text())
	}
	zoe.Open(at).Submit(at+"/reponse", map[string]string{"answer": "no"})
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Errorf("not deleted although only its organiser comes: %v", err)
	}
	q := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	outsider(t, n, box, event.Path+"/"+idOf(q), "lou", nil)
	if err := n.Accounts.Delete(ctx, ana.ID); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if l := box.Last("lou@dehors.example"); l.Method != "CANCEL" || !strings.HasPrefix(l.Subject, "Annulée") {
		t.Errorf("lou was told %q", l.Subject)
	}
}

// TestCapacityOfAllKinds has members, visitors and people of another server answer
// at once: the room is never overfull, nobody is lost, nobody waits for a free seat.
func TestCapacityOfAllKinds(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			inbox := n.Person("ana", true).Inbox
			const capacity, each = 6, 4
			p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Capacity, d.Companions, d.Online = post.Public, "6", "2", true })
			far := peer.New(peer.Options{Software: "mobilizon"})
			defer far.Close()
			guests := make([]*visitor.Visitor, each)
			if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				for i := range guests {
					guests[i] = &visitor.Visitor{ID: n.Accounts.IDs.New(), Name: fmt.Sprint("v", i), EmailFold: fmt.Sprint("v", i, "@x.example"), Email: fmt.Sprint("v", i, "@x.example"), Lang: "fr"}
					if err := db.Insert(ctx, tx, "visitor", guests[i]); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for i := range each {
				n.Person(fmt.Sprintf("p%d", i), false)
			}
			var wg sync.WaitGroup
			check := func(err error) {
				if err != nil && !apperr.Is(err, apperr.KindInvalid) {
					t.Error(err)
				}
				if used := seated(t, n, p.ID); used > capacity {
					t.Errorf("%d in a room of %d", used, capacity)
				}
			}
			replies := func(seed uint64, do func(event.Reply)) {
				rnd := rand.New(rand.NewPCG(11, seed))
				for range 4 {
					r := event.Reply{Answer: []string{event.Room, event.Room, event.Room, event.Remote, event.No}[rnd.IntN(5)]}
					if r.Answer == event.Room {
						r.Companions = int64(rnd.IntN(3))
					}
					do(r)
				}
				do(event.Reply{Answer: event.Room}) // all want a seat in the end
			}
			for i := range each {
				v := n.Viewer(fmt.Sprintf("p%d", i))
				wg.Go(func() {
					replies(uint64(i), func(r event.Reply) { _, err := service(n).Answer(ctx, v, p.ID, r); check(err) })
				})
				wg.Go(func() {
					replies(uint64(100+i), func(r event.Reply) { _, err := service(n).AnswerOutside(ctx, guests[i], p.ID, r); check(err) })
				})
				them := far.Actor(fmt.Sprintf("far%d", i))
				wg.Go(func() {
					replies(uint64(200+i), func(r event.Reply) {
						kind := "Join"
						if r.Answer == event.No {
							kind = "Leave"
						}
						answer, err := them.Send(ctx, inbox, as.Activity{Type: kind, ID: them.ID + "#" + ids.Key(), Actor: them.ID, Object: p.URI})
						if err != nil || answer.Status != 202 {
							t.Error(answer, err)
						}
					})
				})
			}
			wg.Wait()
			settle(t, n)
			rows := rowsOf(t, n, p.ID)
			seen, used, first := map[string]bool{}, int64(0), int64(0)
			for _, r := range rows {
				seen[fmt.Sprint(r.AccountID, " ", r.VisitorID)] = true
				if r.Answer != event.Room {
					t.Errorf("%+v does not come, and wanted to", r)
				}
				if r.State == event.In {
					used += 1 + r.Companions
				} else if r.State == event.Waiting && first == 0 {
					first = 1 + r.Companions
				}
			}
			if len(rows) != 3*each || len(seen) != 3*each {
				t.Errorf("%d answers of %d people", len(rows), 3*each)
			}
			if used > capacity || first > 0 && used+first <= capacity {
				t.Errorf("%d of %d seats are taken, the first who waits needs %d", used, capacity, first)
			}
		})
	}
}
