package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestNoRidesToWhatIsCancelled: the page of rides of a cancelled meeting says so, offers
// no form, and takes none; what was agreed is still there to be read and taken back.
func TestNoRidesToWhatIsCancelled(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "cleo"} {
		n.Person(who, true)
	}
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	at := "/agenda/" + idOf(p) + "/covoiturage"
	for _, who := range []string{"bob", "cleo"} {
		if _, err := say(n, who, p, event.Room, 0); err != nil {
			t.Fatal(err)
		}
	}
	bob, cleo := n.SignIn("bob"), n.SignIn("cleo")
	bob.Open(at).Submit(at, map[string]string{"place": "Échirolles", "seats": "2", "contact": "06 00 00 00 01"})
	cleo.Open(at)
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, "Grève"); err != nil {
		t.Fatal(err)
	}
	if cleo.Submit(at+"/", map[string]string{"contact": "07"}); cleo.Status != http.StatusUnprocessableEntity || !cleo.Has("Cette réunion est annulée.") {
		t.Errorf("a seat asked for: %d %s", cleo.Status, cleo.Text())
	}
	if cleo.Open(at); !cleo.Has("Cette réunion est annulée.") || !cleo.Has("Échirolles") || strings.Contains(cleo.Body, `action="`+at) || cleo.Has("Proposer des places") {
		t.Errorf("the page: %s", cleo.Text())
	}
	if bob.Open(at); !bob.Has("Retirer") || strings.Contains(bob.Body, `name="seats"`) {
		t.Errorf("the driver: %s", bob.Text())
	}
}

// TestAddressOfTheText: the address of the text to copy has no bare question mark.
func TestAddressOfTheText(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	b := n.SignIn("ana")
	if b.Open("/agenda"); !strings.Contains(b.Body, `href="/agenda/texte"`) {
		t.Errorf("from the bare page: %s", b.Body[strings.Index(b.Body, "/agenda/texte"):][:40])
	}
	if b.Open("/agenda?vue=liste"); !strings.Contains(b.Body, `href="/agenda/texte?vue=liste"`) {
		t.Error("what was chosen is left out")
	}
}
