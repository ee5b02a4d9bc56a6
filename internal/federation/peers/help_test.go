package peers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// write makes a post of one of us.
func write(n *testkit.Node, who string, d post.Draft) *post.Post {
	n.T.Helper()
	p, err := n.Posts.Create(ctx, n.Viewer(who), d)
	if err != nil {
		n.T.Fatalf("%s writes: %v", who, err)
	}
	return p
}

// at finds a post by its address; nil when it is not known here.
func at(n *testkit.Node, uri string) *post.Post {
	n.T.Helper()
	p, err := post.RawByURI(ctx, n.DB.Read(), uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	}
	if err != nil {
		n.T.Fatal(err)
	}
	return p
}

func notices(n *testkit.Node, who string) (kinds []string) {
	n.T.Helper()
	list, err := n.Notify.List(ctx, n.Person(who, true).ID, page.Range{Limit: 40}, notify.Filter{})
	if err != nil {
		n.T.Fatal(err)
	}
	for _, x := range list {
		kinds = append(kinds, x.Kind)
	}
	return kinds
}

func has(kinds []string, kind string) bool { return slices.Contains(kinds, kind) }

func count(n *testkit.Node, query string, args ...any) int {
	n.T.Helper()
	c, err := db.Get[int](ctx, n.DB.Read(), query, args...)
	if err != nil {
		n.T.Fatal(err)
	}
	return c
}

// took is the scheme that our instance remembers of the peer.
func took(t *testing.T, n *testkit.Node, a *actor) string {
	t.Helper()
	s, err := db.Get[string](ctx, n.DB.Read(), `select scheme from peer where host = $1`, a.host)
	if apperr.Is(err, apperr.KindNotFound) {
		return "cavage" // what is not learnt
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func settle(n *testkit.Node) {
	n.T.Helper()
	testkit.Cluster{n}.Settle()
}

// holds reports whether a note has a text in a language that contains what.
// An empty language takes any.
func holds(note *thing, lang, what string) bool {
	for _, c := range note.Contents {
		if (lang == "" || c.Lang == lang) && strings.Contains(c.Text, what) {
			return true
		}
	}
	return false
}

// sameSet reports whether got holds exactly the strings wanted, in any order.
func sameSet(got []string, want ...string) bool {
	got = slices.Sorted(slices.Values(got))
	slices.Sort(want)
	return slices.Equal(got, want)
}
