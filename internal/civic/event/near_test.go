package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func in(title, postcode, city string) func(*event.Draft) {
	return func(d *event.Draft) {
		d.Title, d.Place, d.Postcode, d.City, d.Audience = title, "Salle", postcode, city, post.Public
	}
}

// TestNear finds meetings by postcode or town, within a distance, here and from
// other servers, overseas too; and draws them on the map.
func TestNear(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { nearStory(t, testkit.NewOn(t, e), testkit.New(t)) })
	}
}

func nearStory(t *testing.T, n, far *testkit.Node) {
	n.Person("ana", true)
	n.Person("bob", true)
	far.Person("zoe", true)
	testkit.Cluster{n, far}.Follow(n, "bob", far, "zoe")
	make1(t, n, "ana", in("À Grenoble", "38000", "Grenoble"))
	make1(t, n, "ana", in("À Échirolles", "38130", "Échirolles"))
	make1(t, n, "ana", in("À Lyon", "69003", "Lyon"))
	make1(t, n, "ana", in("À Saint-Denis", "97400", "Saint-Denis"))
	make1(t, n, "ana", in("À Liège", "", "Liège"))
	make1(t, n, "ana", func(d *event.Draft) {
		d.Title, d.Place, d.Postcode, d.City, d.RemoteUrl = "En visio", "", "", "", "https://visio.example/x"
	})
	make1(t, far, "zoe", in("À Voiron", "38500", "Voiron"))
	testkit.Cluster{n, far}.Settle()
	all := []string{"À Grenoble", "À Échirolles", "À Lyon", "À Saint-Denis", "À Liège", "En visio", "À Voiron"}
	b := n.SignIn("bob")
	for query, want := range map[string]string{
		"": "À Grenoble|À Échirolles|À Lyon|À Saint-Denis|À Liège|En visio|À Voiron", "pres=38000&rayon=10": "À Grenoble|À Échirolles", "pres=38000": "À Grenoble|À Échirolles|À Voiron",
		"pres=grenoble&rayon=120": "À Grenoble|À Échirolles|À Voiron|À Lyon", "pres=97420": "À Saint-Denis", "pres=4000+Liège": "À Liège",
		"pres=59000": "", "distance=1": "En visio", "genre=action": "", "genre=meeting&pres=69001": "À Lyon", "source=section&pres=38000": "À Grenoble|À Échirolles",
		"source=ailleurs": "À Voiron", "niveau=national": "",
	} {
		page := b.Open("/agenda?vue=liste&" + query)
		for _, title := range all {
			expected := want != "" && strings.Contains("|"+want+"|", "|"+title+"|")
			if page.Has(title) != expected {
				t.Errorf("%q: %s is there: %v", query, title, !expected)
			}
		}
	}
	if b.Open("/agenda?vue=liste&pres=38000&rayon=10"); !b.Has("tout près") || !b.Has("À 10 km de Grenoble au plus") {
		t.Errorf("distances: %s", b.Text())
	}
	if b.Open("/agenda?vue=liste&pres=59000"); !b.Has("Aucune date à moins de 30 km de Lille") || !b.Has("Chercher jusqu’à 120 km") {
		t.Errorf("nothing near: %s", b.Text())
	}
	if b.Open("/agenda?vue=liste&pres=qsdfg"); b.Status != http.StatusOK || !b.Has("Nous ne connaissons pas ce lieu") {
		t.Errorf("an unknown place: %d %s", b.Status, b.Text())
	}
	b.Open("/agenda?vue=carte")
	for _, part := range []string{`contours.svg?v=`, `#metropole"`, `#reunion"`, `class="map-point"`, "La Réunion"} {
		if !strings.Contains(b.Body, part) {
			t.Errorf("the map lacks %s", part)
		}
	}
	if strings.Contains(b.Body, `#guadeloupe"`) || !b.Has("1 date n’est pas sur la carte") {
		t.Errorf("the map: %s", b.Text())
	}
	if b.Open("/agenda?vue=carte&pres=97400"); strings.Count(b.Body, `class="map-point"`) != 1 {
		t.Error("the map of a filter")
	}
	outlines, status := get(t, n.URL+"/agenda/contours.svg")
	if status != http.StatusOK || !strings.HasPrefix(outlines, "<svg") || strings.Contains(outlines, "http://www.w3.org/1999") {
		t.Errorf("outlines: %d", status)
	}
	// What one chose is kept.
	if b.Open("/agenda?vue=liste&source=section").Submit("/agenda/sources", nil); !b.Has("L’agenda s’ouvrira ainsi") {
		t.Error(b.Text())
	}
	if b.Open("/agenda?vue=liste"); b.Has("À Voiron") || !b.Has("À Lyon") {
		t.Error("the choice is not kept")
	}
}
