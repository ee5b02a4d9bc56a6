package group_test

import (
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhatIsRefusedIsNowhere: what a group refuses is in its threads on no server,
// not on one that had it from its author either and has heard of no answer there
// before; nor is what answers it.
func TestWhatIsRefusedIsNowhere(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	a, b, other := c[0], c[1], c[2]
	a.Person("ana", true)
	b.Person("bob", true)
	g := create(t, a, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Members})
	write(t, a, "ana", post.Draft{Title: "Les arceaux", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	c.Settle()
	join(t, other, "cleo", a.Handle("velo"))
	b.SignIn("bob").Open("/recherche?q=" + a.Handle("velo")).Open("/groupes/velo@" + a.Host) // who takes no part
	c.Settle()

	state := func(n *testkit.Node, id int64) string {
		t.Helper()
		s, err := db.Get[string](ctx, n.DB.Read(), `select state from group_post where post_id = $1`, id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	by := write(t, b, "bob", post.Draft{Text: other.Handle("cleo") + " devant la gare", Audience: post.Public,
		ReplyTo: threadAt(t, b, g.Account.URI, "Les arceaux").PostID})
	c.Settle()
	if got := state(b, by.ID); got != group.Refused {
		t.Errorf("on the author's server: %s", got)
	}
	there := postSaying(t, other, "devant la gare")
	if got := state(other, there); got == group.Shown {
		t.Error("another server shows what the group refused")
	}
	answer := write(t, other, "cleo", post.Draft{Text: "Oui, devant la gare de l’Est", Audience: post.Public, ReplyTo: there})
	c.Settle()
	if got := state(other, answer.ID); got != group.Refused {
		t.Errorf("an answer to it, on the server of who wrote it: %s", got)
	}
	if got := state(a, postSaying(t, a, "gare de l’Est")); got != group.Refused {
		t.Errorf("an answer to it, on the group's server: %s", got)
	}
}
