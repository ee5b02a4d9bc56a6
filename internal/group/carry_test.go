package group_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// titles are those of the threads that the page of a group shows somebody.
func titles(t *testing.T, n *testkit.Node, who, uri string) []string {
	t.Helper()
	a, err := account.ByURI(ctx, n.DB.Read(), uri)
	if err != nil {
		t.Fatal(err)
	}
	g, err := group.Any(ctx, n.DB.Read(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, err := n.Groups.Threads(ctx, n.Viewer(who), g, 0, page.Range{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(list))
	for i, l := range list {
		out[i] = l.View.Title
	}
	slices.Sort(out)
	return out
}

func shows(t *testing.T, n *testkit.Node, who, uri, title string) bool {
	t.Helper()
	return slices.Contains(titles(t, n, who, uri), title)
}

// federated is a group of the first of four affiliated servers that follows those of two
// others; the people of the last server follow the first group alone.
type federated struct {
	testkit.Cluster
	top, one, two, far *testkit.Node
	f, s1, s2          *group.Group
}

func newFederated(t *testing.T) *federated {
	t.Helper()
	c := testkit.NewCluster(t, 4)
	affiliate(t, c)
	x := &federated{Cluster: c, top: c[0], one: c[1], two: c[2], far: c[3]}
	x.top.Person("fanny", true)
	x.one.Person("ana", true)
	x.two.Person("bea", true)
	x.f = create(t, x.top, "fanny", "isere", group.Rules{Access: group.Open})
	x.s1 = create(t, x.one, "ana", "logement", group.Rules{Access: group.Open, Posting: group.Everyone})
	x.s2 = create(t, x.two, "bea", "velo", group.Rules{Access: group.Open, Joining: group.Request})
	join(t, x.far, "dan", x.top.Handle("isere"))
	c.Settle()
	return x
}

func (x *federated) begin(t *testing.T, n *testkit.Node, who string, g *group.Group, title string) *post.Post {
	t.Helper()
	p := write(t, n, who, post.Draft{Title: title, Text: title, Audience: post.Public, Parts: group.Into(g.AccountID)})
	x.Settle()
	return p
}

// TestAGroupCarriesOthers: a federation's group follows those of two sections, from its page.
// Their threads are read in it on every server, with their answers and their moderation; nobody
// follows the sections' groups for that.
//
// Spec: FEP-d36d
func TestAGroupCarriesOthers(t *testing.T) {
	x := newFederated(t)
	before := x.begin(t, x.one, "ana", x.s1, "Avant le lien")
	for time.Now().Unix() == before.CreatedAt/1000 { // dates are told to the second
		time.Sleep(time.Millisecond)
	}
	mastodon, _ := follower(t, x.top, "mastodon", x.f)
	refusing := map[string]*peer.Peer{} // a thread of another community, or what is on another wall
	for _, software := range []string{"lemmy", "piefed", "smithereen"} {
		refusing[software], _ = follower(t, x.top, software, x.f)
	}

	links := x.top.SignIn("fanny").Open("/groupes/isere/liens")
	links.Submit("/groupes/isere/liens", map[string]string{"address": "@personne@" + x.one.Host})
	if links.Status != 422 || !links.Has("Aucun groupe ne répond à cette adresse") {
		t.Fatalf("%d %s", links.Status, links.Text())
	}
	for _, address := range []string{"@logement@" + x.one.Host, "@velo@" + x.two.Host} {
		links.Open("/groupes/isere/liens").Submit("/groupes/isere/liens", map[string]string{"address": address})
		if links.Status != 200 || !links.Has("La demande est partie") {
			t.Fatalf("%s: %d %s", address, links.Status, links.Text())
		}
		x.Settle()
	}
	if links.Open("/groupes/isere/liens"); !links.Has("On attend la réponse") {
		t.Errorf("a group entered on request does not let wait: %s", links.Text())
	}
	bea := x.two.SignIn("bea").Open("/groupes/velo/membres")
	asking := found(x.two, "isere", x.top.Host)
	bea.Submit("/groupes/velo/membres/"+idString(asking.ID), map[string]string{"acte": "accept"})
	x.Settle()
	if links.Open("/groupes/isere/liens"); links.Has("On attend la réponse") || !links.Has("logement") || !links.Has("velo") {
		t.Errorf("the links: %s", links.Text())
	}
	if bea.Open("/groupes/velo/liens"); !bea.Has("Suivi par") || !bea.Has("isere@"+x.top.Host) {
		t.Errorf("who follows the group is not said: %s", bea.Text())
	}
	if bea.Open("/groupes/velo/membres"); strings.Contains(bea.Text(), "Isere") {
		t.Errorf("a group is listed as a member: %s", bea.Text())
	}

	// Threads of both are read in the federation's group, on its server and on others.
	first := x.begin(t, x.one, "ana", x.s1, "Les loyers")
	x.begin(t, x.two, "bea", x.s2, "Les arceaux")
	x.begin(t, x.top, "fanny", x.f, "Un fil de la fédération")
	for n, who := range map[*testkit.Node]string{x.top: "fanny", x.far: "dan"} {
		if got := titles(t, n, who, x.f.Account.URI); !slices.Equal(got, []string{"Les arceaux", "Les loyers", "Un fil de la fédération"}) {
			t.Fatalf("%s reads %q in the federation's group", n.Host, got)
		}
	}
	if got := titles(t, x.one, "ana", x.s1.Account.URI); slices.Contains(got, "Les arceaux") {
		t.Errorf("what a group carries comes back to one that follows nothing: %q", got)
	}
	dan := x.far.SignIn("dan").Open("/groupes/isere@" + x.top.Host)
	if !dan.Has("Logement") || !dan.Has("Les loyers") {
		t.Fatalf("the page does not say of which group a thread is: %s", dan.Text())
	}
	dan.Click("Les loyers")
	if dan.Status != 200 || dan.URL.Path != "/groupes/logement@"+x.one.Host+"/"+idString(here(t, x.far, first.URI).ID) {
		t.Fatalf("%d %s", dan.Status, dan.URL)
	}
	dan.Submit("/publier", map[string]string{"text": "Une réponse de loin"})
	x.Settle()
	write(t, x.one, "ana", post.Draft{Text: "Une réponse d’ici", ReplyTo: first.ID})
	x.Settle()
	dan.Open(dan.URL.Path)
	ana := x.one.SignIn("ana").Open("/groupes/logement").Click("Les loyers")
	for who, b := range map[string]*testkit.Browser{"the far server": dan, "its own server": ana} {
		if !b.Has("Une réponse de loin") || !b.Has("Une réponse d’ici") || b.Has("dont on attend") {
			t.Errorf("%s does not show both answers: %s", who, b.Text())
		}
	}

	// Other software is told once, and of no answer.
	if got := heard(mastodon); !slices.Equal(got, []string{"Announce", "Announce", "Announce"}) {
		t.Errorf("Mastodon hears %v", got)
	}
	for software, p := range refusing {
		if p.Mentions(first.URI) {
			t.Errorf("%s is told of a thread of another group, which it refuses", software)
		}
		if !p.Mentions("Un fil de la fédération") && len(heard(p)) == 0 {
			t.Errorf("%s hears nothing at all: the test would prove nothing", software)
		}
	}
	if mastodon.Mentions("Une réponse d’ici") {
		t.Error("Mastodon is told of an answer")
	}

	// What the section decides holds wherever the thread is read.
	answer := postSaying(t, x.one, "Une réponse d’ici")
	if err := x.one.Groups.Remove(ctx, x.one.Viewer("ana"), answer, "hors sujet"); err != nil {
		t.Fatal(err)
	}
	if err := x.one.Groups.Lock(ctx, x.one.Viewer("ana"), first.ID, true); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if dan.Open(dan.URL.Path); dan.Has("Une réponse d’ici") || !dan.Has("hors sujet") || !dan.Has("Clos") {
		t.Errorf("the section's moderation does not reach who reads through the federation: %s", dan.Text())
	}
	if err := x.one.Groups.Remove(ctx, x.one.Viewer("ana"), first.ID, "doublon"); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for n, who := range map[*testkit.Node]string{x.top: "fanny", x.far: "dan"} {
		if shows(t, n, who, x.f.Account.URI, "Les loyers") {
			t.Errorf("%s still carries what its group took out", n.Host)
		}
	}
	if got := heard(mastodon); !slices.Contains(got, "Undo{Announce}") {
		t.Errorf("Mastodon is not told that the thread is gone: %v", got)
	}
	if err := x.one.Groups.Restore(ctx, x.one.Viewer("ana"), first.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for n, who := range map[*testkit.Node]string{x.top: "fanny", x.far: "dan"} {
		if !shows(t, n, who, x.f.Account.URI, "Les loyers") {
			t.Errorf("%s does not carry again what its group put back", n.Host)
		}
	}

	// The federation may take a thread out of its own group; it stays the section's.
	fanny := x.top.SignIn("fanny").Open("/groupes/isere")
	fanny.Submit("/groupes/isere/"+idString(here(t, x.top, first.URI).ID)+"/lacher", nil)
	x.Settle()
	if fanny.Status != 200 || shows(t, x.top, "fanny", x.f.Account.URI, "Les loyers") || shows(t, x.far, "dan", x.f.Account.URI, "Les loyers") {
		t.Errorf("the thread is still in the federation's group: %d", fanny.Status)
	}
	if !shows(t, x.one, "ana", x.s1.Account.URI, "Les loyers") || !shows(t, x.far, "dan", x.s1.Account.URI, "Les loyers") {
		t.Error("the thread is gone from its own group")
	}

	// Following no longer.
	x.begin(t, x.one, "ana", x.s1, "La taxe")
	if !shows(t, x.far, "dan", x.f.Account.URI, "La taxe") {
		t.Fatal("a later thread is not carried")
	}
	links.Open("/groupes/isere/liens").Submit("/groupes/isere/liens", map[string]string{"acte": "unlink", "id": idString(found(x.top, "logement", x.one.Host).ID)})
	x.Settle()
	x.begin(t, x.one, "ana", x.s1, "Après le lien")
	for n, who := range map[*testkit.Node]string{x.top: "fanny", x.far: "dan"} {
		if got := titles(t, n, who, x.f.Account.URI); !slices.Equal(got, []string{"Les arceaux", "Un fil de la fédération"}) {
			t.Errorf("%s reads %q after the end of the link", n.Host, got)
		}
	}
	// The other group ends it by itself.
	bea.Open("/groupes/velo/liens").Submit("/groupes/velo/liens", map[string]string{"acte": "cut_link", "id": idString(asking.ID)})
	x.Settle()
	if got := titles(t, x.far, "dan", x.f.Account.URI); !slices.Equal(got, []string{"Un fil de la fédération"}) {
		t.Errorf("after the section ended the link, %q", got)
	}
}

// TestGroupsFollowInACircle: three groups of three servers follow each other all round. Each
// thread is in each group once, and no announcement goes round.
//
// Spec: FEP-d36d
func TestGroupsFollowInACircle(t *testing.T) {
	x := newFederated(t)
	type side struct {
		n   *testkit.Node
		who string
		g   *group.Group
	}
	sides := []side{{x.top, "fanny", x.f}, {x.one, "ana", x.s1}, {x.two, "bea", x.s2}}
	for i, a := range sides {
		b := sides[(i+1)%3]
		if err := a.n.Groups.Link(ctx, a.n.Viewer(a.who), a.g.AccountID, found(a.n, b.g.Account.Username, b.n.Host).ID); err != nil {
			t.Fatal(err)
		}
		x.Settle()
	}
	if err := x.two.Groups.Answer(ctx, x.two.Viewer("bea"), x.s2.AccountID, found(x.two, "logement", x.one.Host).ID, true); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, a := range sides {
		x.begin(t, a.n, a.who, a.g, "Fil de "+a.who)
	}
	want := map[string][]string{
		"fanny": {"Fil de ana", "Fil de fanny"}, // it follows ana's group, which follows bea's
		"ana":   {"Fil de ana", "Fil de bea"},
		"bea":   {"Fil de bea", "Fil de fanny"},
	}
	for _, a := range sides {
		if got := titles(t, a.n, a.who, a.g.Account.URI); !slices.Equal(got, want[a.who]) {
			t.Errorf("%s reads %q", a.who, got)
		}
	}
	if got := titles(t, x.far, "dan", x.f.Account.URI); !slices.Equal(got, want["fanny"]) {
		t.Errorf("dan reads %q", got)
	}
	// Of a server that left the movement nothing more is carried.
	if err := x.top.Movement.Unlink(ctx, 0, x.one.Host, "Motif"); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	x.begin(t, x.one, "ana", x.s1, "Hors du mouvement")
	if shows(t, x.top, "fanny", x.f.Account.URI, "Hors du mouvement") {
		t.Error("a thread of a server that left the movement is carried")
	}
}

// TestWhatAGroupMayFollow: open groups of the movement, and no others; by who animates it.
func TestWhatAGroupMayFollow(t *testing.T) {
	x := newFederated(t)
	closed := create(t, x.one, "ana", "bureau", group.Rules{Access: group.Movement})
	inside := create(t, x.top, "fanny", "interne", group.Rules{Access: group.Section})
	other := create(t, x.top, "fanny", "culture", group.Rules{Access: group.Open})
	stranger := peer.New(peer.Options{Software: "lemmy", AutoAccept: true})
	t.Cleanup(stranger.Close)
	stranger.ActorOf("Group", "commune", nil)
	fanny := x.top.Viewer("fanny")
	for name, w := range map[string]struct {
		from, to int64
		key      string
	}{
		"a closed group of the movement": {x.f.AccountID, found(x.top, "bureau", x.one.Host).ID, "group.link_closed_there"},
		"a group of the section":         {x.f.AccountID, inside.AccountID, "group.link_closed_there"},
		"from a closed group":            {inside.AccountID, other.AccountID, "group.link_closed"},
		"itself":                         {x.f.AccountID, x.f.AccountID, "group.link_self"},
		"a group outside":                {x.f.AccountID, found(x.top, "commune", stranger.Host).ID, "group.link_outside"},
	} {
		err := x.top.Groups.Link(ctx, fanny, w.from, w.to)
		if e, ok := apperr.As(err); !ok || e.Key != w.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	x.top.Person("gil", true)
	if err := x.top.Groups.Join(ctx, x.top.Viewer("gil"), x.f.AccountID); err != nil {
		t.Fatal(err)
	}
	if err := x.top.Groups.Link(ctx, x.top.Viewer("gil"), x.f.AccountID, other.AccountID); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("a simple member links: %v", err)
	}
	if b := x.top.SignIn("gil").Open("/groupes/isere/liens"); b.Status != 200 || b.Has("Son adresse, par exemple") {
		t.Errorf("a simple member is offered to link: %d", b.Status)
	}
	// Refused at the other end too, whatever a server asks.
	if err := x.top.Follows.Follow(ctx, x.f.AccountID, found(x.top, "bureau", x.one.Host).ID, nil); err == nil {
		x.Settle()
	}
	if follows, followers, err := x.one.Groups.Links(ctx, closed.AccountID); err != nil || len(follows)+len(followers) != 0 {
		t.Errorf("a closed group is followed by a group: %v %v", followers, err)
	}
	if err := x.one.Follows.Follow(ctx, x.s1.AccountID, closed.AccountID, nil); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("a closed group takes a group of its own server: %v", err)
	}
	// On one server.
	if err := x.top.Groups.Link(ctx, fanny, x.f.AccountID, other.AccountID); err != nil {
		t.Fatal(err)
	}
	x.begin(t, x.top, "fanny", other, "La bibliothèque")
	for n, who := range map[*testkit.Node]string{x.top: "fanny", x.far: "dan"} {
		if !shows(t, n, who, x.f.Account.URI, "La bibliothèque") {
			t.Errorf("%s does not show what the group carries of another of its server", n.Host)
		}
	}
}
