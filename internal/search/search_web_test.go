package search_test

import (
	"testing"

	"github.com/maillage/maillage/internal/testkit"
)

func TestPageOfSearch(t *testing.T) {
	n := testkit.New(t)
	n.Person("karim", false)
	ana := n.SignIn("ana")
	for _, c := range []struct {
		path  string
		words []string
	}{
		{"/recherche", []string{"Les personnes de la section", "karim", "Suivre", "@ana"}},
		{"/recherche?q=kar", []string{"karim", "Ce que nous connaissons"}},
		{"/recherche?q=@karim", []string{"karim"}},
		{"/recherche?q=@karim@" + n.Host, []string{"Le compte trouvé", "karim"}},
		{"/recherche?q=zzzz", []string{"Personne que nous connaissions sous « zzzz »", "@nom@serveur"}},
		{"/recherche?q=@zoe@127.0.0.1:1", []string{"Rien ne répond à cette adresse", "Vérifiez chaque lettre"}},
		{"/recherche?q=<b>", []string{"« <b> »"}},
		{"/recherche?q=%23logement", []string{"Aucun message avec #logement"}},
	} {
		ana.Open(c.path)
		if ana.Status != 200 {
			t.Errorf("%s: %d", c.path, ana.Status)
		}
		for _, w := range c.words {
			if !ana.Has(w) {
				t.Errorf("%s does not say %q: %s", c.path, w, ana.Text())
			}
		}
	}
	stranger := n.NewBrowser().Open("/recherche?q=karim")
	if stranger.URL.Path != "/connexion" || stranger.Has("karim") {
		t.Errorf("a stranger searches: %s", stranger.URL)
	}
}
