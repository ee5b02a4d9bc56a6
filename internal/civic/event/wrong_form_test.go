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

// TestWhatIsWrongIsSaidBesideItsField: nothing of a form of the agenda is taken as something
// else than was typed: each fault is told beside its field, and what was typed is kept.
func TestWhatIsWrongIsSaidBesideItsField(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	long := strings.Repeat("x", 5000)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.RemoteUrl = post.Public, "https://visio.example/1" })
	at := "/agenda/" + idOf(p)
	if _, err := say(n, "bob", p, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	// wrong sends one form with one wrong field.
	wrong := func(who, page, action, field, typed, says string, fields map[string]string) {
		t.Helper()
		sent := map[string]string{field: typed}
		for k, v := range fields {
			sent[k] = v
		}
		b := n.NewBrowser()
		if who != "" {
			b = n.SignIn(who)
		}
		b.Open(page).Submit(action, sent)
		if b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Body, `id="`+field+`-error"`) || !b.Has(says) || len(typed) > 20 && !strings.Contains(b.Body, typed) {
			t.Errorf("%s %s=%.20q: %d %.600s", page, field, typed, b.Status, b.Text())
		}
	}
	meeting := map[string]string{"title": "Café", "audience": "section", "kind": "meeting", "day": soon(3), "from": "18:00", "to": "20:00", "place": "Salle"}
	for _, c := range []struct{ field, typed, says string }{
		{"day", soon(-2), "Ce jour est passé"}, {"to", "17:00", "donnez aussi le jour de la fin"}, {"to", "18:00", "donnez aussi le jour de la fin"},
		{"kind", "fête", "Choisissez une des réponses"}, {"repeat", "daily", "Choisissez une des réponses"}, {"place", long, "300 caractères au plus"},
		{"address", long, "300 caractères au plus"}, {"city", long, "100 caractères au plus"}, {"postcode", long, "20 caractères au plus"}, {"title", long, "200"},
	} {
		fields := map[string]string{}
		for k, v := range meeting {
			if k != c.field {
				fields[k] = v
			}
		}
		wrong("ana", "/agenda/nouvelle", "/agenda/nouvelle", c.field, c.typed, c.says, fields)
	}
	for _, row := range []struct{ field, typed, says string }{{"item_title", long, "Point 1"}, {"item_note", "20 min", "Point 1 : il manque son sujet"}} {
		b := n.SignIn("ana").Open("/agenda/nouvelle")
		fields := map[string]string{row.field: row.typed}
		for k, v := range meeting {
			fields[k] = v
		}
		if b.Submit("/agenda/nouvelle", fields); b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Body, `id="items-error"`) || !b.Has(row.says) || !strings.Contains(b.Body, row.typed) {
			t.Errorf("%s: %d %.600s", row.field, b.Status, b.Text())
		}
	}
	wrong("ana", at+"/etat", at+"/etat", "note", long, "300 caractères au plus", map[string]string{"status": "postponed"})
	ride := map[string]string{"place": "Gare", "seats": "2", "contact": "06"}
	for _, field := range []string{"place", "leaves", "contact"} {
		fields := map[string]string{}
		for k, v := range ride {
			if k != field {
				fields[k] = v
			}
		}
		wrong("bob", at+"/covoiturage", at+"/covoiturage", field, long, "caractères au plus", fields)
	}
	if rows := rowsWhere[event.Meeting](t, n, `select post_id, status from meeting`); len(rows) != 1 || rows[0].Status != event.Confirmed {
		t.Errorf("something was taken: %+v", rows)
	}
	// What has begun, or was, is still written about.
	run(t, n, `update meeting set starts_at = starts_at - 4000000000, ends_at = ends_at - 4000000000`)
	ana := n.SignIn("ana").Open(at + "/modifier")
	if ana.Submit(at+"/modifier", map[string]string{"minutes": "Nous étions douze."}); !ana.Has("Nous étions douze.") || ana.Status != 200 {
		t.Errorf("minutes of what is over: %d %.600s", ana.Status, ana.Text())
	}
	if ana.Open(at+"/modifier").Submit(at+"/modifier", map[string]string{"day": soon(-3)}); ana.Status != http.StatusUnprocessableEntity || !ana.Has("Ce jour est passé") {
		t.Errorf("another day that is past: %d", ana.Status)
	}
}

// TestAnswersThatNobodyOffers: what no button says is refused, here and to a meeting of
// another server, and stored by nobody.
func TestAnswersThatNobodyOffers(t *testing.T) {
	n, there := testkit.New(t), testkit.New(t)
	all := testkit.Cluster{n, there}
	n.Person("bob", true)
	n.Person("ana", true)
	there.Person("eva", true)
	all.Follow(n, "bob", there, "eva")
	all.Settle()
	ours := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.RemoteUrl = post.Public, "https://visio.example/1" })
	theirs := make1(t, there, "eva", func(d *event.Draft) { d.Audience = post.Public })
	all.Settle()
	copied, err := post.RawByURI(ctx, n.DB.Read(), theirs.URI)
	if err != nil {
		t.Fatal(err)
	}
	b := n.SignIn("bob")
	for _, p := range []*post.Post{ours, copied} {
		at := "/agenda/" + idOf(p)
		for _, answer := range []string{"maybe", "", "peut-être", "in"} {
			if b.Open(at).Submit(at+"/reponse", map[string]string{"answer": answer}); b.Status != http.StatusBadRequest {
				t.Errorf("%s %q: %d %.300s", at, answer, b.Status, b.Text())
			}
		}
	}
	if rows := rowsWhere[event.Seat](t, n, `select id from meeting_seat`); len(rows) != 0 {
		t.Errorf("%d answers", len(rows))
	}
	if _, err := service(n).Invite(ctx, n.Viewer("ana"), ours.ID, "@bob"); err != nil {
		t.Fatal(err)
	}
	if b.Open("/agenda/"+idOf(ours)).Submit("/agenda/"+idOf(ours)+"/reponse", map[string]string{"answer": "maybe"}); b.Status != 200 {
		t.Errorf("who is invited: %d %.300s", b.Status, b.Text())
	}
	stranger := n.NewBrowser()
	if stranger.Open("/agenda/"+idOf(ours)+"/venir").Submit("/agenda/"+idOf(ours)+"/venir", map[string]string{"answer": "maybe"}); stranger.Status != http.StatusNotFound && stranger.Status != http.StatusUnprocessableEntity {
		t.Errorf("a stranger: %d %.300s", stranger.Status, stranger.Text())
	}
}
