package federation_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/post"
)

// kinds are the types of what arrived at a stranger.
func (s *stranger) kinds() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, b := range s.inbox {
		for _, k := range []string{"Create", "Update", "Delete"} {
			if strings.Contains(string(b), `"type":"`+k+`"`) {
				out = append(out, k)
			}
		}
	}
	return strings.Join(out, " ")
}

// TestWhoFetchedIsTold: a server that fetched a post hears of its edit and of
// its deletion, and one that only says so does not.
func TestWhoFetchedIsTold(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	p := n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
	s, forger, unsigned := newStranger(t), newStranger(t), newStranger(t)
	for range 3 {
		if status, _ := get(t, p.URI, s.key); status != 200 {
			t.Fatal(status)
		}
	}
	settle(n)
	for range 20 {
		get(t, p.URI, &sig.Key{ID: forger.key.ID, RSA: keys()[2]})
	}
	get(t, p.URI, nil)
	settle(n)
	if got := forger.hits.get("GET"); got > 4 {
		t.Errorf("forged signatures caused %d requests", got)
	}
	if got := n.count(`select count(*) from post_copy`); got != 1 {
		t.Fatalf("%d copies", got)
	}
	if got := s.hits.get("GET"); got > 4 {
		t.Errorf("%d requests to find out who asked", got)
	}
	if _, err := n.posts.Edit(t.Context(), ana, p.ID, post.Draft{Text: "Bonsoir", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if _, err := n.posts.Delete(t.Context(), ana, p.ID); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := s.kinds(); got != "Update Delete" {
		t.Errorf("who fetched got %q", got)
	}
	if forger.received()+unsigned.received() != 0 {
		t.Error("who did not fetch was told")
	}
}

// TestForgedFetchHinders nobody: the true one after it is written down.
func TestForgedFetchHinders(t *testing.T) {
	n := newNode(t)
	p := n.must(n.posts.Create(t.Context(), n.person("ana"), post.Draft{Text: "Bonjour", Audience: post.Public}))
	s := newStranger(t)
	s.meet(n)
	get(t, p.URI, &sig.Key{ID: s.key.ID, RSA: keys()[2]})
	settle(n)
	get(t, p.URI, s.key)
	settle(n)
	if got := n.count(`select count(*) from post_copy`); got != 1 {
		t.Errorf("%d copies", got)
	}
}

// TestHiddenIsNotSeen: what a server may not read leaves no trace of its asking.
func TestHiddenIsNotSeen(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	for _, a := range []post.Audience{post.Followers, post.Section} {
		p := n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "Entre nous", Audience: a}))
		if status, _ := get(t, p.URI, s.key); status != 404 {
			t.Errorf("%s: %d", a, status)
		}
	}
	settle(n)
	if got := n.count(`select count(*) from post_copy`); got != 0 {
		t.Errorf("%d copies", got)
	}
}
