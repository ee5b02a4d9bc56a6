package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPoster: whoever may read a meeting may print its poster, and nobody else; it
// hangs on a wall, so it tells no street that is withheld and no link, whoever prints
// it; its code leads to the page; it says for whom the meeting is, and what became of it.
func TestPoster(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob"} {
		n.Person(who, true)
	}
	open := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Withheld, d.RemoteUrl = post.Public, true, "https://visio.example/secret"
	})
	if _, err := say(n, "bob", open, event.Room, 0); err != nil {
		t.Fatal(err)
	}
	at := event.Path + "/" + idOf(open)
	for who, b := range map[string]*testkit.Browser{"a stranger": n.NewBrowser(), "who comes": n.SignIn("bob"), "the organiser": n.SignIn("ana")} {
		if b.Open(at); !strings.Contains(b.Body, `href="`+at+`/affichette"`) {
			t.Errorf("%s finds no way from the meeting to its poster", who)
		}
		b.Open(at + "/affichette")
		if b.Status != http.StatusOK || !b.Has("Maison des associations") || !b.Has("38000 Grenoble") || !b.Has("Aussi à distance") || !b.Has("Ouvert à tout le monde") || !b.Has("L’adresse exacte est donnée aux personnes inscrites") {
			t.Errorf("%s: %d %s", who, b.Status, b.Text())
		}
		if strings.Contains(b.Body, "Tilleuls") || strings.Contains(b.Body, "visio.example") {
			t.Errorf("%s prints what is for those registered: %s", who, b.Text())
		}
		if got := readQR(t, b.Body); got != n.URL+at {
			t.Errorf("the code leads to %q", got)
		}
	}
	closed := make1(t, n, "ana", func(d *event.Draft) { d.Title, d.Place, d.Online = strings.Repeat("Très long titre ", 12), "", true })
	sheet := event.Path + "/" + idOf(closed) + "/affichette"
	if b := n.NewBrowser().Open(sheet); b.Status != http.StatusNotFound || b.Has("Très long titre") {
		t.Errorf("a stranger prints what is for the section: %d %s", b.Status, b.Text())
	}
	bob := n.SignIn("bob").Open(sheet)
	if !bob.Has("Pour les membres de") || !bob.Has("En ligne") || !bob.Has("Pour ouvrir la page, il faut se connecter") || bob.Has("Ouvert à tout le monde") || !strings.Contains(bob.Body, `poster-title is-s"`) {
		t.Errorf("for the section: %s", bob.Text())
	}
	for status, words := range map[string]string{event.Cancelled: "Cette réunion est annulée.", event.Postponed: "Cette réunion est reportée."} {
		if err := service(n).SetStatus(ctx, n.Viewer("ana"), open.ID, status, "Salle fermée"); err != nil {
			t.Fatal(err)
		}
		if bob.Open(at + "/affichette"); !bob.Has(words) || !bob.Has("Salle fermée") || !strings.Contains(bob.Body, "<s><time") || bob.Has("Le programme et l’inscription") {
			t.Errorf("%s: %s", status, bob.Text())
		}
	}
	run(t, n, `update meeting set status = 'confirmed', starts_at = 1, ends_at = 2 where post_id = $1`, open.ID)
	if bob.Open(at); strings.Contains(bob.Body, "affichette") {
		t.Error("what is over has a poster on offer")
	}
}
