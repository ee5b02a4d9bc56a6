package federation_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// answer is a public answer of hana's, served.
func (s *stranger) reply(text, to string) doc {
	d := s.note(text)
	d["inReplyTo"] = to
	return s.publish(d)
}

func (n *node) thread(v *auth.Viewer, p *post.Post) (before, after []string) {
	n.t.Helper()
	b, a, err := n.posts.Thread(context.Background(), v, p)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, p := range b {
		before = append(before, p.Content)
	}
	for _, p := range a {
		after = append(after, p.Content)
	}
	return before, after
}

// TestThreadIsMadeWhole: who opens a post of elsewhere gets what came before it
// and after, wherever it was written.
//
// Spec: FEP-f228, FEP-7888, FEP-7458
func TestThreadIsMadeWhole(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	a, b, c := newStranger(t), newStranger(t), newStranger(t)
	b.key.ID = b.actor("hana") + "#main-key"
	root := a.note("un")
	root["context"], root["replies"] = a.base+"/context", a.base+"/replies"
	a.publish(root)
	two := a.note("deux")
	two["inReplyTo"] = root.id()
	two["context"] = a.base + "/context"
	a.publish(two)
	three := b.reply("trois", two.id())
	four := c.note("quatre")
	four["inReplyTo"] = two.id()
	four["replies"] = doc{"type": "Collection", "first": doc{"type": "CollectionPage", "items": []string{}, "next": c.base + "/replies"}}
	c.publish(four)
	five := a.reply("cinq", four.id())
	six := a.reply("six", root.id())
	hidden := b.note("rien que nous")
	hidden["to"], hidden["inReplyTo"] = []string{b.actor("someone")}, root.id()
	b.publish(hidden)
	a.put("/context", doc{"id": a.base + "/context", "type": "OrderedCollection", "attributedTo": a.actor("hana"),
		"orderedItems": []any{root.id(), two.id(), three.id(), b.base + "/notes/gone", 7, "javascript:x", four}})
	c.put("/replies", doc{"id": c.base + "/replies", "type": "CollectionPage", "items": []string{five.id(), n.base + "/objects/x"}})
	a.put("/replies", doc{"id": a.base + "/replies", "type": "Collection", "first": a.base + "/replies/1"})
	a.put("/replies/1", doc{"id": a.base + "/replies/1", "type": "CollectionPage", "items": []string{six.id()}, "next": a.base + "/replies/1"})

	p, err := n.posts.Ensure(context.Background(), n.engine, two.id())
	if err != nil {
		t.Fatal(err)
	}
	before, after := n.thread(ana, p)
	if !slices.Equal(before, []string{"<p>un</p>"}) || after != nil {
		t.Errorf("at first: %v, %v", before, after)
	}
	settle(n)
	before, after = n.thread(ana, p)
	if !slices.Equal(before, []string{"<p>un</p>"}) || !slices.Equal(after, []string{"<p>trois</p>", "<p>quatre</p>", "<p>cinq</p>"}) {
		t.Errorf("two in its thread: %v, %v", before, after)
	}
	if _, after = n.thread(ana, n.post(root.id())); len(after) != 5 || !slices.Contains(after, "<p>six</p>") {
		t.Errorf("from the root: %v", after)
	}
	// Once in a while is enough, and strangers cause nothing.
	gets := a.hits.get("GET")
	n.thread(ana, p)
	n.thread(nil, p)
	settle(n)
	if got := a.hits.get("GET") - gets; got != 0 {
		t.Errorf("%d requests at the second look", got)
	}
}

// TestFE05ThreadWithoutEnd: a server that invents answers without end is left
// after a hundred requests.
//
// Spec: FE5
func TestFE05ThreadWithoutEnd(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	var asked atomic.Int64
	var base string
	troll := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/activity+json")
		id := base + r.URL.Path
		switch {
		case r.URL.Path == "/u":
			fmt.Fprintf(w, `{"id":%q,"type":"Person","preferredUsername":"u","inbox":"%s/in"}`, id, base)
		case r.URL.Path[:3] == "/c/":
			fmt.Fprintf(w, `{"id":%q,"type":"CollectionPage","items":["%sx","%sy"],"next":"%sz"}`, id, base+"/n"+r.URL.Path[2:], base+"/n"+r.URL.Path[2:], id)
		default:
			fmt.Fprintf(w, `{"id":%q,"type":"Note","attributedTo":"%s/u","content":"x","to":"as:Public","inReplyTo":"%s/n/0","replies":"%s/c%s"}`,
				id, base, base, base, r.URL.Path[2:])
		}
	}))
	t.Cleanup(troll.Close)
	base = troll.URL
	p, err := n.posts.Ensure(context.Background(), n.engine, base+"/n/0")
	if err != nil {
		t.Fatal(err)
	}
	start := asked.Load()
	n.thread(ana, p)
	settle(n)
	if got := asked.Load() - start; got > 100 || got < 50 {
		t.Errorf("%d requests", got)
	}
}

