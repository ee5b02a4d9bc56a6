package group_test

import (
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// affiliate makes the others children of the first.
func affiliate(t *testing.T, c testkit.Cluster) {
	t.Helper()
	for _, child := range c[1:] {
		if _, err := child.Movement.Ask(ctx, 0, c[0].Host); err != nil {
			t.Fatal(err)
		}
		c.Settle()
		if err := c[0].Movement.Accept(ctx, 0, child.Host, movement.Grant{Level: "section", Territory: "Isère", Organes: []string{"bureau"}}); err != nil {
			t.Fatal(err)
		}
		c.Settle()
	}
}

// found is somebody, or a group, as another instance finds it by its address.
func found(n *testkit.Node, name, host string) *account.Account {
	n.T.Helper()
	id, err := n.Engine.Account(ctx, name, host)
	if err != nil {
		n.T.Fatalf("%s does not find %s@%s: %v", n.Host, name, host, err)
	}
	a, err := account.ByID(ctx, n.DB.Read(), id)
	if err != nil {
		n.T.Fatal(err)
	}
	return a
}

// here is a post as an instance has it, nil when it has none that lives.
func here(t *testing.T, n *testkit.Node, uri string) *post.Post {
	t.Helper()
	p, err := post.RawByURI(ctx, n.DB.Read(), uri)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && p.DeletedAt != 0 {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	return p
}

// reads reports whether somebody reads a post on their instance.
func reads(t *testing.T, n *testkit.Node, who, uri string) bool {
	t.Helper()
	p := here(t, n, uri)
	if p == nil {
		return false
	}
	_, err := n.Posts.Get(ctx, n.Viewer(who), p.ID)
	return err == nil
}

// circle is a closed group of the first of three affiliated instances, with a member on each.
type circle struct {
	testkit.Cluster
	home, b, c *testkit.Node
	g          *group.Group
	atB, atC   *account.Account
}

func newCircle(t *testing.T, r group.Rules) *circle {
	t.Helper()
	c := testkit.NewCluster(t, 3)
	affiliate(t, c)
	x := &circle{Cluster: c, home: c[0], b: c[1], c: c[2]}
	for _, who := range []string{"ana", "aldo"} {
		x.home.Person(who, false)
	}
	x.b.Person("bea", false)
	x.b.Person("boris", false)
	x.c.Person("chloe", false)
	r.Access = group.Movement
	x.g = create(t, x.home, "ana", "cellule", r)
	if !r.Secret {
		x.atB, x.atC = found(x.b, "cellule", x.home.Host), found(x.c, "cellule", x.home.Host)
		x.follow(t, x.b, "bea", x.atB)
		x.follow(t, x.c, "chloe", x.atC)
	}
	return x
}

func (x *circle) follow(t *testing.T, n *testkit.Node, who string, g *account.Account) {
	t.Helper()
	if err := n.Follows.Follow(ctx, n.Person(who, false).ID, g.ID, nil); err != nil {
		t.Fatalf("%s does not join: %v", who, err)
	}
	x.Settle()
}

func into(n *testkit.Node, who string, g int64, text string) (*post.Post, error) {
	return n.Posts.Create(ctx, n.Viewer(who), post.Draft{Title: "Un fil", Text: text, Audience: post.Section, Parts: group.Into(g)})
}

// TestAClosedGroupAcrossServers: members of three affiliated instances read and write the
// same threads; nobody else on these instances does.
func TestAClosedGroupAcrossServers(t *testing.T) {
	x := newCircle(t, group.Rules{})
	first, err := into(x.home, "ana", x.g.AccountID, "Le premier message")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for n, who := range map[*testkit.Node]string{x.b: "bea", x.c: "chloe"} {
		if !reads(t, n, who, first.URI) {
			t.Fatalf("%s does not read what was written at the group's server", who)
		}
	}
	if reads(t, x.b, "boris", first.URI) {
		t.Error("who is no member reads it on a server with a member")
	}
	if reads(t, x.home, "aldo", first.URI) {
		t.Error("who is no member reads it at the group's server")
	}
	second, err := into(x.b, "bea", x.atB.ID, "Le second message")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for n, who := range map[*testkit.Node]string{x.home: "ana", x.c: "chloe", x.b: "bea"} {
		if !reads(t, n, who, second.URI) {
			t.Fatalf("%s does not read what came from a member's server", who)
		}
	}
	answer, err := x.c.Posts.Create(ctx, x.c.Viewer("chloe"), post.Draft{Text: "Ma réponse", ReplyTo: here(t, x.c, second.URI).ID, Audience: post.Public})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Audience != post.Group {
		t.Fatalf("an answer in a closed group is for %s", answer.Audience)
	}
	x.Settle()
	for n, who := range map[*testkit.Node]string{x.home: "ana", x.b: "bea"} {
		if !reads(t, n, who, answer.URI) {
			t.Fatalf("%s does not read the answer", who)
		}
		if p := here(t, n, answer.URI); p.ThreadID != here(t, n, second.URI).ID {
			t.Errorf("%s: the answer is not in its thread", n.Host)
		}
	}
	// Edits, removal and restoring, the author's own deletion.
	if _, err := x.b.Posts.Edit(ctx, x.b.Viewer("bea"), second.ID, post.Draft{Title: "Un fil", Text: "Le second, corrigé"}); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if p := here(t, x.c, second.URI); p == nil || p.EditedAt == 0 {
		t.Errorf("the edit did not reach the third server: %+v", p)
	}
	if err := x.home.Groups.Remove(ctx, x.home.Viewer("ana"), here(t, x.home, answer.URI).ID, "Hors sujet"); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if s := stateAt(t, x.b, answer.URI); s != group.Removed {
		t.Errorf("at B the removed answer is %q", s)
	}
	if err := x.home.Groups.Restore(ctx, x.home.Viewer("ana"), here(t, x.home, answer.URI).ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if s := stateAt(t, x.b, answer.URI); s != group.Shown {
		t.Errorf("at B the restored answer is %q", s)
	}
	if _, err := x.c.Posts.Delete(ctx, x.c.Viewer("chloe"), answer.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if here(t, x.b, answer.URI) != nil || here(t, x.home, answer.URI) != nil {
		t.Error("what its author deleted is still there")
	}
	// The last member of a server leaves: what others wrote is erased there.
	if err := x.b.Follows.Unfollow(ctx, x.b.Person("bea", false).ID, x.atB.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if here(t, x.b, first.URI) != nil {
		t.Error("the content is still on the server that has no member any more")
	}
	if here(t, x.b, second.URI) == nil {
		t.Error("what bea wrote herself is gone")
	}
	third, err := into(x.home, "ana", x.g.AccountID, "Après le départ")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if here(t, x.b, third.URI) != nil {
		t.Error("a server without members still receives")
	}
	if !reads(t, x.c, "chloe", third.URI) {
		t.Error("chloe reads no longer")
	}
	if _, err := into(x.b, "bea", x.atB.ID, "Encore moi"); err == nil {
		t.Error("who left still writes")
	}
}

func stateAt(t *testing.T, n *testkit.Node, uri string) string {
	t.Helper()
	s, err := db.Get[string](ctx, n.DB.Read(), `select g.state from group_post g join post p on p.id = g.post_id where p.uri = $1`, uri)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestInviteAcrossServers: an animator invites by address; who is invited reads what it is
// and answers; a secret group is known to nobody else.
func TestInviteAcrossServers(t *testing.T) {
	x := newCircle(t, group.Rules{Name: "Motcaché", Note: "Une note discrète", Secret: true, Joining: group.Invite})
	if _, err := x.b.Engine.Account(ctx, "cellule", x.home.Host); err == nil {
		t.Fatal("a secret group is found by its address")
	}
	ana := x.home.SignIn("ana").Open("/groupes/cellule/membres")
	for address, want := range map[string]string{
		"@personne@" + x.b.Host: "Aucune personne ne répond", "@bea@nulle.part.invalid": "Aucune personne ne répond", "@": "Aucune personne ne répond",
	} {
		if ana.Submit("/groupes/cellule/inviter", map[string]string{"who": address}); ana.Status != 422 || !ana.Has(want) {
			t.Errorf("%s: %d %s", address, ana.Status, ana.Text())
		}
	}
	ana.Submit("/groupes/cellule/inviter", map[string]string{"who": "@bea@" + x.b.Host})
	if ana.Status != 200 {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	ana.Submit("/groupes/cellule/inviter", map[string]string{"who": "@chloe@" + x.c.Host})
	x.Settle()
	bea := x.b.SignIn("bea").Open("/notifications")
	if !bea.Has("vous invite dans un groupe") {
		t.Errorf("not told: %s", bea.Text())
	}
	bea.Open("/groupes").Click("Motcaché")
	if bea.Status != 200 || !bea.Has("Une note discrète") || !bea.Has("groupe secret") || !bea.Has("vous invite") {
		t.Fatalf("%d %s", bea.Status, bea.Text())
	}
	if b := x.b.SignIn("boris").Open(bea.URL.Path); b.Status != 404 {
		t.Errorf("somebody else opens the invitation: %d", b.Status)
	}
	bea.Submit(bea.URL.Path, map[string]string{"reponse": "oui"})
	x.Settle()
	chloe := x.c.SignIn("chloe").Open("/groupes").Click("Motcaché")
	chloe.Submit(chloe.URL.Path, map[string]string{"reponse": "non"})
	x.Settle()
	first, err := into(x.home, "ana", x.g.AccountID, "Entre nous")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if !reads(t, x.b, "bea", first.URI) {
		t.Error("who accepted does not read")
	}
	if here(t, x.c, first.URI) != nil {
		t.Error("the server of who declined has it")
	}
	if j := x.home.SignIn("ana").Open("/groupes/cellule/journal"); !j.Has("a décliné une invitation") {
		t.Errorf("the refusal is not in the journal: %s", j.Text())
	}
	if _, err := x.c.Engine.Ask(ctx, x.g.Account.URI); err == nil {
		t.Error("a server without members still knows of the secret group")
	}
	// Handing over: to somebody registered here only.
	if err := x.home.Groups.HandOver(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID); err == nil {
		t.Error("handed to somebody of another server")
	}
	if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, x.home.Person("aldo", false).ID); err != nil {
		t.Fatal(err)
	}
	if err := x.home.Groups.Join(ctx, x.home.Viewer("aldo"), x.g.AccountID); err != nil {
		t.Fatal(err)
	}
	ana.Open("/groupes/cellule/confier")
	if ana.Submit("/groupes/cellule/confier", map[string]string{"who": idOf(x.home, "aldo")}); ana.Status != 422 || !ana.Has("puis cochez la case") {
		t.Errorf("without the word: %d %s", ana.Status, ana.Text())
	}
	ana.Submit("/groupes/cellule/confier", map[string]string{"who": idOf(x.home, "aldo"), "sure": "1"})
	if ana.Status != 200 || !ana.Has("est confié à") {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
	if b := x.home.SignIn("aldo").Open("/groupes/cellule/reglages"); b.Status != 200 {
		t.Errorf("the new owner does not reach the settings: %d", b.Status)
	}
	if b := x.home.SignIn("ana").Open("/groupes/cellule/reglages"); b.Status != 403 {
		t.Errorf("the former owner still does: %d", b.Status)
	}
}

func idOf(n *testkit.Node, who string) string { return ids.String(n.Person(who, false).ID) }
