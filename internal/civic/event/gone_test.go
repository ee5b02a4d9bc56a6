package event_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/visitor"
)

// TestPostponedKeepsItsList: who wants to come to what is postponed is forgotten
// neither thirty days after the day that it had, nor is it over; who has no account
// is held as long; thirty days after another date, or after a year, all are.
func TestPostponedKeepsItsList(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			for _, after := range []string{"another date", "a year", "cancelled"} {
				n, box := testkit.NewMailing(t, e)
				n.Person("ana", true)
				n.Person("bob", true)
				p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
				at := event.Path + "/" + idOf(p)
				outsider(t, n, box, at, "zoe", nil)
				if _, err := say(n, "bob", p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
				if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Postponed, ""); err != nil {
					t.Fatal(err)
				}
				// due puts it some days ago, and runs what is due by then.
				date := rowsWhere[int64](t, n, `select ends_at from meeting`)[0]
				due := func(days int) {
					t.Helper()
					past := time.Now().AddDate(0, 0, -days).UnixMilli()
					run(t, n, `update visitor set expires_at = expires_at - ((select ends_at from meeting) - $1)`, past)
					run(t, n, `update meeting set starts_at = $1, ends_at = $1`, past)
					run(t, n, `update job set payload = $1 where kind = 'event.forget'`, fmt.Sprintf(`{"PostID":%d,"At":%d}`, p.ID, past))
					run(t, n, `update job set run_at = 1 where kind = 'event.forget' and run_at <= $1`, date+int64(days)*86400000)
					run(t, n, `update job set run_at = 1 where kind = 'visitor.forget'`)
					settle(t, n)
				}
				due(60)
				if rows := rowsOf(t, n, p.ID); len(rows) != 2 {
					t.Fatalf("two months later: %+v", rows)
				}
				bob := n.SignIn("bob").Open(at)
				if !bob.Has("Viendrez-vous") || !bob.Has("Votre place est retenue") {
					t.Errorf("it is over: %s", bob.Text())
				}
				if b := n.SignIn("ana").Open(at + "/inscrits"); !b.Has("zoe") || !b.Has("Elle attend la nouvelle date, un an au plus") {
					t.Errorf("the list: %s", b.Text())
				}
				switch after {
				case "a year":
					due(366)
				case "cancelled": // they hear of it first
					if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
						t.Fatal(err)
					}
					settle(t, n)
					if rows := rowsOf(t, n, p.ID); len(rows) != 2 {
						t.Errorf("forgotten at once when it is cancelled: %+v", rows)
					}
					due(60)
				default:
					if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) { d.Day = soon(10); d.Audience = post.Public })); err != nil {
						t.Fatal(err)
					}
					settle(t, n)
					if rows := rowsOf(t, n, p.ID); len(rows) != 2 || !bob.Open(at).Has("Votre place est retenue") {
						t.Errorf("on the new date: %+v", rows)
					}
					date = rowsWhere[int64](t, n, `select ends_at from meeting`)[0]
					due(31)
				}
				if rows := rowsOf(t, n, p.ID); len(rows) != 0 {
					t.Errorf("after %s it is kept: %+v", after, rows)
				}
			}
		})
	}
}

