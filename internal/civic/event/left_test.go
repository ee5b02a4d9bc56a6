package event_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhoIsOutHearsNothingOfItsMeetings: of a meeting of a closed group somebody wants letters, who is
// put out of the group then: neither a letter, nor a notice, nor their calendar says where it
// takes place from then on. Nor does the calendar of an account that may not sign in.
//
// Spec: P2, P7, P12
func TestWhoIsOutHearsNothingOfItsMeetings(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			box := testkit.NewPostbox(t)
			n := testkit.NewWith(t, e, func(c *config.Config) { c.Mail, c.MailFrom = box.URL(), "agenda@section.example" })
			n.Person("ana", true)
			g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "cellule", Rules: group.Rules{Name: "Cellule", Access: group.Section, Joining: group.Free, Posting: group.Members}})
			if err != nil {
				t.Fatal(err)
			}
			feeds := map[string]string{}
			for _, who := range []string{"bob", "cleo"} {
				n.Person(who, true)
				if err := n.Groups.Join(ctx, n.Viewer(who), g.AccountID); err != nil {
					t.Fatal(err)
				}
				b := n.SignIn(who).Open("/agenda/abonnement").Submit("/agenda/abonnement", map[string]string{"act": "make"})
				_, rest, _ := strings.Cut(b.Body, n.URL+"/agenda/prive/")
				feeds[who] = n.URL + "/agenda/prive/" + rest[:strings.Index(rest, ".ics")+4]
				b.Open("/agenda/courrier").Submit("/agenda/courrier", map[string]string{"letters": "1"})
			}
			p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.GroupID, d.Place = post.Group, g.AccountID, "Motavant" })
			for _, who := range []string{"bob", "cleo"} {
				if _, err := say(n, who, p, event.Room, 0); err != nil {
					t.Fatal(err)
				}
			}
			settle(t, n)
			letters := func(who string) int { return len(box.To(who + "@section.example")) }
			if body, _ := get(t, feeds["bob"]); letters("bob") == 0 || !strings.Contains(body, "Motavant") {
				t.Fatalf("%d letters, and a calendar %s", letters("bob"), body)
			}
			if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, n.Person("bob", true).ID, ""); err != nil {
				t.Fatal(err)
			}
			bob, cleo, notices := letters("bob"), letters("cleo"), told(t, n, "bob")
			if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) {
				d.Audience, d.GroupID, d.Place, d.Day = post.Group, g.AccountID, "Motaprès", soon(24)
			})); err != nil {
				t.Fatal(err)
			}
			run(t, n, `update job set run_at = 0 where kind = 'event.remind'`)
			settle(t, n)
			if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, "Motmotif"); err != nil {
				t.Fatal(err)
			}
			settle(t, n)
			if letters("bob") != bob {
				t.Errorf("who was put out gets %d letters: %s", letters("bob")-bob, box.Last("bob@section.example").Text)
			}
			if letters("cleo") < cleo+3 {
				t.Errorf("cleo, who stays, gets %d letters", letters("cleo")-cleo)
			}
			if got := told(t, n, "bob"); got != notices {
				t.Errorf("who was put out is told %q, was %q", got, notices)
			}
			if body, _ := get(t, feeds["bob"]); strings.Contains(body, "Mot") || strings.Contains(body, idOf(p)) {
				t.Errorf("the calendar of who was put out: %s", body)
			}
			if body, _ := get(t, feeds["cleo"]); !strings.Contains(body, "Motaprès") {
				t.Errorf("the calendar of cleo: %s", body)
			}
			run(t, n, `update login set disabled = $1 where account_id = $2`, true, n.Person("cleo", true).ID)
			if body, status := get(t, feeds["cleo"]); status != 404 || strings.Contains(body, "Motaprès") {
				t.Errorf("the calendar of who may not sign in: %d", status)
			}
		})
	}
}

// TestWhoCalledItAndIsOut: somebody calls a meeting of a closed group and is put out of it then. They keep
// what they wrote, and learn no more who comes, how many, or what those who come say to each other.
//
// Spec: P2, P7
func TestWhoCalledItAndIsOut(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "cellule", Rules: group.Rules{Name: "Cellule", Access: group.Section, Joining: group.Free, Posting: group.Members}})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"bob", "cleo"} {
		n.Person(who, true)
		if err := n.Groups.Join(ctx, n.Viewer(who), g.AccountID); err != nil {
			t.Fatal(err)
		}
	}
	p := make1(t, n, "bob", func(d *event.Draft) { d.Audience, d.GroupID, d.Capacity = post.Group, g.AccountID, "40" })
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	b, at := n.SignIn("bob"), "/agenda/"+idOf(p)
	if b.Open(at + "/inscrits"); b.Status != 200 {
		t.Fatalf("who called it does not see who comes: %d", b.Status)
	}
	if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, n.Person("bob", true).ID, ""); err != nil {
		t.Fatal(err)
	}
	told1 := told(t, n, "bob")
	if _, err := say(n, "cleo", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	c := n.SignIn("cleo").Open(at+"/questions").Submit(at+"/questions", map[string]string{"body": "Motquestion"})
	if c.Status != 200 {
		t.Fatal(c.Status, c.Body)
	}
	settle(t, n)
	for _, page := range []string{"/inscrits", "/questions", "/modifier", "/etat", "/documents", "/covoiturage", "/inviter", "/accueil", "/inscrits.csv"} {
		if b.Open(at + page); b.Status != 404 {
			t.Errorf("%s: %d", page, b.Status)
		}
	}
	if b.Open(at); b.Status != 200 {
		t.Errorf("what they wrote: %d", b.Status)
	}
	for _, secret := range []string{"Motquestion", "cleo", "Cleo", "2 sur 40", "1 sur 40", at + "/reponse"} {
		if strings.Contains(b.Body, secret) {
			t.Errorf("their page says %q", secret)
		}
	}
	if got := told(t, n, "bob"); got != told1 {
		t.Errorf("they are told %q, were told %q", got, told1)
	}
	if _, err := say(n, "bob", p, event.No, 0); err == nil {
		t.Error("they answer to a meeting of a group that they are out of")
	}
}
