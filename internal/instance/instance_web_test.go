package instance_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
)

func must(t *testing.T, b *testkit.Browser, status int, words ...string) {
	t.Helper()
	if b.Status != status {
		t.Fatalf("%s: status %d, not %d: %s", b.URL, b.Status, status, b.Text())
	}
	for _, w := range words {
		if !b.Has(w) {
			t.Fatalf("%s does not say %q: %s", b.URL, w, b.Text())
		}
	}
}

func TestFaceOfTheServer(t *testing.T) {
	n := testkit.New(t)
	stranger := n.NewBrowser()
	must(t, stranger.Open("/"), 200, "Section de test", "Nous rejoindre", "Suivre depuis Mastodon", "Rien de public encore")
	must(t, stranger.Open("/a-propos"), 200, "Ce qui reste entre nous", n.Host)

	ana := n.SignIn("ana")
	must(t, ana.Open("/administration"), 403)
	err := n.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return n.Auth.SetRole(ctx, tx, n.Person("ana", false).ID, auth.RoleAdmin)
	})
	if err != nil {
		t.Fatal(err)
	}
	ana.Open("/administration").Submit("/administration", map[string]string{"name": "", "contact": "nowhere"})
	must(t, ana, 422, "Donnez un nom au site.", "2 réponses à reprendre", "de la forme nom@domaine")
	ana.Submit("/administration", map[string]string{"name": "Grenoble-Centre", "contact": "bonjour@grenoble.example", "parent": "Isère",
		"description": "Nous nous réunissons.\n\nChaque mois.", "accent": "sapin", "mark": "ridge"})
	must(t, ana, 200, "Les réglages du site sont enregistrés.", "Grenoble-Centre")
	must(t, stranger.Open("/"), 200, "Grenoble-Centre", "Section de la fédération Isère", "Nous nous réunissons.", "bonjour@grenoble.example")
	if !strings.Contains(stranger.Body, `data-accent="sapin"`) || stranger.Has("Chaque mois") {
		t.Error("the colour or the first paragraph is not that of the settings")
	}
	if !strings.Contains(stranger.Body, "#ridge\"/>") {
		t.Error("the emblem is not that of the settings")
	}
	must(t, stranger.Open("/a-propos"), 200, "Chaque mois")

	// A visitor chooses a language, and keeps it.
	stranger.Open("/a-propos").Click("English")
	stranger.Submit("/langue", map[string]string{"lang": "en"})
	must(t, stranger, 200, "Who we are", "What stays between us")
	if stranger.URL.Path != "/a-propos" {
		t.Errorf("after the language one is at %s", stranger.URL)
	}
	must(t, stranger.Open("/"), 200, "Join us", "Section of the Isère federation")

	must(t, stranger.Open("/robots.txt"), 200, "Disallow: /reglages")
	stranger.Open("/manifest.webmanifest")
	var m map[string]any
	if err := json.Unmarshal([]byte(stranger.Body), &m); err != nil || m["name"] != "Grenoble-Centre" || m["theme_color"] != "#21593f" {
		t.Errorf("manifest %v: %v", m, err)
	}
	stranger.Open("/favicon.ico")
	dec := xml.NewDecoder(strings.NewReader(stranger.Body))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("favicon: %v", err)
		}
	}
	if !strings.Contains(stranger.Body, ">G<") || !strings.Contains(stranger.Body, "#21593f") {
		t.Errorf("favicon %s", stranger.Body)
	}
}

// TestGuestsSeeNoMembers opens what a guest may not.
func TestGuestsSeeNoMembers(t *testing.T) {
	n := testkit.New(t)
	ana := n.SignIn("ana")
	ana.Open("/").Submit("/publier", map[string]string{"text": "Entre membres"})
	if _, err := n.CreatePerson(context.Background(), app.Person{Name: "guy", Display: "Guy", Email: "guy@section.example", Password: testkit.Password, Guest: true}); err != nil {
		t.Fatal(err)
	}
	guest := n.NewBrowser()
	guest.Open("/connexion").Submit("/connexion", map[string]string{"login": "guy", "password": testkit.Password})
	must(t, guest.Open("/"), 200)
	for _, path := range []string{"/", "/recherche", "/recherche?q=ana"} {
		if guest.Open(path); guest.Has("Entre membres") || guest.Has("@ana") {
			t.Errorf("%s shows members to a guest", path)
		}
	}
	must(t, guest.Open("/@ana"), 404)
	must(t, ana.Open("/"), 200, "Pour ma section : 1 personne,")

	// How many we are is said to members only.
	must(t, ana.Open("/a-propos"), 200, "En chiffres", "1 personne a un compte ici")
	for _, b := range []*testkit.Browser{guest, n.NewBrowser()} {
		if b.Open("/a-propos"); b.Status != 200 || b.Has("En chiffres") || b.Has("1 personne") {
			t.Error("the size of the section is told")
		}
	}
	must(t, n.NewBrowser().Open("/"), 200, "Nous nous réunissons")
}
