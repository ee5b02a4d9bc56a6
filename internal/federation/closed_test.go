package federation_test

import (
	"maps"
	"testing"

	"github.com/maillage/maillage/internal/post"
)

// TestPrivatePeopleAreNotReached: who withdrew is named by an address that
// others still know, and hears nothing of it.
func TestPrivatePeopleAreNotReached(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana, bea := n.person("ana"), n.person("bea")
	if err := n.accounts.Withdraw(t.Context(), bea.AccountID); err != nil {
		t.Fatal(err)
	}
	s.meet(n)
	both := s.note("bonjour", n.account(ana.AccountID).URI, n.account(bea.AccountID).URI)
	if got := s.send(n, s.activity("Create", both)); got != 202 {
		t.Fatal(got)
	}
	alone := s.note("bonjour", n.account(bea.AccountID).URI)
	s.send(n, s.activity("Create", alone))
	settle(n)
	if got := n.notices(bea); got != "" {
		t.Errorf("somebody private is told %s", got)
	}
	if got := n.notices(ana); got == "" {
		t.Error("somebody reachable is told nothing")
	}
	if n.count(`select count(*) from post where uri = $1`, alone.id()) != 0 {
		t.Error("what concerns nobody here is kept")
	}
	if got := n.count(`select count(*) from post_mention m join account a on a.id = m.account_id where not a.reachable`); got != 0 {
		t.Errorf("%d private people are named", got)
	}
}

// TestPV03ClosedPostsAreClosed: who knows the address of a post that is not for them
// neither answers, likes nor boosts it, and an edit opens nothing.
func TestPV03ClosedPostsAreClosed(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.meet(n)
	for _, audience := range []post.Audience{post.Section, post.Followers, post.Direct} {
		p := n.must(n.posts.Create(t.Context(), ana, post.Draft{Text: "entre nous", Audience: audience}))
		answer := s.note("moi aussi", n.account(ana.AccountID).URI)
		answer["inReplyTo"] = p.URI
		quiet := maps.Clone(answer)
		quiet["id"], quiet["to"], quiet["cc"] = answer.id()+"/q", []string{n.account(ana.AccountID).URI}, []string{}
		for _, a := range []doc{s.activity("Create", answer), s.activity("Create", quiet), s.activity("Like", p.URI), s.activity("Announce", p.URI)} {
			if got := s.send(n, a); got != 202 {
				t.Errorf("%s of a post for %s: %d", a["type"], audience, got)
			}
		}
		settle(n)
		if now := n.post(p.URI); now.RepliesCount+now.LikesCount+now.BoostsCount != 0 {
			t.Errorf("a post for %s has %d answers, %d likes, %d boosts", audience, now.RepliesCount, now.LikesCount, now.BoostsCount)
		}
		if got := n.count(`select count(*) from post where reply_to_id = $1 or boost_of_id = $1`, p.ID); got != 0 {
			t.Errorf("%d posts hang on one for %s", got, audience)
		}
	}
	if got := n.notices(ana); got != "" {
		t.Errorf("ana is told %s", got)
	}

	// What was for ana alone stays so, whoever says otherwise.
	note := s.note("pour ana", n.account(ana.AccountID).URI)
	note["to"], note["cc"] = []string{n.account(ana.AccountID).URI}, []string{}
	s.send(n, s.activity("Create", note))
	settle(n)
	open := maps.Clone(note)
	open["to"], open["content"], open["updated"] = []string{"https://www.w3.org/ns/activitystreams#Public"}, "pour tous", "2099-01-01T00:00:00Z"
	for _, kind := range []string{"Update", "Create"} {
		s.send(n, s.activity(kind, open))
		settle(n)
		if now := n.post(note.id()); now.Audience != post.Direct {
			t.Errorf("after %s it is for %s", kind, now.Audience)
		}
	}
}

// TestHashtagsOfOthersAreWords: what others call a hashtag makes no address.
func TestHashtagsOfOthersAreWords(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	ana := n.person("ana")
	s.meet(n)
	note := s.note("bonjour", n.account(ana.AccountID).URI)
	tags := mentions([]string{n.account(ana.AccountID).URI})
	for _, name := range []string{"#Été", "sansdiese", "#a/../../oauth", "#\"><script>", "# ", "#x y", "#?q"} {
		tags = append(tags, doc{"type": "Hashtag", "name": name, "href": s.base})
	}
	note["tag"] = tags
	s.send(n, s.activity("Create", note))
	settle(n)
	if got := n.count(`select count(*) from post_tag`); got != 2 {
		t.Errorf("%d hashtags, want 2", got)
	}
}
