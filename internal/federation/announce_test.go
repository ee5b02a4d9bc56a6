package federation_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/post"
)

// group makes hana a group that v follows.
func (s *stranger) group(n *node, v *auth.Viewer) {
	s.t.Helper()
	d := s.actorDoc("hana")
	d["type"] = "Group"
	s.put("/users/hana", d)
	s.followedBy(n, v)
}

// followedBy makes v follow hana, who accepts.
func (s *stranger) followedBy(n *node, v *auth.Viewer) {
	s.t.Helper()
	s.meet(n)
	hana := n.byURI(s.actor("hana"))
	if err := n.follows.Follow(context.Background(), v.AccountID, hana.ID, nil); err != nil {
		s.t.Fatal(err)
	}
	settle(n)
	var follow doc
	s.last(&follow)
	s.mustSend(n, s.activity("Accept", follow))
	settle(n)
}

// mustSend sends what must be taken.
func (s *stranger) mustSend(n *node, d any) {
	s.t.Helper()
	if got := s.send(n, d); got != http.StatusAccepted {
		s.t.Fatalf("status %d", got)
	}
}

// publish serves a note, and the one actor all of a stranger's notes are by.
func (s *stranger) publish(note doc) doc {
	s.put(note.id()[len(s.base):], note)
	return note
}

// create is the activity that brought a note, with an id that is not its own.
func (s *stranger) create(note doc) doc {
	a := s.activity("Create", note)
	a["id"] = note.id() + "/create"
	return a
}

// TestAnnouncedForms: a post reaches who follows a group in every form in which
// groups pass posts on, from its own server, and once.
//
// Spec: FEP-1b12
func TestAnnouncedForms(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	g, author := newStranger(t), newStranger(t)
	g.group(n, ana)
	hana := n.byURI(g.actor("hana")).ID
	boosts := func(uri string) int {
		return n.count(`select count(*) from post b join post p on p.id = b.boost_of_id where p.uri = $1 and b.account_id = $2`, uri, hana)
	}
	for name, wrap := range map[string]func(note, lie doc) any{
		"its id":               func(note, lie doc) any { return lie.id() },
		"itself":               func(note, lie doc) any { return lie },
		"the Create":           func(note, lie doc) any { return author.create(lie) },
		"the Create, by id":    func(note, lie doc) any { return author.publish(author.create(note)).id() },
		"another's Announce":   func(note, lie doc) any { return author.activity("Announce", lie.id()) },
		"an Announce's Create": func(note, lie doc) any { return author.activity("Announce", author.create(lie)) },
	} {
		note := author.publish(author.note("vrai"))
		// What is embedded is not what its server says, and is not believed.
		lie := doc{}
		for k, v := range note {
			lie[k] = v
		}
		lie["content"] = "<p>faux</p>"
		g.mustSend(n, g.activity("Announce", wrap(note, lie)))
		g.mustSend(n, g.activity("Announce", wrap(note, lie)))
		settle(n)
		if got := n.post(note.id()).Content; got != "<p>vrai</p>" {
			t.Errorf("%s: %q", name, got)
		}
		if got := boosts(note.id()); got != 1 {
			t.Errorf("%s: %d boosts", name, got)
		}
	}
	// An answer belongs to its thread and is nobody's news.
	top := author.publish(author.note("sujet"))
	answer := author.note("réponse")
	answer["inReplyTo"] = top.id()
	author.publish(answer)
	g.mustSend(n, g.activity("Announce", author.create(answer)))
	settle(n)
	if p := n.post(answer.id()); p.ReplyToID != n.post(top.id()).ID || boosts(answer.id()) != 0 {
		t.Errorf("an answer: %+v, %d boosts", p, boosts(answer.id()))
	}
}

// TestAnnouncedBatch: of a list of activities each is judged by itself.
func TestAnnouncedBatch(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	p := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Un sujet", Audience: post.Public}))
	g, voter, liar := newStranger(t), newStranger(t), newStranger(t)
	g.group(n, ana)
	own := g.activity("Like", p.URI)       // of the group's own server
	true1 := voter.activity("Like", p.URI) // its server confirms it
	forged := liar.activity("Like", p.URI) // its server knows nothing of it
	proven := voter.activity("EmojiReact", p.URI)
	proven["content"] = "🔥"
	voter.publish(true1)
	list := []any{own, true1, forged, doc{"type": "Like"}, 3, "x", g.activity("Dislike", p.URI)}
	g.mustSend(n, g.activity("Announce", list))
	settle(n)
	if got := n.post(p.URI).LikesCount; got != 2 {
		t.Errorf("%d likes", got)
	}
	if n.count(`select count(*) from post_like where uri = $1`, forged["id"]) != 0 {
		t.Error("a forged like was believed")
	}
	// Its own proof stands for a server that is asked nothing.
	g.mustSend(n, g.activity("Announce", []any{json.RawMessage(voter.prove(proven, time.Now()))}))
	settle(n)
	if got := n.post(p.URI).LikesCount; got != 2 { // hana of voter liked it already
		t.Errorf("%d likes after a proven one", got)
	}
	if n.count(`select count(*) from post where boost_of_id <> 0`) != 0 {
		t.Error("a batch became a boost")
	}
}