// TestFE05ChainWithoutEnd: of an answer to an answer to an answer, and so on, no
// more than twenty steps are gone, though each names one more.
//
// Spec: FE5
func TestFE05ChainWithoutEnd(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	var asked atomic.Int64
	var base string
	troll := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/activity+json")
		id := base + r.URL.Path
		if r.URL.Path == "/u" {
			fmt.Fprintf(w, `{"id":%q,"type":"Person","preferredUsername":"u","inbox":"%s/in"}`, id, base)
			return
		}
		fmt.Fprintf(w, `{"id":%q,"type":"Note","attributedTo":"%s/u","content":"x","to":"as:Public","inReplyTo":"%sx"}`, id, base, id)
	}))
	t.Cleanup(troll.Close)
	base = troll.URL
	s := newStranger(t)
	note := s.note("réponse", n.account(ana.AccountID).URI)
	note["inReplyTo"] = base + "/n/x"
	s.mustSend(n, s.activity("Create", note))
	settle(n)
	if got := n.count(`select count(*) from post where uri like $1`, base+"/n/%"); got > 20 || got < 5 {
		t.Errorf("%d posts of the chain", got)
	}
	if got := asked.Load(); got > 30 {
		t.Errorf("%d requests", got)
	}
}

// TestAnswersInACircle: posts that say to answer themselves, or each other, are
// threads with a beginning.
//
// Spec: TX1
func TestTX01AnswersInACircle(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	self := s.note("moi")
	self["inReplyTo"] = self.id()
	s.publish(self)
	one, two, three := s.note("un"), s.note("deux"), s.note("trois")
	one["inReplyTo"], two["inReplyTo"], three["inReplyTo"] = two.id(), three.id(), one.id()
	for _, d := range []doc{one, two, three} {
		s.publish(d)
	}
	for _, d := range []doc{self, one, two, three} {
		p, err := n.posts.Ensure(context.Background(), n.engine, d.id())
		if err != nil {
			t.Fatal(err)
		}
		n.thread(ana, p)
		settle(n)
	}
	if p := n.post(self.id()); p.ReplyToID != 0 {
		t.Error("a post answers itself")
	}
	if n.count(`select count(*) from post where reply_to_id = 0 and boost_of_id = 0`) < 2 {
		t.Error("the circle has no beginning")
	}
}

// TestContextCollection: a conversation that began here can be read whole by
// other servers, page by page, and nothing of it that is not for everybody.
//
// Spec: FEP-f228, FEP-7888
func TestContextCollection(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	root := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "un", Audience: post.Public}))
	var want []string
	want = append(want, root.URI)
	s := newStranger(t)
	s.meet(n)
	for range 2 {
		want = append(want, n.must(n.posts.Create(ctx, ana, post.Draft{Text: "oui", ReplyTo: root.ID, Audience: post.Public})).URI)
	}
	hidden := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "caché", ReplyTo: root.ID, Audience: post.Followers}))
	remote := s.note("de loin", n.account(ana.AccountID).URI)
	remote["inReplyTo"] = root.URI
	s.mustSend(n, s.activity("Create", remote))
	settle(n)
	want = append(want, remote.id())

	note := document(t, root.URI)
	if note.Context() != root.URI+"/context" || document(t, want[1]).Context() != note.Context() {
		t.Errorf("context %q", note.Context())
	}
	c := document(t, note.Context())
	if c.Type() != "OrderedCollection" || c.AttributedTo() != n.account(ana.AccountID).URI {
		t.Errorf("collection: %s", c.Bytes)
	}
	if got := c.Refs("first").Doc().Items().IDs(); !slices.Equal(got, want) || slices.Contains(got, hidden.URI) {
		t.Errorf("items %v, want %v", got, want)
	}
	replies := note.Replies().Doc
	if replies == nil || replies.Refs("first").Doc() == nil {
		t.Fatalf("replies without a first page: %s", note.Bytes)
	}
	page := document(t, replies.Refs("first").Doc().Refs("next").ID())
	if got := page.Items().IDs(); page.Type() != "CollectionPage" || !slices.Equal(got, want[1:]) {
		t.Errorf("replies: %s", page.Bytes)
	}
	// More than a page.
	err := n.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for i := range 150 {
			id := n.posts.IDs.New()
			row := post.Post{ID: id, URI: fmt.Sprintf("%s/notes/%d", s.base, i), AccountID: n.byURI(s.actor("hana")).ID, Kind: post.KindNote,
				Audience: post.Public, Listed: true, ReplyToID: root.ID, ReplyToURI: root.URI, ThreadID: root.ID, CreatedAt: 1}
			if err := db.Insert(ctx, tx, "post", row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for next := note.Context() + "?page=true"; next != ""; {
		page := document(t, next)
		for _, uri := range page.Items().IDs() {
			if seen[uri] {
				t.Fatalf("%s twice", uri)
			}
			seen[uri] = true
		}
		if page.ID() != next || as.Origin(next) != as.Origin(n.base) {
			t.Errorf("page %s calls itself %s", next, page.ID())
		}
		next = page.Refs("next").ID()
	}
	if len(seen) != len(want)+150 {
		t.Errorf("%d items", len(seen))
	}
	if status, _ := get(t, want[1]+"/context", nil); status != http.StatusNotFound {
		t.Errorf("the conversation of an answer: %d", status)
	}
	if status, _ := get(t, hidden.URI+"/context", nil); status != http.StatusNotFound {
		t.Errorf("the conversation of a hidden answer: %d", status)
	}
}
