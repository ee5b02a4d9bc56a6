package event_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWithheldAddress: a street that is withheld is told to the organiser, and to who has
// a seat in the room, on the page and in their calendar; to nobody else, by no road.
func TestWithheldAddress(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { withheldStory(t, testkit.NewOn(t, e)) })
	}
}

func withheldStory(t *testing.T, n *testkit.Node) {
	for _, who := range []string{"ana", "bob", "carl", "dora"} {
		n.Person(who, true)
	}
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	zoe := far.Actor("zoe")
	if _, answer, err := zoe.Follow(ctx, n.Person("ana", true).URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	p := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Withheld, d.Online, d.Capacity, d.Companions = post.Public, true, true, "1", ""
	})
	weekly := make1(t, n, "ana", func(d *event.Draft) {
		d.Title, d.Audience, d.Withheld, d.Day, d.Repeat = "Chaque semaine", post.Public, true, soon(6), "weekly"
	})
	const street = "Tilleuls"
	at := "/agenda/" + idOf(p)
	if b := n.SignIn("ana").Open(at); !b.Has(street) {
		t.Errorf("the organiser: %s", b.Text())
	}
	if b := n.SignIn("ana").Open(at + "/modifier"); !strings.Contains(b.Body, street) || !strings.Contains(b.Body, `name="withheld" value="1" checked`) && !strings.Contains(b.Body, `name="withheld" type="checkbox" value="1" checked`) {
		t.Errorf("the form of the organiser: %s", b.Text())
	}
	answer := func(who, what string) *testkit.Browser {
		if _, err := say(n, who, p, what, 0); err != nil {
			t.Fatal(err)
		}
		return n.SignIn(who)
	}
	bob := answer("bob", event.Room)
	if bob.Open(at); !bob.Has(street) || bob.Has("s’affiche ici après l’inscription") {
		t.Errorf("who comes: %s", bob.Text())
	}
	if bob.Open(at + "/covoiturage"); !bob.Has(street) {
		t.Errorf("who shares a car: %s", bob.Text())
	}
	private := feedOf(t, bob)
	if body, _ := get(t, private); strings.Count(body, street) != 1 {
		t.Errorf("their calendar: %s", body)
	}
	carl, dora := answer("carl", event.Room), answer("dora", event.Remote)
	for who, b := range map[string]*testkit.Browser{"who waits": carl, "who follows from afar": dora, "a stranger": n.NewBrowser()} {
		for _, page := range []string{at, at + "/date.ics", "/agenda?vue=liste", "/agenda?vue=carte", "/agenda/texte?vue=liste", "/agenda/texte?id=" + idOf(p), "/agenda/agenda.ics", "/agenda/agenda.atom", "/agenda/agenda.rss",
			at + "/venir", at + "/present", at + "/direct", at + "/affichette", "/agenda/" + idOf(weekly), "/", "/recherche?q=Tilleuls", "/@ana/" + idOf(p), "/@ana"} {
			body := strings.ReplaceAll(b.Open(page).Body, "\r\n ", "") // calendars fold their lines
			if strings.Contains(body, "rue des "+street) || strings.Contains(body, street+",") || strings.Contains(body, street+`\,`) {
				t.Errorf("%s reads the street at %s: %s", who, page, b.Text())
			}
		}
		if b.Open(at); b.Status != http.StatusOK || !b.Has("s’affiche ici après l’inscription") || !b.Has("Maison des associations") || !b.Has("38000 Grenoble") {
			t.Errorf("%s: %s", who, b.Text())
		}
	}
	if body, _ := get(t, feedOf(t, carl)); strings.Contains(body, street) {
		t.Errorf("in the calendar of who waits: %s", body)
	}
	var status masto.Status
	if n.Client("bob").Get("/api/v1/statuses/"+idOf(p), &status); strings.Contains(status.Content, street) || !strings.Contains(status.Content, "Maison des associations") {
		t.Errorf("apps: %s", status.Content)
	}
	for _, uri := range []string{p.URI, weekly.URI} {
		if doc, err := zoe.Get(ctx, uri); err != nil || doc.Status != 200 || strings.Contains(string(doc.Body), street) || !strings.Contains(string(doc.Body), "38000") {
			t.Errorf("the document: %v %s", err, doc.Body)
		}
	}
	// Those who come are told that it is elsewhere; the fediverse is not told where.
	if err := service(n).Edit(ctx, n.Viewer("ana"), p.ID, draft(func(d *event.Draft) {
		d.Audience, d.Withheld, d.Capacity, d.Address, d.Online = post.Public, true, "1", "7, rue des Tilleuls", true
	})); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if len(far.Received(peer.Posted("Create"))) == 0 || len(far.Received(peer.Posted("Update"))) == 0 || far.Mentions(street) {
		t.Error("the follower has no meeting, or its street")
	}
	if bob.Open("/notifications"); bob.Has(street) || !bob.Has("Maison des associations") {
		t.Errorf("notifications: %s", bob.Text())
	}
}

