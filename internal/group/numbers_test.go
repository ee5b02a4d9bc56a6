package group_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestThreadsCountWhatIsRead: what is answered for the section in a thread of an open group counts for the
// section alone: who may not read it sees it neither in the number of messages nor in the order of threads.
//
// Spec: PV1
func TestThreadsCountWhatIsRead(t *testing.T) {
	for _, engine := range []testkit.Engine{testkit.SQLite, testkit.Postgres} {
		n := testkit.NewOn(t, engine)
		for _, who := range []string{"ana", "bob"} {
			n.Person(who, true)
		}
		g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Joining: group.Free, Posting: group.Members})
		if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
			t.Fatal(err)
		}
		first := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où en sommes-nous ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
		write(t, n, "ana", post.Draft{Title: "Garages", Text: "Où les mettre ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
		write(t, n, "bob", post.Draft{Text: "Entre nous", Audience: post.Section, ReplyTo: first.ID})
		idle(t, n)
		before := func(text, a, b string) bool { return strings.Index(text, a) < strings.Index(text, b) }
		member := n.SignIn("ana").Open("/groupes/velo").Text()
		if !strings.Contains(member, "2 messages") || !before(member, "Pistes", "Garages") {
			t.Errorf("%v: a member reads %s", engine, member)
		}
		visitor := n.NewBrowser().Open("/groupes/velo").Text()
		if strings.Contains(visitor, "2 messages") || !before(visitor, "Garages", "Pistes") {
			t.Errorf("%v: a visitor reads %s", engine, visitor)
		}
		answer := write(t, n, "bob", post.Draft{Text: "Pour tout le monde", Audience: post.Public, ReplyTo: first.ID})
		idle(t, n)
		if visitor := n.NewBrowser().Open("/groupes/velo").Text(); !strings.Contains(visitor, "2 messages") || !before(visitor, "Pistes", "Garages") {
			t.Errorf("%v: after an answer for all, a visitor reads %s", engine, visitor)
		}
		if _, err := n.Posts.Delete(ctx, n.Viewer("bob"), answer.ID); err != nil {
			t.Fatal(err)
		}
		if visitor := n.NewBrowser().Open("/groupes/velo").Text(); strings.Contains(visitor, "2 messages") {
			t.Errorf("%v: after it was deleted, a visitor reads %s", engine, visitor)
		}
	}
}
