package event_test

import (
	"bytes"
	"image/color"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAgendaOfTheMovement: who looks for what is near finds the open meetings of
// sister sections too, though nobody follows anybody there, and hears that they are
// cancelled; what is for a section stays there, and a server outside gets nothing.
func TestAgendaOfTheMovement(t *testing.T) {
	above, section, sister, outside := testkit.New(t), testkit.New(t), testkit.New(t), testkit.New(t)
	all := testkit.Cluster{above, section, sister, outside}
	section.Person("ana", true)
	sister.Person("bob", true)
	outside.Person("eve", true)
	for _, child := range []*testkit.Node{section, sister} {
		if _, err := child.Movement.Ask(ctx, 0, above.Host); err != nil {
			t.Fatal(err)
		}
		all.Settle()
		if err := above.Movement.Accept(ctx, 0, child.Host, movement.Grant{Level: "section", Territory: "Isère"}); err != nil {
			t.Fatal(err)
		}
		all.Settle()
	}
	for _, n := range all[:3] {
		run(t, n, `update job set run_at = 1 where kind = 'movement.walk'`)
	}
	all.Settle()
	p := make1(t, section, "ana", in("Café citoyen", "38500", "Voiron"))
	make1(t, section, "ana", func(d *event.Draft) { in("Bureau", "38500", "Voiron")(d); d.Audience = post.Section })
	action := make1(t, section, "ana", func(d *event.Draft) {
		in("Collage", "38500", "Voiron")(d)
		d.Kind = event.KindAction
		m, err := section.Media.Add(ctx, section.Person("ana", true).ID, media.Upload{File: bytes.NewReader(poster(t, color.Black))})
		if err != nil {
			t.Fatal(err)
		}
		d.Picture = &event.Picture{ID: m.ID, Alt: "Affiche du collage"}
	})
	// One for the movement alone is offered by the form, and goes the same way.
	ana := section.SignIn("ana")
	if ana.Open("/agenda/nouvelle"); !ana.Has("Le mouvement") {
		t.Errorf("the form offers no meeting for the movement: %s", ana.Text())
	}
	ana.Submit("/agenda/nouvelle", map[string]string{"title": "Entre sections", "audience": "movement", "day": soon(5), "from": "18:00", "to": "20:00", "place": "Salle", "postcode": "38500", "city": "Voiron"})
	if !ana.Has("Le mouvement") || !ana.Has("Entre sections") {
		t.Fatalf("for the movement: %d %s", ana.Status, ana.Text())
	}
	within, err := post.Raw(ctx, section.DB.Read(), lastPost(t, section))
	if err != nil {
		t.Fatal(err)
	}
	all.Settle()
	b := sister.SignIn("bob")
	inside, err := post.RawByURI(ctx, sister.DB.Read(), within.URI)
	if err != nil || inside.Audience != post.Movement {
		t.Fatalf("the sister section has it as %+v: %v", inside, err)
	}
	if b.Open("/agenda/" + idOf(inside)); !b.Has("Entre sections") || !b.Has("Le mouvement") {
		t.Errorf("for the movement: %s", b.Text())
	}
	b.Submit("/agenda/"+idOf(inside)+"/reponse", map[string]string{"answer": "room"})
	all.Settle()
	if b.Open("/agenda/" + idOf(inside)); seated(t, section, within.ID) != 1 || !b.Has("Votre place est retenue") {
		t.Errorf("who is of the movement has no seat: %s", b.Text())
	}
	if _, err := post.RawByURI(ctx, outside.DB.Read(), within.URI); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("a server outside has what is for the movement: %v", err)
	}
	there, err := post.RawByURI(ctx, sister.DB.Read(), action.URI)
	if err != nil {
		t.Fatal(err)
	}
	if b.Open("/agenda/" + idOf(there)); !b.Has("Action proposée par") || !strings.Contains(b.Body, `alt="Affiche du collage"`) {
		t.Errorf("an action of a sister section: %s", b.Text())
	}
	if b.Open("/agenda?vue=liste"); b.Has("Café citoyen") {
		t.Errorf("a sister section stands in the agenda unasked: %s", b.Text())
	}
	if b.Submit("/agenda", map[string]string{"pres": "38000"}); !b.Has("Café citoyen") || b.Has("Bureau") {
		t.Errorf("near: %s", b.Text())
	}
	if err := service(section).SetStatus(ctx, section.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	all.Settle()
	if b.Open("/agenda?vue=liste&pres=38000"); !b.Has("Annulée") {
		t.Errorf("cancelled: %s", b.Text())
	}
	if _, err := post.RawByURI(ctx, above.DB.Read(), p.URI); err != nil {
		t.Errorf("the federation has no meeting of its section: %v", err)
	}
	if _, err := post.RawByURI(ctx, outside.DB.Read(), p.URI); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("a server outside the movement: %v", err)
	}
}
