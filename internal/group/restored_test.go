package group_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhatIsRestoredIsEverywhere: what was taken out and is put back stands on every server as it
// does on the group's, with what its author changed meanwhile; and so does what a moderator wrote.
func TestWhatIsRestoredIsEverywhere(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	a, b, third := c[0], c[1], c[2]
	a.Person("ana", true)
	g := create(t, a, "ana", "velo", group.Rules{Access: group.Open})
	join(t, b, "bob", a.Handle("velo"))
	join(t, third, "zed", a.Handle("velo"))
	c.Settle()
	top := write(t, a, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	c.Settle()
	his := write(t, b, "bob", post.Draft{Text: "Ici", ReplyTo: threadAt(t, b, g.Account.URI, "Pistes").PostID})
	hers := write(t, a, "ana", post.Draft{Text: "Là", ReplyTo: top.ID})
	c.Settle()
	w := &weather{t: t, c: c, uri: g.Account.URI}
	everywhere := func(what string, want ...string) {
		t.Helper()
		c.Settle()
		first := w.reads(a)
		for _, n := range c[1:] {
			if got := w.reads(n); got != first {
				t.Errorf("%s: the group's server reads\n%s\nand another one\n%s", what, first, got)
			}
		}
		for _, x := range want {
			if !strings.Contains(first, x) {
				t.Errorf("%s: no %q in\n%s", what, x, first)
			}
		}
	}
	ana := a.Viewer("ana")
	judge := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []int64{here(t, a, his.URI).ID, hers.ID} {
		judge(a.Groups.Remove(ctx, ana, id, "hors sujet"))
	}
	everywhere("taken out", "removed: hors sujet\n  removed: hors sujet")
	if _, err := b.Posts.Edit(ctx, b.Viewer("bob"), his.ID, post.Draft{Text: "Ici, corrigé"}); err != nil {
		t.Fatal(err)
	}
	everywhere("edited meanwhile", "removed: hors sujet\n  removed: hors sujet")
	for _, id := range []int64{here(t, a, his.URI).ID, hers.ID} {
		judge(a.Groups.Restore(ctx, ana, id))
	}
	everywhere("put back", "Ici, corrigé", "Là")

	// A thread of the moderator's goes and comes as a whole.
	judge(a.Groups.Remove(ctx, ana, top.ID, "doublon"))
	c.Settle()
	for _, n := range c {
		if list, err := n.Groups.Threads(ctx, n.Viewer("zoe"), w.groupAt(n), 0, page.Range{Limit: 10}); err != nil || len(list) != 0 {
			t.Errorf("a thread that was taken out is listed: %d %v", len(list), err)
		}
	}
	a.Person("zoe", true)
	judge(a.Groups.Join(ctx, a.Viewer("zoe"), g.AccountID))
	journal := "/groupes/velo/journal"
	back := "/groupes/velo/" + idString(top.ID) + "/retablir"
	if zoe := a.SignIn("zoe").Open(journal); !zoe.Has("doublon") || strings.Contains(zoe.Body, "/retablir") {
		t.Errorf("who does not moderate: %s", zoe.Text())
	}
	if page := a.SignIn("ana").Open(journal); strings.Count(page.Body, "/retablir") != 1 {
		t.Errorf("the journal puts back other things than what is out: %s", page.Text())
	} else if page.Submit(back, nil).Status != http.StatusOK {
		t.Errorf("%d %s", page.Status, page.Text())
	}
	everywhere("the thread put back", "Où ?", "Ici, corrigé", "Là")
}
