package movement_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/movement"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

// join affiliates a child with a parent, by the services that the pages and the commands call.
func join(t *testing.T, c testkit.Cluster, child, parent *testkit.Node, g movement.Grant) {
	t.Helper()
	if _, err := child.Movement.Ask(ctx, 0, parent.Host); err != nil {
		t.Fatalf("ask: %v", err)
	}
	c.Settle()
	if err := parent.Movement.Accept(ctx, 0, child.Host, g); err != nil {
		t.Fatalf("accept: %v", err)
	}
	c.Settle()
}

func knows(t *testing.T, n, other *testkit.Node) bool {
	t.Helper()
	yes, err := post.Affiliated(ctx, n.DB.Read(), other.Host, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return yes
}

func at(t *testing.T, n *testkit.Node, p *post.Post) *post.Post {
	t.Helper()
	out, err := post.RawByURI(ctx, n.DB.Read(), p.URI)
	if err != nil {
		return nil
	}
	return out
}

func write(t *testing.T, n *testkit.Node, who, text string) *post.Post {
	t.Helper()
	p, err := n.Posts.Create(ctx, n.Viewer(who), post.Draft{Text: text, Audience: post.Movement})
	if err != nil {
		t.Fatalf("%s does not write: %v", who, err)
	}
	return p
}

var (
	federation = movement.Grant{Level: "federation", Territory: "Isère", Organes: []string{movement.AnyOrgane}}
	section    = movement.Grant{Level: "section", Territory: "Isère", Organes: []string{"bureau"}}
)

// TestMovement is the story of a movement: four instances become one tree, a
// post of a private member crosses it and nothing else, and a branch that is cut
// loses it at once.
func TestMovement(t *testing.T) {
	c := testkit.NewCluster(t, 4)
	national, isere, grenoble, voiron := c[0], c[1], c[2], c[3]
	join(t, c, isere, national, federation)
	join(t, c, grenoble, isere, section)
	join(t, c, voiron, isere, section)
	for _, a := range c {
		for _, b := range c {
			if a != b && !knows(t, a, b) {
				t.Errorf("%s does not know %s", a.Host, b.Host)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}

	// An outsider follows too, and hears nothing: not a byte.
	spy := peer.New(peer.Options{AutoAccept: true})
	defer spy.Close()
	grenoble.Person("ana", true)
	hana := spy.Actor("hana")
	if _, _, err := hana.Follow(ctx, grenoble.Person("ana", true).URI); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	before := len(spy.Requests())
	c.Follow(voiron, "zoe", grenoble, "ana")
	p := write(t, grenoble, "ana", "motsecret pour le mouvement")
	c.Settle()
	for _, n := range []*testkit.Node{isere, voiron} { // parent, and server of a follower
		there := at(t, n, p)
		if there == nil || there.Audience != post.Movement {
			t.Errorf("at %s: %+v", n.Host, there)
		}
	}
	if there := at(t, national, p); there != nil {
		t.Errorf("the national office has no follower and is no parent: %+v", there)
	}
	if got := len(spy.Requests()); got != before {
		t.Errorf("the outsider received %d requests", got-before)
	}
	if _, err := hana.Fetch(ctx, p.URI); err == nil {
		t.Error("the outsider reads the post")
	}

	// An answer goes back within the movement, and no further.
	zoe := voiron.Viewer("zoe")
	answer, err := voiron.Posts.Create(ctx, zoe, post.Draft{Text: "oui", ReplyTo: at(t, voiron, p).ID, Audience: post.Public})
	if err != nil || answer.Audience != post.Movement {
		t.Fatalf("the answer: %+v %v", answer, err)
	}

	// Unlinked, a branch loses the movement at once, and is told why.
	if err := isere.Movement.Unlink(ctx, 0, voiron.Host, "Statuts non tenus."); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	for _, n := range []*testkit.Node{national, isere, grenoble} {
		if knows(t, n, voiron) {
			t.Errorf("%s still knows %s", n.Host, voiron.Host)
		}
	}
	if knows(t, voiron, grenoble) {
		t.Error("the branch that was cut still has a movement")
	}
	q := write(t, grenoble, "ana", "une autre chose")
	c.Settle()
	if there := at(t, voiron, q); there != nil {
		t.Errorf("after the cut: %+v", there)
	}
	if _, err := voiron.Engine.Fetch(ctx, q.URI); err == nil {
		t.Error("a server that was cut reads what is for the movement")
	}
	if at(t, voiron, p) == nil {
		t.Error("what it had is gone")
	}
	admin(voiron, "chef")
	if b := voiron.SignIn("chef").Open(movement.AdminPath); !b.Has("Statuts non tenus.") {
		t.Errorf("it is not told why: %s", b.Text())
	}
}

func admin(n *testkit.Node, name string) {
	n.T.Helper()
	acc := n.Person(name, true)
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update login set role = 'admin' where account_id = $1`, acc.ID)
		return err
	})
	if err != nil {
		n.T.Fatal(err)
	}
}

// TestPages asks, adapts and accepts by the pages, and refuses with a reason.
func TestPages(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	parent, child := c[0], c[1]
	admin(parent, "pia")
	admin(child, "cleo")
	cleo := child.SignIn("cleo").Open(movement.AdminPath)
	if cleo.Submit(movement.AdminPath, map[string]string{"parent": "pas un serveur"}); cleo.Status != 422 {
		t.Errorf("nonsense: %d", cleo.Status)
	}
	cleo.Open(movement.AdminPath).Submit(movement.AdminPath, map[string]string{"parent": parent.Host})
	c.Settle()
	page := movement.AdminPath + "/serveur/" + url.PathEscape(child.Host)
	pia := parent.SignIn("pia").Open(page)
	if pia.Submit(page+"/refuser", map[string]string{"reason": ""}); pia.Status != 422 {
		t.Errorf("refused without a reason: %d", pia.Status)
	}
	pia.Open(page).Submit(page+"/refuser", map[string]string{"reason": "Pas de bureau élu."})
	c.Settle()
	if cleo.Open(movement.AdminPath); !cleo.Has("Pas de bureau élu.") {
		t.Errorf("the reason did not come: %s", cleo.Text())
	}
	cleo.Submit(movement.AdminPath, map[string]string{"parent": parent.Host})
	c.Settle()
	pia.Open(page).Submit(page+"/accepter", map[string]string{"level": "canton", "territory": "Isère", "organes": "bureau"})
	c.Settle()
	if !knows(t, child, parent) || !knows(t, parent, child) {
		t.Fatalf("not affiliated: %s", pia.Text())
	}
	if cleo.Open(movement.AdminPath); !cleo.Has("certificat valable") {
		t.Error(cleo.Text())
	}
	if cleo.Open(movement.Path); !strings.Contains(cleo.Body, parent.Host) {
		t.Error(cleo.Text())
	}
	if b := child.SignIn("cleo").Open("/ecrire"); !strings.Contains(b.Body, `value="movement"`) {
		t.Error("the movement is not offered")
	}
	cleo.Open(movement.AdminPath+"/quitter").Submit(movement.AdminPath+"/quitter", nil)
	c.Settle()
	if knows(t, child, parent) || knows(t, parent, child) {
		t.Error("still affiliated after leaving")
	}
}

// TestThirdInstanceAsksNotTheRoot: two sections of one movement that never met
// verify each other while the root is off.
func TestThirdInstanceAsksNotTheRoot(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	root, a, b := c[0], c[1], c[2]
	join(t, c, a, root, section)
	join(t, c, b, root, section)
	err := a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, sql := range []string{`delete from movement_cert where subject like '%` + b.Host + `%'`, `delete from audience_host where host = '` + b.Host + `'`, `delete from movement_member where host = '` + b.Host + `'`} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	root.Stop()
	if yes, err := a.Movement.Meet(ctx, b.URL); err != nil || !yes {
		t.Errorf("met: %v %v", yes, err)
	}
}

// TestExpiryAndRenewal moves the clock.
func TestExpiryAndRenewal(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	parent, child := c[0], c[1]
	join(t, c, child, parent, section)
	ends := func(n *testkit.Node) int64 {
		v, err := db.Get[int64](ctx, n.DB.Read(), `select ends_at from movement_cert`)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := ends(parent)
	later := time.Now().Add(70 * 24 * time.Hour)
	parent.Movement.Clock = func() time.Time { return later }
	child.Movement.Clock = parent.Movement.Clock
	if err := parent.Movement.Renew(ctx); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if ends(parent) <= first || ends(child) != ends(parent) {
		t.Errorf("renewed: %d then %d, at the child %d", first, ends(parent), ends(child))
	}
	later = later.Add(100 * 24 * time.Hour)
	if err := child.Movement.Expire(ctx); err != nil {
		t.Fatal(err)
	}
	if yes, err := post.Affiliated(ctx, child.DB.Read(), parent.Host, time.Now()); yes || err != nil {
		t.Errorf("after the end: %v %v", yes, err)
	}
}

// TestPrivateAccounts are known to the movement, and to nobody else.
func TestPrivateAccounts(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	root, a, out := c[0], c[1], c[2]
	ida := a.Person("ida", false)
	if _, err := root.Engine.Account(ctx, "ida", a.Host); err == nil {
		t.Error("found before they were affiliated")
	}
	if _, err := out.Engine.Account(ctx, "ida", a.Host); err == nil {
		t.Error("found from outside")
	}
	join(t, c, a, root, section)
	if _, err := root.Engine.Resolve(ctx, ida.URI); err != nil {
		t.Errorf("not found in the movement: %v", err)
	}
	if _, err := out.Engine.Resolve(ctx, ida.URI); err == nil {
		t.Error("found from outside by its id")
	}
	p := write(t, a, "ida", "motsecret d'une privée")
	c.Settle()
	if there := at(t, root, p); there == nil || there.Audience != post.Movement {
		t.Errorf("at the root: %+v", there)
	}
	if at(t, out, p) != nil {
		t.Error("outside")
	}
}

// TestLineage: the header of a section names its federation and the national
// office, and no longer when it has left.
func TestLineage(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	national, isere, grenoble := c[0], c[1], c[2]
	join(t, c, isere, national, federation)
	join(t, c, grenoble, isere, section)
	hosts := func() (out []string) {
		above, err := grenoble.Movement.Lineage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range above {
			out = append(out, a.Host)
		}
		return out
	}
	if got := hosts(); len(got) != 2 || got[0] != isere.Host || got[1] != national.Host {
		t.Errorf("above a section: %v", got)
	}
	grenoble.Person("ana", false)
	if page := grenoble.SignIn("ana").Open("/"); !page.Has("Fédération Isère") {
		t.Errorf("the header does not name the federation by its place: %s", page.Text())
	}
	// What the federation writes for the movement stands in a tab of the home page.
	isere.Person("lucie", true)
	write(t, isere, "lucie", "Une date à retenir")
	c.Settle()
	const tab = "/?onglet=mouvement"
	if page := grenoble.SignIn("ana").Open(tab); !page.Has("Une date à retenir") {
		t.Errorf("the tab of the movement: %s", page.Text())
	}
	if page := grenoble.NewBrowser().Open(tab); page.Has("Une date à retenir") {
		t.Error("a stranger reads what is for the movement")
	}
	if err := grenoble.Movement.Leave(ctx, 0); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if page := grenoble.SignIn("ana").Open("/"); page.Has("Le mouvement") {
		t.Error("who left has a tab of the movement")
	}
	if got := hosts(); len(got) != 0 {
		t.Errorf("after it left: %v", got)
	}
}

// TestDirectoryAcrossServers: what one server gives to be found is searched for on another one of the
// movement, and followed from there; who did not choose to be found is not.
func TestDirectoryAcrossServers(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	parent, child := c[0], c[1]
	join(t, c, child, parent, section)
	parent.Person("pia", true)
	parent.Person("nina", false)
	if _, err := parent.Groups.Create(ctx, parent.Viewer("pia"), group.New{Username: "culture", Rules: group.Rules{Name: "Culture et fêtes", Note: "La bibliothèque",
		Access: group.Open, Joining: group.Free, Posting: group.Members}}); err != nil {
		t.Fatal(err)
	}
	if err := child.Movement.Walk(ctx); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	child.Person("cleo", true)
	cleo := child.SignIn("cleo").Open(movement.Path)
	if cleo.Has("nina") {
		t.Error("who did not choose to be found is")
	}
	if cleo.Open(movement.Path + "?q=bibliotheque"); !cleo.Has("Culture et fêtes") || cleo.Has("@pia@") {
		t.Fatalf("%d %s", cleo.Status, cleo.Text())
	}
	cleo.Click("Culture et fêtes")
	c.Settle()
	if cleo.Open("/groupes/culture@" + parent.Host); cleo.Status != 200 {
		t.Fatalf("what was found has no page: %d", cleo.Status)
	}
	cleo.Submit("/groupes/culture@"+parent.Host+"/rejoindre", nil)
	c.Settle()
	if cleo.Open("/groupes/culture@" + parent.Host); !cleo.Has("Je participe") {
		t.Errorf("not followed: %s", cleo.Text())
	}
}

// TestAClockSetBack: the clock of a parent was some minutes ahead when it affiliated a child,
// and is right when it grants something else: all take the newer certificate for the newer.
func TestAClockSetBack(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	parent, child, sister := c[0], c[1], c[2]
	join(t, c, sister, parent, section)
	parent.Movement.Clock = func() time.Time { return time.Now().Add(3 * time.Minute) }
	join(t, c, child, parent, section)
	if !knows(t, sister, child) {
		t.Fatal("the sister does not know the child")
	}
	parent.Movement.Clock = time.Now
	if err := parent.Movement.Accept(ctx, 0, child.Host, movement.Grant{Level: "section", Territory: "Isère"}); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if !knows(t, sister, child) || !knows(t, child, sister) {
		t.Errorf("the child is of the movement no more: for its sister %v, for itself %v", knows(t, sister, child), knows(t, child, sister))
	}
}
