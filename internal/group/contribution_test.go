package group_test

import (
	"context"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestContributions: who works in a group is seen by links to the work, in any access; how much is
// for members; whoever does not want it is not there.
func TestContributions(t *testing.T) {
	for name, e := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) { contributions(t, testkit.NewOn(t, e)) })
	}
}

func contributions(t *testing.T, n *testkit.Node) {
	for _, who := range []string{"ana", "bob", "carl", "eve"} {
		n.Person(who, true)
	}
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open})
	for _, who := range []string{"bob", "carl"} {
		if err := n.Groups.Join(ctx, n.Viewer(who), g.AccountID); err != nil {
			t.Fatal(err)
		}
	}
	first := write(t, n, "bob", post.Draft{Title: "Les arceaux", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	write(t, n, "bob", post.Draft{Title: "Les pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	write(t, n, "carl", post.Draft{Text: "Ici", ReplyTo: first.ID})
	bad := write(t, n, "carl", post.Draft{Text: "Rien à voir", ReplyTo: first.ID})
	if err := n.Groups.Remove(ctx, n.Viewer("ana"), bad.ID, "hors sujet"); err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Summarise(ctx, n.Viewer("ana"), first.ID, group.Summary{Agreed: "Douze places"}); err != nil {
		t.Fatal(err)
	}
	const page = "/groupes/velo/contributions"
	carl := n.SignIn("carl").Open(page)
	if !carl.Has("A ouvert 2 fils, dont") || !carl.Has("A répondu 1 fois") || !carl.Has("A résumé 1 fil") || strings.Contains(carl.Text(), "2 fois") {
		t.Fatalf("%d %s", carl.Status, carl.Text())
	}
	if carl.Click("Les pistes"); carl.Status != 200 || !strings.HasPrefix(carl.URL.Path, "/groupes/velo/") {
		t.Errorf("the link does not lead to the work: %d %s", carl.Status, carl.URL)
	}
	for who, b := range map[string]*testkit.Browser{"who is no member": n.SignIn("eve"), "a stranger": n.NewBrowser()} {
		if b.Open(page); !b.Has("A ouvert") || b.Has("2 fils") || b.Has("Ne plus y figurer") {
			t.Errorf("%s: %d %s", who, b.Status, b.Text())
		}
	}
	// Whoever is known to members alone is not named to strangers.
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set public = false where id = $1`, n.Viewer("carl").AccountID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if b := n.NewBrowser().Open(page); b.Has("@carl") {
		t.Errorf("a private account is named to a stranger: %s", b.Text())
	}
	bob := n.SignIn("bob").Open(page)
	bob.Submit(page, map[string]string{"discret": "1"})
	if !bob.Has("Vous ne figurez plus") || bob.Has("Les pistes") {
		t.Errorf("%d %s", bob.Status, bob.Text())
	}
	if carl.Open(page); carl.Has("@bob") || !carl.Has("@ana") {
		t.Errorf("who asked not to stand there does: %s", carl.Text())
	}
	if bob.Submit(page, nil); !bob.Has("Les pistes") {
		t.Errorf("not there again: %s", bob.Text())
	}
	closed := create(t, n, "ana", "bureau", group.Rules{Access: group.Section})
	write(t, n, "ana", post.Draft{Title: "Entre nous", Text: "Un", Audience: post.Group, Parts: group.Into(closed.AccountID)})
	if b := n.SignIn("ana").Open("/groupes/bureau/contributions"); !b.Has("Entre nous") {
		t.Errorf("a member does not see the work of a closed group: %s", b.Text())
	}
	if b := n.SignIn("eve").Open("/groupes/bureau/contributions"); b.Status != 404 || b.Has("Entre nous") {
		t.Errorf("who is no member does: %d", b.Status)
	}
}
