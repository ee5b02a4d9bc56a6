package federation_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// TestOurTotals: other servers learn how many liked and boosted what is for
// everybody, never who, and nothing of other posts.
//
// Spec: AP 5.7, AP 5.8
func TestOurTotals(t *testing.T) {
	a, b := newNode(t), newNode(t)
	ana, bob, bea := a.person("ana"), b.person("bob"), a.person("bea")
	b.follow(bob, a, ana)
	open := a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Pour tout le monde", Audience: post.Public}))
	closed := a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Pour celles qui suivent", Audience: post.Followers}))
	section := a.must(a.posts.Create(t.Context(), ana, post.Draft{Text: "Pour la section", Audience: post.Section}))
	settle(a, b)
	for _, p := range []*post.Post{open, section} {
		if _, err := a.posts.Like(t.Context(), bea, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	there := b.post(open.URI)
	if _, err := b.posts.Like(t.Context(), bob, there.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.posts.Boost(t.Context(), bob, there.ID); err != nil {
		t.Fatal(err)
	}
	settle(a, b)
	d := document(t, open.URI)
	for end, want := range map[string]int64{"/likes": 2, "/shares": 1} {
		ref := d.Likes()
		if end == "/shares" {
			ref = d.Shares()
		}
		if ref.ID() != open.URI+end {
			t.Errorf("the document names %q", ref.ID())
		}
		c := document(t, ref.ID())
		if n, ok := c.TotalItems(); !ok || n != want {
			t.Errorf("%s: %d, want %d", end, n, want)
		}
		if text := string(c.Bytes); c.Has("items") || c.Has("orderedItems") || c.Has("first") || strings.Contains(text, "/users/") {
			t.Errorf("%s says who: %s", end, text)
		}
		for _, p := range []*post.Post{closed, section} {
			req, err := http.NewRequest(http.MethodGet, p.URI+end, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept", "application/activity+json")
			if status, _ := do(t, req); status != http.StatusNotFound {
				t.Errorf("%s of a post for %s: %d", end, p.Audience, status)
			}
		}
	}
	body, err := db.Get[[]byte](t.Context(), a.db.Read(), `select body from post_document where post_id = $1`, closed.ID)
	if err != nil || strings.Contains(string(body), "/likes") || strings.Contains(string(body), "/shares") {
		t.Errorf("the document of a post for some names its totals: %s %v", body, err)
	}
}

// TestTheirTotals: what the server of a post says counts where it is more than
// was seen here, whatever it says; opening the thread asks for it.
func TestTheirTotals(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.followedBy(n, ana)
	embedded, named, wild := s.note("dedans"), s.note("dehors"), s.note("faux")
	embedded["likes"] = doc{"id": s.base + "/1/likes", "type": "Collection", "totalItems": 12}
	embedded["shares"] = doc{"id": s.base + "/1/shares", "type": "Collection", "totalItems": 3}
	named["likes"], named["shares"] = s.base+"/2/likes", "https://elsewhere.example/shares"
	wild["likes"], wild["shares"] = doc{"type": "Collection", "totalItems": -5}, doc{"type": "Collection", "totalItems": 1e30}
	s.put("/2/likes", doc{"id": s.base + "/2/likes", "type": "Collection", "totalItems": 40})
	for _, x := range []doc{embedded, named, wild} {
		s.publish(x)
		s.mustSend(n, s.activity("Create", x))
	}
	settle(n)
	want := func(x doc, likes, boosts int64) {
		t.Helper()
		if p := n.post(x.id()); p.Likes() != likes || p.Boosts() != boosts {
			t.Errorf("%v: %d likes and %d boosts, want %d and %d", x["content"], p.Likes(), p.Boosts(), likes, boosts)
		}
	}
	want(embedded, 12, 3)
	want(named, 0, 0)
	want(wild, 0, 0)
	if _, err := n.posts.Like(t.Context(), ana, n.post(wild.id()).ID); err != nil {
		t.Fatal(err)
	}
	want(wild, 1, 0)

	// Said anew.
	embedded["likes"] = doc{"id": s.base + "/1/likes", "type": "Collection", "totalItems": 13}
	s.mustSend(n, s.activity("Update", embedded))
	settle(n)
	want(embedded, 13, 3)

	s.put("/1/likes", doc{"id": s.base + "/1/likes", "type": "Collection", "totalItems": 14})
	for _, x := range []doc{embedded, named} {
		if _, _, err := n.posts.Thread(t.Context(), ana, n.post(x.id())); err != nil {
			t.Fatal(err)
		}
	}
	settle(n)
	want(embedded, 14, 3)
	want(named, 40, 0)
}