// TestWithheldInLetters: the letter to who has a seat tells the street, also for their
// calendar; that to who waits does not, until a seat is theirs.
func TestWithheldInLetters(t *testing.T) {
	n, box := testkit.NewMailing(t, testkit.SQLite)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Withheld, d.Capacity, d.Companions = post.Public, true, "1", "" })
	at := "/agenda/" + idOf(p)
	zoe := outsider(t, n, box, at, "zoe", nil)
	lou := outsider(t, n, box, at, "lou", nil)
	tells := func(who string) bool {
		l := box.Last(who + "@dehors.example")
		return strings.Contains(l.Text+l.HTML+strings.ReplaceAll(l.ICS, "\r\n ", ""), "Tilleuls")
	}
	if !tells("zoe") || tells("lou") || !zoe.Open(at).Has("Tilleuls") || lou.Open(at).Has("Tilleuls") {
		t.Errorf("seated %v, waiting %v", tells("zoe"), tells("lou"))
	}
	zoe.Open(at).Submit(at+"/reponse", map[string]string{"answer": "no"})
	settle(t, n)
	if !tells("lou") || !lou.Open(at).Has("Tilleuls") || zoe.Open(at).Has("Tilleuls") {
		t.Errorf("moved up: %v", tells("lou"))
	}
}

// feedOf makes the private calendar of somebody.
func feedOf(t *testing.T, b *testkit.Browser) string {
	t.Helper()
	b.Open("/agenda/abonnement").Submit("/agenda/abonnement", map[string]string{"act": "make"})
	i := strings.Index(b.Body, b.Base+"/agenda/prive/")
	if i < 0 {
		t.Fatal(b.Text())
	}
	address, _, _ := strings.Cut(b.Body[i:], ".ics")
	return address + ".ics"
}

// TestWebsite: a meeting names its page elsewhere to whoever may read it, and in its
// document as Mobilizon reads it; that of others' meetings is shown, and the link by
// which all may take part, which they publish.
func TestWebsite(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	form := map[string]string{"title": "Fête", "kind": "meeting", "audience": "public", "day": soon(3), "from": "18:00", "to": "20:00", "zone": "Europe/Paris", "place": "Local", "website": "javascript:alert(1)"}
	ana := n.SignIn("ana").Open("/agenda/nouvelle").Submit("/agenda/nouvelle", form)
	if ana.Status != http.StatusUnprocessableEntity || !strings.Contains(ana.Body, `id="website-error"`) {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	form["website"] = "https://www.campagne.example/fete?a=1"
	ana.Submit("/agenda/nouvelle", form)
	id := lastPost(t, n)
	at := "/agenda/" + idOf(&post.Post{ID: id})
	if b := n.NewBrowser().Open(at); !strings.Contains(b.Body, `<a href="https://www.campagne.example/fete?a=1" rel="nofollow noopener noreferrer">campagne.example</a>`) {
		t.Errorf("the page: %s", b.Text())
	}
	if ana.Open(at+"/modifier").Submit(at+"/modifier", map[string]string{"place": "Halles"}); !ana.Has("campagne.example") {
		t.Error("lost with another change")
	}
	p, err := post.Raw(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	bob := far.Actor("bob")
	doc, err := bob.Get(ctx, p.URI)
	if err != nil || as.ReadEvent(mustParse(t, doc.Body)).Website != form["website"] || !strings.Contains(string(doc.Body), `"name":"Website"`) || strings.Contains(string(doc.Body), "VirtualLocation") {
		t.Errorf("%v %s", err, doc.Body)
	}
	_, create := bob.Note("<p>Venez</p> @ana", func(x *as.Note) {
		x.Type, x.Name = "Event", "Débat"
		x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("ana", true).URI, Name: n.Handle("ana")}}
		x.Attachments = []as.Attachment{{Type: "Link", Name: "Another link", URL: "https://autre.example"}, {Type: "Link", Name: "Website", URL: "https://site.example/debat"}}
		x.ExtraContext = map[string]any{"address": "http://schema.org/address", "VirtualLocation": "http://schema.org/VirtualLocation"}
		x.Extra = map[string]any{"startTime": time.Now().AddDate(0, 0, 9).UTC().Format(time.RFC3339), "location": []any{map[string]any{"type": "Place", "name": "Salle"},
			map[string]any{"type": "Place", "name": "Visio", "address": map[string]any{"type": "VirtualLocation", "url": "https://visio.example/debat"}}}}
	})
	if answer, err := bob.Send(ctx, n.Person("ana", true).Inbox, create); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	ana.Open("/agenda/" + idOf(&post.Post{ID: lastPost(t, n)}))
	for _, want := range []string{`<a href="https://site.example/debat" rel="nofollow noopener noreferrer">site.example</a>`, `<dd><a href="https://visio.example/debat"`} {
		if !strings.Contains(ana.Body, want) {
			t.Errorf("no %s: %s", want, ana.Body[strings.Index(ana.Body, "meeting-facts"):])
		}
	}
}
