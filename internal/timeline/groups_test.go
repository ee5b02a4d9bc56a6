package timeline_test

import (
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestMyGroups: the tab shows the threads of the groups that somebody is in, of no other, and not what was taken out.
func TestMyGroups(t *testing.T) {
	for _, engine := range []testkit.Engine{testkit.SQLite, testkit.Postgres} {
		n := testkit.NewOn(t, engine)
		n.Person("ana", true)
		n.Person("bob", true)
		make1 := func(name string, access string) int64 {
			g, err := n.Groups.Create(t.Context(), n.Viewer("ana"), group.New{Username: name, Rules: group.Rules{Name: name, Access: access, Joining: group.Free, Posting: group.Members}})
			if err != nil {
				t.Fatal(err)
			}
			return g.AccountID
		}
		write := func(g int64, audience post.Audience, title string) int64 {
			p, err := n.Posts.Create(t.Context(), n.Viewer("ana"), post.Draft{Title: title, Text: title, Audience: audience, ScopeID: g, Parts: group.Into(g)})
			if err != nil {
				t.Fatal(err)
			}
			return p.ID
		}
		velo, clos := make1("velo", group.Open), make1("clos", group.Section)
		write(velo, post.Public, "Les arceaux")
		insult := write(velo, post.Public, "Des insultes")
		write(clos, post.Group, "Entre nous")
		bob := n.SignIn("bob")
		if bob.Open("/?onglet=groupes"); bob.Has("Les arceaux") || bob.Has("Entre nous") || !bob.Has("Rien dans vos groupes") {
			t.Errorf("in no group: %s", bob.Text())
		}
		if err := n.Groups.Join(t.Context(), n.Viewer("bob"), velo); err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Remove(t.Context(), n.Viewer("ana"), insult, "il insulte"); err != nil {
			t.Fatal(err)
		}
		if bob.Open("/?onglet=groupes"); !bob.Has("Les arceaux") || bob.Has("Des insultes") || bob.Has("Entre nous") {
			t.Errorf("in one: %s", bob.Text())
		}
		if ana := n.SignIn("ana").Open("/?onglet=groupes"); !ana.Has("Les arceaux") || !ana.Has("Entre nous") {
			t.Errorf("in both: %s", ana.Text())
		}
	}
}

// TestHomeShowsAThreadOnce: who follows a group and somebody who writes in it has
// the post once, who follows the group alone has its boost, and the author too
// has it once.
func TestHomeShowsAThreadOnce(t *testing.T) {
	for _, engine := range []testkit.Engine{testkit.SQLite, testkit.Postgres} {
		n := testkit.NewOn(t, engine)
		for _, name := range []string{"ana", "bob", "cleo"} {
			n.Person(name, true)
		}
		g, err := n.Groups.Create(t.Context(), n.Viewer("ana"), group.New{Username: "velo", Rules: group.Rules{Name: "Vélo", Access: group.Open, Joining: group.Free, Posting: group.Members}})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"bob", "cleo"} {
			if err := n.Groups.Join(t.Context(), n.Viewer(name), g.AccountID); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.Follows.Follow(t.Context(), n.Viewer("bob").AccountID, n.Person("ana", true).ID, nil); err != nil {
			t.Fatal(err)
		}
		n.Client("ana").Post("/api/v1/statuses", map[string]any{"status": "@velo Les arceaux", "visibility": "public"}, nil)
		for name, boosted := range map[string]bool{"ana": false, "bob": false, "cleo": true} {
			var home []masto.Status
			n.Client(name).Get("/api/v1/timelines/home", &home)
			if len(home) != 1 || home[0].Reblog != nil != boosted {
				t.Errorf("%s has it %d times: %+v", name, len(home), home)
			}
		}
	}
}
