package group_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestNewcomerOpensAGroup: who makes a group is told all that is wrong at once, in the words
// of the form; that it is made, not that it is open; whom they invited and who has not
// answered yet, as long as they moderate; and is offered nothing that cannot be done.
func TestNewcomerOpensAGroup(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "eve"} {
		n.Person(who, false)
	}
	form := map[string]string{"name": "", "username": "Deux mots!", "access": "section", "joining": "free", "posting": "members"}
	ana := n.SignIn("ana").Open("/groupes/nouveau").Submit("/groupes/nouveau", form)
	if ana.Status != 422 || !ana.Has("Donnez un nom au groupe") || !ana.Has("Écrivez l’adresse du groupe") || ana.Has("nom d’utilisateur") {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
	form["name"], form["username"] = "Logement", "logement"
	if ana.Submit("/groupes/nouveau", form); !ana.Has("Le groupe Logement est créé") || ana.Has("est ouvert") {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
	if ana.Open("/groupes/logement/confier"); !ana.Has("invitez d’abord") || strings.Contains(ana.Body, `class="button danger"`) {
		t.Errorf("with nobody to hand it to: %s", ana.Text())
	}
	ana.Open("/groupes/logement/membres").Submit("/groupes/logement/inviter", map[string]string{"who": "@eve"})
	if !ana.Has("L’invitation à eve est partie") || !ana.Has("Invitations sans réponse") || strings.Count(ana.Text(), "@eve") != 1 {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
	bob := n.SignIn("bob").Open("/groupes/logement").Submit("/groupes/logement/rejoindre", nil)
	if bob.Open("/groupes/logement/membres"); bob.Has("Invitations sans réponse") || bob.Has("@eve") {
		t.Errorf("every member sees who was invited: %s", bob.Text())
	}
	form["username"], form["name"], form["access"], form["posting"], form["secret"] = "velo", "Vélo", "open", "everyone", "1"
	if ana.Open("/groupes/nouveau").Submit("/groupes/nouveau", form); ana.Status != 422 || !ana.Has("une autre réponse à « Qui peut lire »") {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
}

// TestAnswerInAnOpenGroup: beside an answer that goes to the section unless its author says
// otherwise, no page says that everyone reads it.
func TestAnswerInAnOpenGroup(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", false)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	write(t, n, "ana", post.Draft{Title: "Les arceaux", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	bob := n.SignIn("bob").Open("/groupes/velo")
	if bob.Click("Les arceaux"); !bob.Has("Pour ma section") || bob.Has("Lu par tout le monde") || !bob.Has("Tout le monde lit ce groupe") {
		t.Errorf("%d %s", bob.Status, bob.Text())
	}
}
