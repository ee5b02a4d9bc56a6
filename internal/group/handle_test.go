package group_test

import (
	"testing"

	"github.com/maillage/maillage/internal/group"
)

// TestTheAddressOfAHiddenGroup: the address of a secret group leads its members to its page, there and on
// their own server; to all others it is that of nobody.
//
// Spec: P2
func TestTheAddressOfAHiddenGroup(t *testing.T) {
	x := newCircle(t, group.Rules{Name: "Motcaché", Secret: true, Joining: group.Invite})
	x.home.Person("aldo", false)
	if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	there := "cellule@" + x.home.Host
	bea, boris := x.b.SignIn("bea"), x.b.SignIn("boris")
	if bea.Open("/@" + there); bea.Status != 404 {
		t.Errorf("before she is in it: %d", bea.Status)
	}
	bea.Open("/groupes").Click("Motcaché")
	bea.Submit(bea.URL.Path, map[string]string{"reponse": "oui"})
	x.Settle()
	for _, address := range []string{"/@" + there, "/@CELLULE@" + x.home.Host, "/@" + there + "?avec=reponses"} {
		if bea.Open(address); bea.Status != 200 || bea.URL.Path != "/groupes/"+there {
			t.Errorf("%s leads a member to %s: %d", address, bea.URL.Path, bea.Status)
		}
	}
	if ana := x.home.SignIn("ana").Open("/@cellule"); ana.Status != 200 || ana.URL.Path != "/groupes/cellule" {
		t.Errorf("a member where it is: %d %s", ana.Status, ana.URL.Path)
	}
	nobody := x.b.SignIn("boris").Open("/@personne@" + x.home.Host)
	if boris.Open("/@" + there); boris.Status != 404 || boris.Text() != nobody.Text() {
		t.Errorf("somebody else: %d %s", boris.Status, boris.Text())
	}
	if out := x.b.NewBrowser().Open("/@" + there); out.Status != 404 {
		t.Errorf("a stranger: %d", out.Status)
	}
	if aldo := x.home.SignIn("aldo").Open("/@cellule"); aldo.Status != 404 {
		t.Errorf("somebody else where it is: %d", aldo.Status)
	}
	if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID, ""); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if bea.Open("/@" + there); bea.Status != 404 {
		t.Errorf("who was put out: %d", bea.Status)
	}
}