// TestAnnouncedEdits: what a group passes on of edits and deletions is asked of
// the author's server.
func TestAnnouncedEdits(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	g, author := newStranger(t), newStranger(t)
	g.group(n, ana)
	note := author.publish(author.note("avant"))
	g.mustSend(n, g.activity("Announce", author.create(note)))
	settle(n)
	forged := doc{"id": note["id"], "type": "Note", "attributedTo": note["attributedTo"], "content": "<p>faux</p>", "to": note["to"],
		"updated": time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}
	g.mustSend(n, g.activity("Announce", author.activity("Update", forged)))
	g.mustSend(n, g.activity("Announce", author.activity("Delete", note.id())))
	settle(n)
	if p := n.post(note.id()); p.Content != "<p>avant</p>" || p.DeletedAt != 0 {
		t.Errorf("after forged edits: %+v", p)
	}
	n.now.move(time.Hour)
	author.answer(note.id()[len(author.base):], http.StatusGone)
	g.mustSend(n, g.activity("Announce", author.activity("Delete", note.id())))
	settle(n)
	if n.post(note.id()).DeletedAt == 0 {
		t.Error("what its server says is gone stays")
	}
}

// TestReactions: whatever the verb and the sign, a reaction is a favourite, and
// Undo takes it back. A Dislike is swallowed.
//
// Spec: FEP-c0e0
func TestReactions(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	p := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
	s := newStranger(t)
	s.meet(n)
	likes := func() int64 { settle(n); return n.post(p.URI).LikesCount }
	for _, kind := range []string{"Like", "EmojiReact"} {
		r := s.activity(kind, p.URI)
		r["content"] = "🔥"
		s.mustSend(n, r)
		if got := likes(); got != 1 {
			t.Errorf("%s: %d likes", kind, got)
		}
		s.mustSend(n, s.activity("Undo", r))
		if got := likes(); got != 0 {
			t.Errorf("Undo %s: %d likes", kind, got)
		}
		s.mustSend(n, r) // late or again, it does not come back
		if got := likes(); got != 0 {
			t.Errorf("%s after its Undo: %d likes", kind, got)
		}
	}
	d := s.activity("Dislike", p.URI)
	s.mustSend(n, d)
	s.mustSend(n, s.activity("Undo", d))
	if got := likes(); got != 0 {
		t.Errorf("Dislike: %d", got)
	}
}

// TestABusyGroup: nothing of what a group passes on is lost, however much it is at
// once. What its author proves is taken at once; what must be asked for waits.
func TestABusyGroup(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	g, author := newStranger(t), newStranger(t)
	g.group(n, ana)
	author.meet(n)
	const many = 70 // more than one server may have others asked for in a minute
	var proven, asked []string
	for range many {
		note := author.publish(author.note("prouvé", g.actor("hana")))
		proven = append(proven, note.id())
		g.mustSend(n, g.activity("Announce", json.RawMessage(author.prove(author.create(note), time.Now()))))
	}
	n.now.move(time.Minute)
	for range many {
		note := author.publish(author.note("à demander", g.actor("hana")))
		asked = append(asked, note.id())
		g.mustSend(n, g.activity("Announce", author.create(note)))
	}
	here := func(uris []string) (found int) {
		for _, uri := range uris {
			found += n.count(`select count(*) from post where uri = $1`, uri)
		}
		return found
	}
	settle(n)
	if got := here(proven); got != many {
		t.Errorf("%d of %d that are proven", got, many)
	}
	if got := here(asked); got == many {
		t.Errorf("all %d were asked for at once", got)
	}
	for range 4 {
		n.now.move(2 * time.Minute)
		settle(n)
	}
	if got := here(asked); got != many {
		t.Errorf("%d of %d that had to wait", got, many)
	}
}
