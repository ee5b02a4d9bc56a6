package group_test

import (
	"testing"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/testkit"
)

// threadAt finds a thread of a group as a server knows it, by its title.
func threadAt(t *testing.T, n *testkit.Node, groupURI, title string) *group.Thread {
	t.Helper()
	a, err := account.ByURI(ctx, n.DB.Read(), groupURI)
	if err != nil {
		t.Fatal(err)
	}
	g, err := group.Any(ctx, n.DB.Read(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, err := n.Groups.Threads(ctx, n.Viewer("zoe"), g, 0, page.Range{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.View.Title == title {
			return &l.Thread
		}
	}
	t.Fatalf("%s has no thread %q of %s", n.Host, title, groupURI)
	return nil
}

// postSaying finds a post by its words.
func postSaying(t *testing.T, n *testkit.Node, words string) int64 {
	t.Helper()
	id, err := db.Get[int64](ctx, n.DB.Read(), `select id from post where content like $1 and boost_of_id = 0 limit 1`, "%"+words+"%")
	if err != nil {
		t.Fatalf("%s has no post saying %q: %v", n.Host, words, err)
	}
	return id
}

// remoteAt is a group as another server knows it.
func remoteAt(t *testing.T, n *testkit.Node, g *group.Group) *group.Group {
	t.Helper()
	a, err := account.ByURI(ctx, n.DB.Read(), g.Account.URI)
	if err != nil {
		t.Fatal(err)
	}
	out, err := group.Any(ctx, n.DB.Read(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
