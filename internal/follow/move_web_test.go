package follow_test

import (
	"testing"

	"github.com/maillage/maillage/internal/testkit"
)

// TestMovingByThePages takes somebody from one server to another: first the new
// account says that the old one is theirs, then the old one leaves.
func TestMovingByThePages(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	a, b := c[0], c[1]
	a.Person("ana", true)
	b.Person("ana", true)
	old, fresh := a.SignIn("ana"), b.SignIn("ana")
	const page = "/reglages/demenagement"
	must(t, old.Open("/reglages"), 200)
	must(t, old.Click(page), 200, "Partir ailleurs", "pas déménager de nouveau avant trente jours")
	to := map[string]string{"to": "@ana@" + b.Host}
	old.Submit(page+"/partir", to)
	must(t, old, 422, "Cochez cette case")
	to["sure"] = "1"
	old.Submit(page+"/partir", to)
	must(t, old, 422, "ne dit pas encore que celui-ci est le sien")

	fresh.Open(page).Submit(page+"/adresses", map[string]string{"other": "personne"})
	must(t, fresh, 422, "Personne n’a été trouvé")
	fresh.Submit(page+"/adresses", map[string]string{"other": "@ana@" + a.Host})
	must(t, fresh, 200, "Adresse ajoutée", "@ana@"+a.Host)
	fresh.Submit(page+"/adresses/retirer", nil)
	must(t, fresh, 200, "Adresse retirée")
	old.Submit(page+"/partir", to)
	must(t, old, 422, "ne dit pas encore que celui-ci est le sien")
	fresh.Submit(page+"/adresses", map[string]string{"other": "@ana@" + a.Host})

	old.Submit(page+"/partir", to)
	must(t, old, 200, "Le déménagement est commencé", "Vous avez déménagé", "@ana@"+b.Host)
	old.Submit(page+"/partir", to)
	if old.Status == 200 {
		t.Error("a second move within thirty days")
	}
}
