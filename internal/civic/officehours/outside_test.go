package officehours_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
)

// open offers hours that people from outside may book, through the pages.
func open(t *testing.T, n *testkit.Node) (ana *testkit.Browser, at string) {
	t.Helper()
	n.Person("ana", true)
	ana = n.SignIn("ana").Open("/permanences/nouvelle").Submit("/permanences/nouvelle", map[string]string{"title": "Permanence logement", "place": "Mairie, salle 2", "phone": "1",
		"video_url": "https://visio.example/secret", "open": "1"})
	if !ana.Has("La permanence est publiée") {
		t.Fatal(ana.Text())
	}
	return ana, ana.URL.Path
}

func idle(t *testing.T, n *testkit.Node) {
	t.Helper()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// due has jobs of a kind run now.
func due(t *testing.T, n *testkit.Node, kind string) {
	t.Helper()
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update job set run_at = 1 where kind = $1`, kind)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	n.Jobs.Wake()
	idle(t, n)
}

// TestVisitorBooks: somebody without an account books by their address: the moment
// is theirs when they confirm, whoever receives is told and sees how to reach
// them, they are reminded, and told when it is cancelled.
func TestVisitorBooks(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	ana, at := open(t, n)
	zoe := n.NewBrowser().Open("/permanences")
	if !zoe.Has("Permanence logement") || zoe.Has("Proposer une permanence") {
		t.Fatal(zoe.Text())
	}
	zoe.Open(at)
	all := slot.FindAllStringSubmatch(zoe.Body, -1)
	if len(all) < 9 || strings.Contains(zoe.Body, "visio.example") {
		t.Fatalf("%d moments", len(all))
	}
	book := func(b *testkit.Browser, name string) *testkit.Browser {
		t.Helper()
		b.Open(at).Submit(at, map[string]string{"slot": all[8][1], "way": "video", "note": "Mon bailleur"})
		if !b.Has("Confirmer votre rendez-vous") || !b.Has("Permanence logement") {
			t.Fatalf("%d %s", b.Status, b.Text())
		}
		return b.Submit(at+"/qui", map[string]string{"name": name, "email": name + "@dehors.example", "by": "mail"})
	}
	if zoe.Submit(at, map[string]string{"slot": all[8][1], "way": "phone"}); zoe.Status != http.StatusUnprocessableEntity || !zoe.Has("Donnez votre numéro") {
		t.Errorf("by phone without a number: %s", zoe.Text())
	}
	book(zoe, "zoe")
	lou := book(n.NewBrowser(), "lou")
	idle(t, n)
	zoe.Open(box.Last("zoe@dehors.example").Link("/visite/")).Submit("/visite/", nil)
	idle(t, n)
	if zoe.URL.Path != "/permanences" || !zoe.Has("Vos rendez-vous") || !zoe.Has("ana, en visio") {
		t.Fatal(zoe.Text())
	}
	// Lou confirms too late for the same moment.
	if lou.Open(box.Last("lou@dehors.example").Link("/visite/")).Submit("/visite/", nil); !lou.Has("Ce moment vient d’être pris") {
		t.Error(lou.Text())
	}
	l := box.Last("zoe@dehors.example")
	if l.Method != "REQUEST" || !strings.Contains(l.Text, "https://visio.example/secret") || !strings.Contains(l.ICS, "Permanence logement") {
		t.Errorf("%s\n%s", l.Text, l.ICS)
	}
	ana.Open("/notifications")
	if !ana.Has("zoe, une personne de l’extérieur, a pris rendez-vous") {
		t.Fatal(ana.Text())
	}
	booking, err := db.Get[int64](ctx, n.DB.Read(), `select id from office_booking`)
	if err != nil {
		t.Fatal(err)
	}
	page := "/permanences/rendez-vous/" + itoa(booking)
	if ana.Open(page); !ana.Has("zoe@dehors.example") || !ana.Has("Mon bailleur") {
		t.Error(ana.Text())
	}
	for who, b := range map[string]*testkit.Browser{"lou": lou, "a stranger": n.NewBrowser(), "a member": n.SignIn("bob")} {
		if b.Open(page); b.Status != http.StatusNotFound || b.Has("bailleur") {
			t.Errorf("%s sees it: %d", who, b.Status)
		}
	}
	due(t, n, "officehours.remind")
	if l := box.Last("zoe@dehors.example"); !strings.HasPrefix(l.Subject, "Demain") {
		t.Errorf("not reminded: %s", l.Subject)
	}
	ana.Open(page).Submit(page+"/annuler", nil)
	idle(t, n)
	if l := box.Last("zoe@dehors.example"); l.Method != "CANCEL" || !strings.HasPrefix(l.Subject, "Rendez-vous annulé") {
		t.Errorf("%s %s", l.Subject, l.ICS)
	}
	// Zoé is known now: she books at once, and gives it back.
	zoe.Open(at).Submit(at, map[string]string{"slot": all[9][1], "way": "room"})
	if !zoe.Has("Votre rendez-vous est pris") || !zoe.Has("Mairie, salle 2") {
		t.Fatal(zoe.Text())
	}
	zoe.Submit(zoe.URL.Path+"/annuler", nil)
	idle(t, n)
	if ana.Open("/notifications"); !ana.Has("zoe a annulé son rendez-vous") {
		t.Error(ana.Text())
	}
	// Erased, nothing is left of her.
	zoe.Open(at).Submit(at, map[string]string{"slot": all[9][1], "way": "room"})
	zoe.Open("/visite").Submit("/visite/effacer", nil)
	left, err := db.Get[int](ctx, n.DB.Read(), `select (select count(*) from office_booking) + (select count(*) from visitor where email like 'zoe%')`)
	if err != nil || left != 0 {
		t.Error(left, err)
	}
}

// TestAccountElsewhereBooks: somebody books with their account on another server, and
// is told there that it is cancelled.
func TestAccountElsewhereBooks(t *testing.T) {
	n, far := testkit.New(t), testkit.New(t)
	ana, at := open(t, n)
	far.Person("mia", true)
	b, mia := n.NewBrowser().Open(at), far.SignIn("mia")
	b.Submit(at, map[string]string{"slot": slot.FindAllStringSubmatch(b.Body, -1)[8][1], "way": "room"})
	b.Submit(at+"/qui", map[string]string{"handle": far.Handle("mia"), "by": "account"})
	link := strings.ReplaceAll(b.Body[strings.Index(b.Body, far.URL+"/oauth/authorize"):], "&amp;", "&")
	link, _, _ = strings.Cut(link, `"`)
	mia.Open(link).Submit("/oauth/authorize", map[string]string{"answer": "allow"})
	if back := mia.URL.String(); !strings.HasPrefix(back, n.URL+"/visite/compte/retour") {
		t.Fatalf("%d %s %s", mia.Status, back, mia.Text())
	}
	b.Open(mia.URL.String()).Submit("/visite/compte/retour", nil)
	if !b.Has("Vos rendez-vous") || !b.Has("Permanence logement") {
		t.Fatal(b.Text())
	}
	idle(t, n)
	if ana.Open("/notifications"); !ana.Has("mia, une personne de l’extérieur, a pris rendez-vous") {
		t.Fatal(ana.Text())
	}
	booking, err := db.Get[int64](ctx, n.DB.Read(), `select id from office_booking`)
	if err != nil {
		t.Fatal(err)
	}
	page := "/permanences/rendez-vous/" + itoa(booking)
	ana.Open(page).Submit(page+"/annuler", nil)
	testkit.Cluster{n, far}.Settle()
	if mia.Open("/notifications"); !mia.Has("J’ai annulé notre rendez-vous") {
		t.Error(mia.Text())
	}
}

// TestOutsideSeesWhatIsOpen: hours of the section, and of who hides, are known to
// nobody outside; who opens theirs agrees to be seen.
func TestOutsideSeesWhatIsOpen(t *testing.T) {
	n, _ := testkit.NewMailing(t, testkit.SQLite)
	n.Person("eve", false)
	eve := n.SignIn("eve").Open("/permanences/nouvelle").Submit("/permanences/nouvelle", map[string]string{"title": "Pour la section", "place": "Local"})
	inside := eve.URL.Path
	if eve.Open("/permanences/nouvelle").Submit("/permanences/nouvelle", map[string]string{"title": "Pour tout le monde", "place": "Local", "open": "1"}); eve.Status != http.StatusUnprocessableEntity || eve.Has("La permanence est publiée") {
		t.Fatalf("nobody asked eve: %d %s", eve.Status, eve.Text())
	}
	stranger := n.NewBrowser()
	if stranger.Open("/permanences"); stranger.Has("Pour la section") || stranger.Has("Pour tout le monde") {
		t.Error(stranger.Text())
	}
	if stranger.Open(inside); stranger.Status != http.StatusNotFound {
		t.Errorf("%d", stranger.Status)
	}
	eve.Submit("/permanences/nouvelle", map[string]string{"consent": "public"})
	if !eve.Has("La permanence est publiée") {
		t.Fatal(eve.Text())
	}
	if stranger.Open("/permanences"); !stranger.Has("Pour tout le monde") || stranger.Has("Pour la section") {
		t.Error(stranger.Text())
	}
	at := eve.URL.Path
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set public = $1 where username = 'eve'`, false)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if stranger.Open(at); stranger.Status != http.StatusNotFound {
		t.Errorf("who hides again is shown: %d", stranger.Status)
	}
}

// TestAVisitorsNameWritesToNobody: what the section writes to whoever receives goes to
// them alone, whatever people from outside call themselves.
//
// Spec: P7
func TestAVisitorsNameWritesToNobody(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	ana, at := open(t, n)
	n.Person("ines", true)
	b := n.NewBrowser().Open(at)
	b.Submit(at, map[string]string{"slot": slot.FindAllStringSubmatch(b.Body, -1)[8][1], "way": "room", "note": "Vu avec @ines"})
	b.Submit(at+"/qui", map[string]string{"name": "Zoé @ines", "email": "zoe@dehors.example", "by": "mail"})
	idle(t, n)
	b.Open(box.Last("zoe@dehors.example").Link("/visite/")).Submit("/visite/", nil)
	idle(t, n)
	if ana.Open("/notifications"); !ana.Has("une personne de l’extérieur, a pris rendez-vous") {
		t.Fatal(ana.Text())
	}
	told, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from notification x join account a on a.id = x.account_id where a.username = 'ines'`)
	if err != nil || told != 0 {
		t.Errorf("who is named is told: %d %v", told, err)
	}
}
