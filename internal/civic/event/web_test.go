package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/testkit"
)

// TestOrganise tells the story of a meeting on its pages: written with faults,
// then without; somebody registers, sees the link, finds it in the agenda; it is
// cancelled, and they are told.
func TestOrganise(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", false)
	n.Person("bob", false)
	ana, bob := n.SignIn("ana"), n.SignIn("bob")
	form := map[string]string{"title": "", "kind": "meeting", "audience": "section", "day": soon(3), "from": "18:00", "to": "20:00", "zone": "Europe/Paris",
		"capacity": "1", "companions": "0", "text": "Nous lisons le budget."}
	ana.Open("/agenda/nouvelle").Submit("/agenda/nouvelle", form)
	if ana.Status != http.StatusUnprocessableEntity || !ana.Has("Le titre manque") || !ana.Has("Le lieu manque") || !strings.Contains(ana.Body, "Nous lisons le budget.") {
		t.Fatalf("%d: %s", ana.Status, ana.Text())
	}
	form["title"], form["place"], form["remote_url"] = "Lire le budget", "Local", "https://visio.example/secret"
	ana.Submit("/agenda/nouvelle", form)
	if !ana.Has("Lire le budget") || !ana.Has("La date est dans l’agenda") {
		t.Fatal(ana.Text())
	}
	bob.Open("/agenda?vue=liste")
	if !bob.Has("Lire le budget") {
		t.Fatal(bob.Text())
	}
	bob.Open("/agenda?vue=semaine").Open("/agenda").Open("/agenda/texte?vue=liste")
	if !bob.Has("Lire le budget") || !bob.Has("et à distance") {
		t.Errorf("text to copy: %s", bob.Text())
	}
	var id int64
	p, err := n.Posts.Get(ctx, n.Viewer("bob"), lastPost(t, n))
	if err != nil {
		t.Fatal(err)
	}
	id = p.ID
	at := "/agenda/" + idOf(p)
	if bob.Open(at); strings.Contains(bob.Body, "visio.example") || !bob.Has("0 sur 1 dans la salle, 0 à distance") {
		t.Errorf("before registering: %s", bob.Text())
	}
	bob.Submit(at+"/reponse", map[string]string{"answer": "remote"})
	if !strings.Contains(bob.Body, "visio.example") || !bob.Has("Vous suivez à distance") {
		t.Errorf("registered: %s", bob.Text())
	}
	if bob.Open(at + "/inscrits"); bob.Status != http.StatusNotFound {
		t.Errorf("a participant sees the list: %d", bob.Status)
	}
	if ana.Open(at + "/inscrits"); !ana.Has("bob") {
		t.Errorf("the organiser does not: %s", ana.Text())
	}
	if n.NewBrowser().Open(at).Status != http.StatusNotFound {
		t.Error("a stranger sees what is for the section")
	}
	ana.Open(at+"/etat").Submit(at+"/etat", map[string]string{"status": event.Cancelled, "note": "Salle fermée"})
	if bob.Open(at); !bob.Has("Cette réunion est annulée. Salle fermée") || bob.Has("Viendrez-vous") {
		t.Error(bob.Text())
	}
	rows, err := n.Notify.UnreadOf(ctx, n.Person("bob", false).ID, notify.Filter{}, 10)
	if err != nil || rows != 1 {
		t.Errorf("bob has %d notifications, %v", rows, err)
	}
	if err := n.Accounts.Delete(ctx, n.Person("bob", false).ID); err != nil || len(rowsOf(t, n, id)) != 0 {
		t.Errorf("a deleted account comes still: %v %+v", err, rowsOf(t, n, id))
	}
}

func lastPost(t *testing.T, n *testkit.Node) int64 {
	t.Helper()
	id, err := db.Get[int64](ctx, n.DB.Read(), `select max(post_id) from meeting`)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
