package event_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// told are the kinds of what somebody was told, in order.
func told(t *testing.T, n *testkit.Node, who string) string {
	t.Helper()
	return strings.Join(rowsWhere[string](t, n, `select kind from notification where account_id = $1 order by id`, n.Person(who, false).ID), " ")
}

// TestOrganisersAreTold: who runs a meeting, by themselves or in the name of a
// body, hears that people register, ask and answer; once until they have read it,
// not of what they do themselves, and nobody else hears of it.
func TestOrganisersAreTold(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			o, _ := bureau(t, n)
			for _, who := range []string{"dan", "eva", "fred"} {
				n.Person(who, true)
			}
			for _, x := range []struct {
				organiser string
				running   []string
				other     string // who runs the other one
				body      int64
				name      string
				replies   string // what its organisers are told of an answer
			}{{"bob", []string{"bob", "cleo"}, "ana", o.AccountID, "@bureau", "event.reply"}, {"ana", []string{"ana"}, "cleo", 0, "@ana", "mention"}} {
				run(t, n, `delete from notification`)
				run(t, n, `delete from notification_mark`)
				p := make1(t, n, x.organiser, func(d *event.Draft) { d.OrganeID, d.Audience = x.body, post.Public })
				at := event.Path + "/" + idOf(p)
				dan := n.SignIn("dan").Open(at).Submit(at+"/reponse", map[string]string{"answer": "room"})
				if _, err := say(n, "eva", p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
				if _, err := say(n, "fred", p, event.No, 0); err != nil {
					t.Fatal(err)
				}
				dan.Open(at+"/questions").Submit(at+"/questions", map[string]string{"body": "À quelle heure finit-on ?"})
				if _, err := n.Posts.Create(ctx, n.Viewer("dan"), post.Draft{Text: x.name + " Belle idée.", ReplyTo: p.ID, Audience: post.Public}); err != nil {
					t.Fatal(err)
				}
				settle(t, n)
				for _, who := range x.running {
					if got := told(t, n, who); got != "event.seats event.question "+x.replies {
						t.Errorf("%s is told %q of the meeting of %s", who, got, x.organiser)
					}
				}
				for _, who := range []string{x.other, "dan", "eva"} {
					if got := told(t, n, who); got != "" {
						t.Errorf("%s is told %q", who, got)
					}
				}
				page := n.SignIn(x.running[len(x.running)-1]).Open("/notifications")
				if !page.Has("reçoit des inscriptions à une réunion que vous organisez") || !page.Has("reçoit une question") || !strings.Contains(page.Body, at+"/inscrits") || !strings.Contains(page.Body, at+"/questions") || page.Has("eva") {
					t.Error(page.Text())
				}
				if page.Open(at + "/questions"); page.URL.Path != at+"/questions" || !page.Has("À quelle heure finit-on") {
					t.Errorf("%s: %s", page.URL, page.Text())
				}
				// What was read is told again, and an organiser does not tell themselves.
				last := x.running[len(x.running)-1]
				if _, err := say(n, "fred", p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
				if _, err := say(n, last, p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
				if got := told(t, n, last); got != "event.question "+x.replies+" event.seats" {
					t.Errorf("after it was read, %s is told %q", last, got)
				}
				run(t, n, `delete from notification where account_id = $1`, n.Person(last, false).ID)
				if _, err := say(n, last, p, event.No, 0); err != nil {
					t.Fatal(err)
				}
				if _, err := say(n, last, p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
				if got := told(t, n, last); got != "" {
					t.Errorf("%s is told %q by themselves", last, got)
				}
			}
		})
	}
}
