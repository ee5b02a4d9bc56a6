package follow_test

import (
	"strings"
	"testing"

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

// TestFollowByHandle looks for somebody of another server, follows them after
// agreeing to be reachable, and reads them.
func TestFollowByHandle(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	b.Person("zoe", true)
	zoe := b.SignIn("zoe")
	ana := a.SignIn("ana")
	ana.Open("/recherche").Submit("/recherche", map[string]string{"q": "@zoe@" + b.Host})
	must(t, ana, 200, "zoe", "Vient d’un autre serveur", "Suivre")
	path := "/@zoe@" + b.Host
	ana.Submit(path+"/follow", nil)
	must(t, ana, 422, "Être joignable depuis d’autres serveurs", "Être ici dit une opinion politique")
	ana.Submit(path+"/follow", map[string]string{"consent": "address"})
	must(t, ana, 200, "Votre demande est partie", "Retirer la demande")
	if ana.URL.Path != "/recherche" {
		t.Errorf("after following one is at %s", ana.URL)
	}
	c.Settle()
	must(t, ana.Open(path), 200, "Vous suivez cette personne", "Voir sur son serveur")
	must(t, zoe.Open("/notifications"), 200, "ana vous suit désormais")
	must(t, zoe.Open("/"), 200, "1 personne, sur 1 autre serveur")
	zoe.Submit("/publier", map[string]string{"text": "Bonjour d'ailleurs", "audience": "followers"})
	c.Settle()
	must(t, ana.Open("/?onglet=fediverse"), 200, "Bonjour d’ailleurs", "Ses abonnés")
	must(t, ana.Open("/@ana"), 200, "1 abonnement")
	must(t, ana.Click("/abonnements"), 200, "zoe", "Ne plus suivre")
	ana.Submit(path+"/unfollow", nil)
	must(t, ana, 200, "Vous ne suivez plus zoe", "Vous ne suivez personne encore")
	c.Settle()
	must(t, zoe.Open("/@zoe"), 200, "0 abonné")
	must(t, ana.Open("/?onglet=fediverse"), 200)
	if ana.Has("Bonjour d’ailleurs") {
		t.Error("who is no longer followed is still read")
	}
}

// TestRequestsWaitForAnAnswer follows somebody who approves each request.
func TestRequestsWaitForAnAnswer(t *testing.T) {
	n := testkit.New(t)
	ana, bob := n.SignIn("ana"), n.SignIn("bob")
	ana.Open("/reglages").Submit("/reglages", map[string]string{"locked": "1"})
	must(t, ana, 200, "Vos réglages sont enregistrés.")
	ask := func() {
		t.Helper()
		must(t, bob.Open("/@ana"), 200, "Demander à suivre")
		bob.Submit("/@ana/follow", nil)
		must(t, bob, 200, "Votre demande est partie", "Votre demande attend sa réponse")
	}
	ask()
	must(t, ana.Open("/"), 200, "À faire", "1 personne demande à vous suivre")
	must(t, ana.Click("/demandes"), 200, "bob", "Accepter", "Refuser")
	ana.Submit("/@bob/refuser", nil)
	must(t, ana, 200, "Demande refusée", "Aucune demande")
	ask()
	must(t, ana.Open("/notifications"), 200, "bob demande à vous suivre")
	ana.Submit("/@bob/accepter", nil)
	must(t, ana, 200, "bob vous suit désormais")
	must(t, bob.Open("/@ana"), 200, "Vous suivez cette personne")
	if must(t, ana.Open("/@ana/abonnes"), 200, "bob", "Retirer de mes abonnés"); !strings.Contains(ana.Body, "/@bob/retirer") {
		t.Error("a follower cannot be removed")
	}
	// Who follows whom is nobody else's business.
	must(t, bob.Open("/@ana/abonnes"), 404)
	ana.Submit("/@bob/retirer", nil)
	must(t, ana, 200, "bob ne vous suit plus", "Personne ne vous suit encore")
}
