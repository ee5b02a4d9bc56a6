package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestCompanionsThatAreNoNumber: whoever says that they bring what is no number is told
// so, and has no seat for themselves alone.
func TestCompanionsThatAreNoNumber(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Companions = post.Public, "2" })
	at := "/agenda/" + idOf(p)
	bob := n.SignIn("bob")
	for _, typed := range []string{"-1", "deux", "99999999999999999999"} {
		if bob.Open(at).Submit(at+"/reponse", map[string]string{"answer": "room", "companions": typed}); bob.Status != http.StatusUnprocessableEntity || !bob.Has("avec 2 personnes au plus") {
			t.Errorf("%s: %d %s", typed, bob.Status, bob.Text())
		}
	}
	if rows := rowsWhere[event.Seat](t, n, `select id from meeting_seat where post_id = $1`, p.ID); len(rows) != 0 {
		t.Errorf("%d seats", len(rows))
	}
	if bob.Open(at).Submit(at+"/reponse", map[string]string{"answer": "room", "companions": "0"}); !bob.Has("Votre place est retenue") {
		t.Errorf("alone: %d %s", bob.Status, bob.Text())
	}
}

// TestOneWrongDayIsOneError: a day that is none is told once, and not as a wrong end too.
func TestOneWrongDayIsOneError(t *testing.T) {
	n := testkit.New(t)
	ana := n.SignIn("ana").Open("/agenda/nouvelle")
	typed := map[string]string{"title": "Café", "audience": "section", "day": "2031-02-31", "from": "18:00", "to": "20:00", "place": "Salle"}
	if ana.Submit("/agenda/nouvelle", typed); ana.Status != http.StatusUnprocessableEntity || !ana.Has("Une réponse à reprendre") || ana.Has("La fin vient avant le début") {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
	typed["end_day"], typed["day"] = "2031-02-31", "2031-02-28"
	if ana.Submit("/agenda/nouvelle", typed); !ana.Has("La fin vient avant le début") {
		t.Errorf("the day of the end: %s", ana.Text())
	}
}

// TestAudienceOfMeetings: the form takes the audiences that it offers and no other: none
// of followers, of people named, of a movement where there is none, of groups that one is
// not in.
func TestAudienceOfMeetings(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	g, err := n.Groups.Create(ctx, n.Viewer("bob"), group.New{Username: "cellule", Rules: group.Rules{Name: "Cellule", Access: group.Open, Joining: group.Request, Posting: group.Members}})
	if err != nil {
		t.Fatal(err)
	}
	b := n.SignIn("ana").Open("/agenda/nouvelle")
	if b.Has("Le mouvement") {
		t.Error("a movement is offered where there is none")
	}
	for _, audience := range []string{"followers", "direct", "movement", "", "everyone"} {
		b.Open("/agenda/nouvelle").Submit("/agenda/nouvelle", map[string]string{"title": "Réunion", "day": soon(3), "from": "18:00", "to": "20:00", "place": "Salle", "audience": audience})
		if b.Status != 422 || !strings.Contains(b.Body, `href="#audience"`) {
			t.Errorf("%q: %d %s", audience, b.Status, b.Text())
		}
	}
	for _, audience := range []string{"group:" + ids.String(g.AccountID), "group:x"} {
		b.Open("/agenda/nouvelle").Submit("/agenda/nouvelle", map[string]string{"title": "Réunion", "day": soon(3), "from": "18:00", "to": "20:00", "place": "Salle", "audience": audience})
		if b.Status != http.StatusForbidden && b.Status != http.StatusNotFound {
			t.Errorf("%q: %d %s", audience, b.Status, b.Text())
		}
	}
}