// TestGoneMeetingsAreTold: those who come hear of a meeting that is no more, whoever
// deletes it: ours on the page of what is new, where the meeting itself is no longer;
// who signed in with their account elsewhere by a direct message.
func TestGoneMeetingsAreTold(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			n.Person("ana", true)
			n.Person("bob", true)
			far := peer.New(peer.Options{Software: "mobilizon"})
			defer far.Close()
			eve := far.Actor("eve")
			note, create := eve.Note("<p>Venez</p> @bob", func(x *as.Note) {
				x.Type, x.Name = "Event", "Fête"
				x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("bob", true).URI, Name: n.Handle("bob")}}
				x.Extra = map[string]any{"startTime": time.Now().AddDate(0, 0, 9).UTC().Format(time.RFC3339)}
			})
			send := func(a as.Activity) {
				t.Helper()
				if answer, err := eve.Send(ctx, n.Person("bob", true).Inbox, a); err != nil || answer.Status != 202 {
					t.Fatal(answer, err)
				}
				settle(t, n)
			}
			send(create)
			p, err := post.RawByURI(ctx, n.DB.Read(), note.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := say(n, "bob", p, event.Room, 0); err != nil {
				t.Fatal(err)
			}
			settle(t, n)
			send(as.Activity{Type: "Delete", ID: note.ID + "#gone", Actor: eve.ID, To: create.To, Cc: create.Cc, Object: note.ID})
			bob := n.SignIn("bob").Open("/notifications")
			if !bob.Has("n’existe plus") || !bob.Has("Fête") {
				t.Errorf("deleted there: %s", bob.Text())
			}
			var list []masto.Notification
			if c := n.Client("bob").Get("/api/v1/notifications", &list); c.Status != 200 || len(list) != 0 {
				t.Errorf("apps get %d: %+v", c.Status, list)
			}
			// One of ours, taken down.
			p = make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
			if _, err := say(n, "bob", p, event.Room, 0); err != nil {
				t.Fatal(err)
			}
			id, err := n.Engine.Account(ctx, "eve", far.Host)
			if err != nil {
				t.Fatal(err)
			}
			guest := &visitor.Visitor{AccountID: id, Name: "Eve", Lang: "fr"}
			if _, err := service(n).AnswerOutside(ctx, guest, p.ID, event.Reply{Answer: event.Room}); err != nil {
				t.Fatal(err)
			}
			if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := n.Posts.RemoveByStaff(ctx, tx, p.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			settle(t, n)
			if bob.Open("/notifications"); !bob.Has("Réunion de section") || strings.Count(bob.Text(), "n’existe plus") != 2 {
				t.Errorf("taken down here: %s", bob.Text())
			}
			if got := far.Received(func(r peer.Request) bool {
				return peer.Posted("Create")(r) && strings.Contains(string(r.Body), "est annulée") && strings.Contains(string(r.Body), eve.ID)
			}); len(got) != 1 || !strings.Contains(string(got[0].Body), "Réunion de section") {
				t.Errorf("%d messages to who signed in elsewhere", len(got))
			}
		})
	}
}

// TestRemovedWordsAreTold: whose question or message an organiser takes away is told so,
// also who signed in with their account elsewhere; who takes away their own is not.
func TestRemovedWordsAreTold(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	far := peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	eve := far.Actor("eve")
	id, err := n.Engine.Account(ctx, "eve", far.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := service(n).AnswerOutside(ctx, &visitor.Visitor{AccountID: id, Name: "Eve", Lang: "fr"}, p.ID, event.Reply{Answer: event.Room}); err != nil {
		t.Fatal(err)
	}
	at := event.Path + "/" + idOf(p) + "/questions"
	bob := n.SignIn("bob").Open(at)
	bob.Submit(at, map[string]string{"body": "À moi"}).Open(at)
	first := rowsWhere[int64](t, n, `select id from meeting_question`)[0]
	bob.Submit(fmt.Sprint(at, "/", first), map[string]string{"act": "remove"})
	if got := told(t, n, "bob"); strings.Contains(got, "removed") {
		t.Errorf("of their own: %s", got)
	}
	bob.Open(at).Submit(at, map[string]string{"body": "Celle de bob"})
	run(t, n, `insert into meeting_question (id, post_id, account_id, body, created_at) values (7, $1, $2, 'Celle d’ève', 1)`, p.ID, id)
	ana := n.SignIn("ana").Open(at)
	for _, q := range rowsWhere[int64](t, n, `select id from meeting_question`) {
		ana.Open(at).Submit(fmt.Sprint(at, "/", q), map[string]string{"act": "remove"})
	}
	settle(t, n)
	if bob.Open("/notifications"); !bob.Has("a retiré votre question") {
		t.Errorf("bob: %s", bob.Text())
	}
	if got := far.Received(func(r peer.Request) bool {
		return peer.Posted("Create")(r) && strings.Contains(string(r.Body), "a été retiré") && strings.Contains(string(r.Body), eve.ID)
	}); len(got) != 1 {
		t.Errorf("%d messages to eve", len(got))
	}
}
