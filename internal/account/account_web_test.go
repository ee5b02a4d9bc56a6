package account_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/testkit"
)

func TestSettings(t *testing.T) {
	n := testkit.New(t)
	ana := n.SignIn("ana")
	says := func(status int, words ...string) {
		t.Helper()
		if ana.Status != status {
			t.Fatalf("%s: status %d, not %d: %s", ana.URL, ana.Status, status, ana.Text())
		}
		for _, w := range words {
			if !ana.Has(w) {
				t.Fatalf("%s does not say %q: %s", ana.URL, w, ana.Text())
			}
		}
	}
	ana.Open("/reglages")
	says(200, "Seules les personnes de la section vous voient", "Changer le mot de passe")
	ana.Submit("/reglages", map[string]string{"display_name": "Ana Ruiz", "note": "Bonjour <i>à vous</i>", "field_name_1": "Site", "field_value_1": "https://ana.example/page"})
	says(200, "Vos réglages sont enregistrés.")
	if !strings.Contains(ana.Body, `value="https://ana.example/page"`) || !strings.Contains(ana.Body, "Bonjour &lt;i&gt;à vous&lt;/i&gt;</textarea>") {
		t.Error("the form does not show what was saved")
	}
	ana.Open("/@ana")
	says(200, "Ana Ruiz", "Bonjour <i>à vous</i>", "Site", "ana.example/page")

	long := strings.Repeat("é", 300)
	ana.Open("/reglages").Submit("/reglages", map[string]string{"display_name": long})
	says(422, "dépasse 200 signes")
	if !strings.Contains(ana.Body, long) {
		t.Error("what was typed is lost")
	}

	var me masto.CredentialAccount
	usual := func(audience string) {
		ana.Open("/reglages").Submit("/reglages/messages", map[string]string{"default_audience": audience, "default_lang": "en", "default_quotes": "nobody", "default_sensitive": "1"})
		n.Client("ana").Get("/api/v1/accounts/verify_credentials", &me)
	}
	if strings.Contains(ana.Open("/reglages").Body, `value="unlisted"`) {
		t.Error("a private member may choose to write for everybody as a rule")
	}
	usual("followers")
	says(200, "Vos réglages sont enregistrés.")
	if me.Source.Privacy != "private" || me.Source.Language != "en" || me.Source.QuotePolicy != "nobody" || !me.Source.Sensitive {
		t.Errorf("what apps see of the defaults: %+v", me.Source)
	}
	if !strings.Contains(ana.Body, `value="followers" checked`) {
		t.Error("the form does not show what was saved")
	}
	if usual("public"); me.Source.Privacy != "private" || ana.URL.Path != "/reglages/accord" {
		t.Errorf("public without a consent: %s at %s", me.Source.Privacy, ana.URL)
	}
	if usual("everybody"); ana.Status != 400 || me.Source.Privacy != "private" {
		t.Errorf("no such audience: %d, %s", ana.Status, me.Source.Privacy)
	}

	ana.Open("/reglages").Submit("/reglages/affichage", map[string]string{"lang": "en", "theme": "dark"})
	says(200, "Your settings are saved.", "Who can see you")
	if !strings.Contains(ana.Body, `data-theme="dark"`) {
		t.Error("the theme is not kept")
	}
	ana.Submit("/reglages/affichage", map[string]string{"lang": "fr", "theme": ""})
	says(200, "Vos réglages sont enregistrés.")
	if strings.Contains(ana.Body, `data-theme=`) {
		t.Error("the theme is not forgotten")
	}

	ana.Open("/reglages").Click("Être seulement joignable par mon adresse")
	says(200, "Être joignable depuis d’autres serveurs", "Ce que d’autres pourront savoir")
	ana.Submit("/reglages/accord", map[string]string{"consent": "address"})
	says(200, "Votre accord est noté", "Votre page reste fermée aux visiteurs", "Joignable par adresse")
	stranger := n.NewBrowser().Open("/@ana")
	if stranger.Status != 404 {
		t.Errorf("a reachable account shows its page to strangers: %d", stranger.Status)
	}
	ana.Click("Ouvrir mon profil").Submit("/reglages/accord", map[string]string{"consent": "public"})
	says(200, "Tout le monde peut voir votre page")
	if usual("unlisted"); me.Source.Privacy != "unlisted" {
		t.Errorf("with a consent: %s", me.Source.Privacy)
	}
	if stranger.Open("/@ana"); stranger.Status != 200 || !stranger.Has("Ana Ruiz") {
		t.Errorf("a public page answers %d", stranger.Status)
	}
}

// TestAppsNameTheConsents: an app may swallow the sentence of an error, so the page
// that lets it in says what needs a consent, and the answer leads back there.
func TestAppsNameTheConsents(t *testing.T) {
	n := testkit.New(t)
	var app masto.CredentialApplication
	n.Client("ana").Post("/api/v1/apps", map[string]any{"client_name": "Essai", "redirect_uris": "essai://retour", "scopes": "read write follow"}, &app)
	page := func(scope string) string {
		return "/oauth/authorize?" + url.Values{"response_type": {"code"}, "client_id": {app.ClientID}, "redirect_uri": {"essai://retour"}, "scope": {scope}, "state": {"a&b"}}.Encode()
	}
	const everyone, outside = "écrire pour tout le monde", "suivre quelqu’un sur un serveur hors du mouvement"
	ana := n.SignIn("ana")
	if ana.Open(page("read")); ana.Has(everyone) || ana.Has(outside) {
		t.Errorf("an app that only reads: %s", ana.Text())
	}
	if ana.Open(page("read write:statuses")); !ana.Has(everyone) || ana.Has(outside) {
		t.Errorf("an app that only posts: %s", ana.Text())
	}
	if ana.Open(page("read write follow")).Click(outside).Submit("/reglages/accord", map[string]string{"consent": "address"}); ana.URL.Path != "/oauth/authorize" || ana.Has(outside) || !ana.Has(everyone) {
		t.Errorf("reachable: %s: %s", ana.URL, ana.Text())
	}
	if ana.Click(everyone); !ana.Has("Ce que tout le monde pourra voir") {
		t.Fatalf("no consent is asked: %s", ana.Text())
	}
	if ana.Submit("/reglages/accord", map[string]string{"consent": "public"}); ana.URL.Query().Get("state") != "a&b" || ana.Has(everyone) || !ana.Has("Autoriser Essai") {
		t.Errorf("public: %s: %s", ana.URL, ana.Text())
	}
	bob := n.SignIn("bob")
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		bob.Open("/reglages/accord?pour=address&next=" + url.QueryEscape(next))
		if !strings.Contains(bob.Body, `<a href="/reglages">Revenir sans rien changer`) || strings.Contains(bob.Body, `name="next"`) {
			t.Errorf("%q is led to: %s", next, bob.Text())
		}
		if bob.Submit("/reglages/accord", map[string]string{"consent": "", "next": next}); bob.URL.Path != "/reglages" {
			t.Errorf("%q leads to %s", next, bob.URL)
		}
	}
}
