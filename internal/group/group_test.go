package group_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var ctx = context.Background()

func create(t *testing.T, n *testkit.Node, who, name string, r group.Rules) *group.Group {
	t.Helper()
	if r.Name == "" {
		r.Name = strings.ToUpper(name[:1]) + name[1:]
	}
	if r.Joining == "" {
		r.Joining = group.Free
	}
	if r.Posting == "" {
		r.Posting = group.Members
	}
	g, err := n.Groups.Create(ctx, n.Viewer(who), group.New{Username: name, Rules: r})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func write(t *testing.T, n *testkit.Node, who string, d post.Draft) *post.Post {
	t.Helper()
	p, err := n.Posts.Create(ctx, n.Viewer(who), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestASectionGroup is the story of a group of this server on the web: opened,
// joined, written in, summed up, moderated.
func TestASectionGroup(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "eve"} {
		n.Person(who, false)
	}
	ana := n.SignIn("ana").Open("/groupes/nouveau").Submit("/groupes/nouveau", map[string]string{
		"name": "Logement", "username": "logement", "note": "Les loyers", "access": "section", "joining": "free", "posting": "members"})
	if !ana.Has("Le groupe Logement est créé") || !ana.Has("Aucun fil encore") {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	ana.Open("/groupes/logement/ecrire").Submit("/publier", map[string]string{"title": "Encadrement des loyers", "text": "Que demander à la métropole ?"})
	if !ana.Has("Encadrement des loyers") || ana.Status != 200 {
		t.Fatalf("%d %s", ana.Status, ana.Text())
	}
	bob := n.SignIn("bob").Open("/groupes/logement")
	if bob.Has("Encadrement des loyers") || !bob.Has("ne sont lus que par ses membres") {
		t.Fatalf("who is no member reads: %s", bob.Text())
	}
	bob.Submit("/groupes/logement/rejoindre", nil)
	if !bob.Has("Vous participez au groupe Logement") || !bob.Has("Encadrement des loyers") {
		t.Fatalf("%d %s", bob.Status, bob.Text())
	}
	bob.Click("Encadrement des loyers")
	bob.Submit("/publier", map[string]string{"text": "Le zonage avant l’été."})
	if bob.Status != 200 || !bob.Has("Le zonage avant") || !bob.Has("répond au 1") {
		t.Fatalf("%d %s %s", bob.Status, bob.URL, bob.Text())
	}
	eve := n.SignIn("eve").Open(bob.URL.Path)
	if eve.Status != 404 || eve.Has("zonage") {
		t.Fatalf("%d %s", eve.Status, eve.Text())
	}
	if s := n.NewBrowser().Open("/groupes/logement"); s.Status != 404 {
		t.Fatalf("a stranger finds the group: %d", s.Status)
	}
	// The thread reaches home timelines through the group.
	var posts []struct {
		Visibility string
		Account    struct{ Username string }
		Reblog     *struct{ Content string }
	}
	n.Client("bob").Get("/api/v1/timelines/home", &posts)
	var relayed bool
	for _, p := range posts {
		relayed = relayed || p.Account.Username == "logement" && p.Reblog != nil && p.Visibility == "private"
	}
	if !relayed {
		t.Errorf("the group relays nothing to its members: %+v", posts)
	}
	bob.Open("/groupes/logement").Submit("/groupes/logement/quitter", nil)
	if bob.Open("/groupes/logement"); bob.Has("Encadrement") {
		t.Error("who left still reads")
	}
}

// TestWhatEachRoleMay walks through the rights of the roles.
func TestWhatEachRoleMay(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "carl", "eve"} {
		n.Person(who, false)
	}
	g := create(t, n, "ana", "budget", group.Rules{Access: group.Section, Posting: group.Moderated, Joining: group.Request})
	join := func(who string) error { return n.Groups.Join(ctx, n.Viewer(who), g.AccountID) }
	for _, who := range []string{"bob", "carl"} {
		if err := join(who); err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Answer(ctx, n.Viewer("bob"), g.AccountID, n.Viewer(who).AccountID, true); !apperr.Is(err, apperr.KindForbidden) {
			t.Errorf("who asks answers: %v", err)
		}
		if err := n.Groups.Answer(ctx, n.Viewer("ana"), g.AccountID, n.Viewer(who).AccountID, true); err != nil {
			t.Fatal(err)
		}
	}
	draft := post.Draft{Title: "Un fil", Text: "texte", Audience: post.Group, Parts: group.Into(g.AccountID)}
	p := write(t, n, "bob", draft)
	threads := func(who string) int {
		list, err := n.Groups.Threads(ctx, n.Viewer(who), g, 0, page.Range{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if threads("carl") != 0 {
		t.Error("shown before a moderator read it")
	}
	if err := n.Groups.Restore(ctx, n.Viewer("carl"), p.ID); !apperr.Is(err, apperr.KindForbidden) {
		t.Error(err)
	}
	if err := n.Groups.Restore(ctx, n.Viewer("ana"), p.ID); err != nil || threads("carl") != 1 {
		t.Error(err, threads("carl"))
	}
	if _, err := n.Posts.Create(ctx, n.Viewer("eve"), draft); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("who is no member writes: %v", err)
	}
	if err := n.Groups.Lock(ctx, n.Viewer("ana"), p.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Create(ctx, n.Viewer("carl"), post.Draft{Text: "trop tard", ReplyTo: p.ID}); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("a closed thread is answered: %v", err)
	}
	if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, n.Viewer("bob").AccountID, "il insulte"); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Get(ctx, n.Viewer("bob"), write(t, n, "ana", post.Draft{Title: "Sans lui", Text: "x", Audience: post.Group, Parts: group.Into(g.AccountID)}).ID); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("who is banned reads on: %v", err)
	}
	if err := join("bob"); !apperr.Is(err, apperr.KindForbidden) {
		t.Errorf("who is banned comes back: %v", err)
	}
	if err := n.Groups.Leave(ctx, n.Viewer("ana"), g.AccountID); !apperr.Is(err, apperr.KindInvalid) {
		t.Errorf("the owner leaves the group to nobody: %v", err)
	}
	if err := n.Groups.HandOver(ctx, n.Viewer("ana"), g.AccountID, n.Viewer("carl").AccountID); err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Leave(ctx, n.Viewer("ana"), g.AccountID); err != nil {
		t.Error(err)
	}
}

// TestASecretGroupIsUnknown asks everywhere for a secret group, as a member of the section who is not in it.
func TestASecretGroupIsUnknown(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", false)
	g := create(t, n, "ana", "taupe", group.Rules{Name: "Zzyzx", Access: group.Section, Secret: true, Joining: group.Invite})
	write(t, n, "ana", post.Draft{Title: "Quxquux", Text: "texte quxquux", Audience: post.Group, Parts: group.Into(g.AccountID)})
	bob := n.SignIn("bob")
	for _, path := range []string{"/groupes", "/groupes/taupe", "/@taupe", "/recherche?q=taupe", "/recherche?q=quxquux", "/", "/@ana", "/groupes/taupe/journal", "/groupes/taupe/membres"} {
		b := bob.Open(path)
		if b.Has("Zzyzx") || b.Has("Quxquux") || b.Has("texte quxquux") {
			t.Errorf("%s tells of a secret group", path)
		}
	}
	var out any
	n.Client("bob").Get("/api/v2/search?q=taupe", &out)
	if s := sprint(out); strings.Contains(s, "Zzyzx") || strings.Contains(s, "taupe@") {
		t.Error(s)
	}
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); !apperr.Is(err, apperr.KindNotFound) {
		t.Errorf("a secret group answers: %v", err)
	}
	n.Client("bob").Do("POST", "/api/v1/accounts/"+ids.String(g.AccountID)+"/follow", nil, &out)
	if err := n.Groups.Invite(ctx, n.Viewer("ana"), g.AccountID, n.Viewer("bob").AccountID); err != nil {
		t.Fatal(err)
	}
	if b := bob.Open("/groupes/taupe"); !b.Has("Zzyzx") || b.Has("Quxquux") {
		t.Error("who is invited finds the group, and does not read it yet:", b.Text())
	}
}

// TestAnOpenGroupCrossesServers follows, writes in and moderates an open group from three servers.
func TestAnOpenGroupCrossesServers(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	a, b, d := c[0], c[1], c[2]
	a.Person("ana", true)
	g := create(t, a, "ana", "velo", group.Rules{Access: group.Open, Note: "Le vélo"})
	join(t, b, "bob", a.Handle("velo"))
	join(t, d, "dan", a.Handle("velo"))
	c.Settle()
	p := write(t, a, "ana", post.Draft{Title: "Pistes", Text: "Où les tracer ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	c.Settle()
	home := func(n *testkit.Node, who, words string) bool {
		list, err := n.Timeline.Home(ctx, n.Viewer(who), page.Range{Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			if w.Boost != nil && strings.Contains(w.Boost.Content, words) {
				return true
			}
		}
		return false
	}
	if !home(b, "bob", "Où les tracer") || !home(d, "dan", "Où les tracer") {
		t.Fatal("a thread does not reach those who follow the group")
	}
	// Bob opens a thread by naming the group, as any app would.
	write(t, b, "bob", post.Draft{Text: "@velo@" + a.Host + " Et les arceaux ?", Audience: post.Public})
	c.Settle()
	list, err := a.Groups.Threads(ctx, a.Viewer("ana"), g, 0, page.Range{Limit: 10})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d threads, %v", len(list), err)
	}
	if !home(d, "dan", "Et les arceaux") {
		t.Error("the group does not pass on what somebody of another server wrote in it")
	}
	// Removed by the group, it leaves home timelines elsewhere.
	for _, l := range list {
		if l.PostID != p.ID {
			if err := a.Groups.Remove(ctx, a.Viewer("ana"), l.PostID, "hors sujet"); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Settle()
	if home(d, "dan", "Et les arceaux") {
		t.Error("what the group removed stays elsewhere")
	}
	if !home(d, "dan", "Où les tracer") {
		t.Error("what it did not remove is gone")
	}
}

// join follows a group of another server, as its address is found.
func join(t *testing.T, n *testkit.Node, who, handle string) {
	t.Helper()
	n.Person(who, true)
	name, host, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	id, err := n.Engine.Account(ctx, name, host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, n.Viewer(who).AccountID, id, nil); err != nil {
		t.Fatal(err)
	}
}

func sprint(v any) string { return strings.TrimSpace(fmt.Sprint(v)) }
