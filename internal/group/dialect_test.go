package group_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// follower is somebody on a server of some software who follows a group.
func follower(t *testing.T, n *testkit.Node, software string, g *group.Group) (*peer.Peer, *peer.Actor) {
	t.Helper()
	p := peer.New(peer.Options{Software: software, AutoAccept: true})
	t.Cleanup(p.Close)
	learn(t, n, p, software)
	a := p.Actor("zoe")
	if _, answer, err := a.Follow(ctx, g.Account.URI); err != nil || answer.Status != http.StatusAccepted {
		t.Fatal(answer, err)
	}
	idle(t, n)
	return p, a
}

func idle(t *testing.T, n *testkit.Node) {
	t.Helper()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// learn has an instance know the software of a peer.
func learn(t *testing.T, n *testkit.Node, p *peer.Peer, software string) {
	t.Helper()
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return host.SaveSoftware(ctx, tx, host.Software{Host: p.Host, Name: software, CheckedAt: time.Now().UnixMilli()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// heard says what a server was sent, in short: "Announce{Create}".
func heard(p *peer.Peer) []string {
	var out []string
	for _, r := range p.Requests() {
		if r.Method != http.MethodPost || r.Doc == nil || r.Doc.Is("Accept") {
			continue
		}
		s := r.Doc.Type()
		if in := r.Doc.Object().Doc(); in != nil && (r.Doc.Is("Announce") || r.Doc.Is("Undo") || r.Doc.Is("Reject")) {
			s += "{" + in.Type() + "}"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// unnamed is a server that does not say what it is, and has groups of its own.
const unnamed = "unnamed"

// TestEachServerIsToldInItsOwnWords walks a thread through its life before the
// followers of servers of every family.
func TestEachServerIsToldInItsOwnWords(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open})
	microblog := []string{"Announce", "Delete", "Undo{Announce}", "Update"}
	threadiverse := []string{"Announce{Add}", "Announce{Create}", "Announce{Create}", "Announce{Delete}", "Announce{Lock}", "Announce{Update}"}
	want := map[string][]string{
		"mastodon": microblog, "gotosocial": microblog, "pixelfed": microblog, "": microblog, "mobilizon": microblog, "gancio": microblog,
		"lemmy": threadiverse, "piefed": threadiverse, "maillage": threadiverse, "mbin": threadiverse, "kbin": threadiverse,
		"discourse": threadiverse, "friendica": threadiverse, "wordpress": threadiverse, unnamed: threadiverse,
		"nodebb":     {"Announce{Add}", "Announce{Create}", "Announce{Create}", "Announce{Delete}", "Announce{Lock}", "Update"},
		"smithereen": {"Add", "Add", "Delete", "Update"},
	}
	peers := map[string]*peer.Peer{}
	for software := range want {
		peers[software], _ = follower(t, n, strings.TrimPrefix(software, unnamed), g)
	}
	if _, err := n.Engine.Resolve(ctx, peers[unnamed].ActorOf("Group", "commune", nil).ID); err != nil {
		t.Fatal(err)
	}
	p := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	answer := write(t, n, "ana", post.Draft{Text: "Ici", ReplyTo: p.ID})
	idle(t, n)
	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), p.ID, post.Draft{Title: "Pistes", Text: "Où et quand ?"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Like(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		n.Groups.Lock(ctx, n.Viewer("ana"), p.ID, true), n.Groups.Pin(ctx, n.Viewer("ana"), p.ID, true), n.Groups.Remove(ctx, n.Viewer("ana"), p.ID, "hors sujet"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	idle(t, n)
	for software, what := range want {
		if got := heard(peers[software]); !slices.Equal(got, what) {
			t.Errorf("%q hears %v, not %v", software, got, what)
		}
		for _, r := range peers[software].Requests() { // the group's own time of each of its acts, in microseconds
			if r.Doc == nil || r.Doc.Actor() != g.Account.URI || !r.Doc.Is("Announce", "Undo") {
				continue
			}
			if at, ok := r.Doc.Int("order"); !ok || max(at/1e3-r.Doc.Published().UnixMilli(), r.Doc.Published().UnixMilli()-at/1e3) > 1 || !bytes.Contains(r.Body, []byte(`"order":"maillage:order"`)) {
				t.Errorf("when the group said it: %s", r.Body)
			}
		}
		for _, s := range peer.Readers() {
			if s.Name != software || s.Document == nil {
				continue
			}
			for _, r := range peers[software].Requests() {
				if r.Method != http.MethodPost {
					continue
				}
				if err := s.Document(r.Body); err != nil {
					t.Errorf("%s: %v in %s", software, err, r.Body)
				}
			}
		}
	}
	for _, software := range []string{"mastodon", "gotosocial", ""} {
		if peers[software].Mentions(answer.URI) {
			t.Errorf("%q hears of an answer", software)
		}
	}
	lemmy, mastodon := peers["lemmy"].Actor("zoe"), peers["mastodon"].Actor("zoe")
	for _, x := range []struct {
		by     *peer.Actor
		uri    string
		status int
	}{{lemmy, answer.URI + "/activity", 200}, {mastodon, answer.URI + "/activity", 404}, {mastodon, answer.URI, 200}} {
		if got, err := x.by.Get(ctx, x.uri); err != nil || got.Status != x.status {
			t.Errorf("%s gets %v, %v", x.uri, got, err)
		}
	}
	if _, status := document(t, answer.URI+"/activity"); status != http.StatusNotFound {
		t.Errorf("a stranger gets the Create of an answer: %d", status)
	}
}

// TestPeopleOfOtherServersWriteAndModerate posts into a group by naming it, is
// refused with a reason, withdraws, and moderates from elsewhere.
func TestPeopleOfOtherServersWriteAndModerate(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open})
	lemmy, _ := follower(t, n, "lemmy", g)
	forum, nora := follower(t, n, "nodebb", g)
	p := peer.New(peer.Options{Software: "mastodon", AutoAccept: true})
	t.Cleanup(p.Close)
	bob := p.Actor("bob")
	named := func(to []string, mention bool) (as.Note, as.Activity) {
		return bob.Note("<p>Et les arceaux ?</p>", func(x *as.Note) {
			if mention {
				x.Tags = []as.Tag{{Type: "Mention", Href: g.Account.URI, Name: n.Handle("velo")}}
			}
			x.To, x.Cc = to, []string{g.Account.URI}
		})
	}
	send := func(a any) {
		t.Helper()
		if answer, err := bob.Send(ctx, g.Account.Inbox, a); err != nil || answer.Status != http.StatusAccepted {
			t.Fatal(answer, err)
		}
		idle(t, n)
	}
	count := func() int {
		list, err := n.Groups.Threads(ctx, n.Viewer("ana"), g, 0, page.Range{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	_, refused := named([]string{as.Public}, true)
	send(refused)
	send(refused)
	if got := heard(p); count() != 0 || !slices.Equal(got, []string{"Create", "Reject{Create}"}) || !p.Mentions("participez") {
		t.Fatalf("%d threads; told %v", count(), got)
	}
	if _, _, err := bob.Follow(ctx, g.Account.URI); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	_, narrow := named([]string{bob.ID + "/followers"}, true)
	send(narrow)
	if count() != 0 {
		t.Fatal("what is for followers became a thread")
	}
	_, unnamed := named([]string{as.Public}, false) // as Lemmy does
	send(unnamed)
	note, mine := named([]string{as.Public}, true)
	send(mine)
	if count() != 2 {
		t.Fatalf("%d threads of a member", count())
	}
	edited := note
	edited.Tags, edited.Cc, edited.Content, edited.Updated = nil, nil, "<p>Rien</p>", time.Now().Add(time.Minute)
	send(as.Activity{Type: "Update", ID: note.ID + "#update", Actor: bob.ID, Object: edited, To: []string{as.Public}})
	if count() != 1 || !slices.Contains(heard(p), "Undo{Announce}") {
		t.Errorf("what names the group no longer stays: %d, %v", count(), heard(p))
	}
	target := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	remove := as.Activity{Type: "Delete", ID: bob.ID + "#remove", Actor: bob.ID, Object: target.URI, Summary: "hors sujet", To: []string{as.Public}, Cc: []string{g.Account.URI}}
	if _, err := bob.Send(ctx, g.Account.Inbox, remove); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if count() != 2 {
		t.Fatal("who moderates nothing removes")
	}
	who, err := n.Engine.Resolve(ctx, bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.SetRole(ctx, n.Viewer("ana"), g.AccountID, who.ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	remove.ID += "2"
	send(remove)
	if count() != 1 {
		t.Error("a moderator of another server removes nothing")
	}
	if _, err := n.Posts.Get(ctx, n.Viewer("ana"), target.ID); err != nil {
		t.Errorf("a post that a group removed is no longer its author's: %v", err)
	}
	body, err := remove.Build()
	if err != nil {
		t.Fatal(err)
	}
	inner := bytes.TrimSpace(body)
	// NodeBB does not hear who is neither of its nor of the group's server: it is
	// given the post's address, and the group's own word for what is removed.
	times := func(what string) (n int) {
		for _, s := range heard(forum) {
			if s == what {
				n++
			}
		}
		return n
	}
	deleted := times("Announce{Delete}")
	if times("Announce") != 2 || times("Announce{Create}") != 1 || deleted == 0 || times("Announce{Update}")+times("Undo{Announce}") != 0 || forum.Mentions(remove.ID) {
		t.Errorf("a forum hears %v", heard(forum))
	}
	fil, hers := nora.Note("<p>Un fil du forum</p>", func(x *as.Note) { x.To, x.Cc = []string{as.Public, g.Account.URI}, nil })
	if _, err := nora.Send(ctx, g.Account.Inbox, hers); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	its, err := post.RawByURI(ctx, n.DB.Read(), fil.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Remove(ctx, n.Viewer("ana"), its.ID, "hors sujet"); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	if times("Announce{Delete}") != deleted || !slices.Contains(heard(lemmy), "Announce{Delete}") {
		t.Errorf("a forum hears of its own post: %v", heard(forum))
	}
	if !slices.ContainsFunc(lemmy.Requests(), func(r peer.Request) bool {
		return bytes.Contains(r.Body, inner) && strings.Contains(string(r.Body), `"Announce"`)
	}) {
		t.Error("what the moderator sent is not passed on as it is")
	}
}

// TestRepliesAndNarrowPosts: an answer that names the group no longer finds its
// thread, and what is not public is never announced, whomever it names.
func TestRepliesAndNarrowPosts(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	lemmy, _ := follower(t, n, "lemmy", g)
	mastodon, bob := follower(t, n, "mastodon", g)
	first := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	idle(t, n)
	_, create := bob.Note("<p>Rue Thiers</p>", func(x *as.Note) { x.InReplyTo = first.URI })
	send(t, n, bob, n.URL+"/inbox", create)
	told, err := n.Groups.Read(ctx, n.Viewer("ana"), threadAt(t, n, g.Account.URI, "Pistes"), group.Which{Page: 1})
	if err != nil || told.Total != 2 {
		t.Errorf("%d messages, %v", told.Total, err)
	}
	if !lemmy.Mentions("Rue Thiers") || mastodon.Mentions("Rue Thiers") {
		t.Error("an answer is told as a thread, or not at all")
	}
	for _, to := range [][]string{{g.Account.URI}, {bob.ID + "/followers", g.Account.URI}} {
		_, create := bob.Note("<p>Entre nous</p>", func(x *as.Note) {
			x.To, x.Cc = to, nil
			x.Tags = []as.Tag{{Type: "Mention", Href: g.Account.URI, Name: n.Handle("velo")}}
		})
		send(t, n, bob, g.Account.Inbox, create)
		_, create = bob.Note("<p>Entre nous</p>", func(x *as.Note) { x.To, x.Cc, x.InReplyTo = to, nil, first.URI })
		send(t, n, bob, g.Account.Inbox, create)
	}
	if lemmy.Mentions("Entre nous") || mastodon.Mentions("Entre nous") {
		t.Error("what was for some is announced")
	}
	if told, err = n.Groups.Read(ctx, n.Viewer("ana"), threadAt(t, n, g.Account.URI, "Pistes"), group.Which{Page: 1}); err != nil || told.Total != 2 {
		t.Errorf("%d messages, %v", told.Total, err)
	}
}

// TestForumsTakeBackIn: NodeBB (4.15) takes back in what a group deleted there by an
// Update of the author's, signed by them, as it stands now; of an Undo it knows nothing.
func TestForumsTakeBackIn(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	forum, _ := follower(t, n, "nodebb", g)
	first := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	answer := write(t, n, "bob", post.Draft{Text: "Ici", ReplyTo: first.ID})
	idle(t, n)
	for _, p := range []*post.Post{first, answer} {
		if err := n.Groups.Remove(ctx, n.Viewer("ana"), p.ID, "doublon"); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		before := len(forum.Requests())
		if err := n.Groups.Restore(ctx, n.Viewer("ana"), p.ID); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		heard := slices.DeleteFunc(forum.Requests()[before:], func(r peer.Request) bool { return !peer.Posted("Update")(r) })
		if len(heard) != 1 {
			t.Fatalf("%q: %d updates", p.Content, len(heard))
		}
		r := heard[0]
		if d := r.Doc.Object().Doc(); d == nil || d.ID() != p.URI || d.AttributedTo() != r.Doc.Actor() || !strings.Contains(d.Content(), p.Content) || !strings.HasPrefix(r.KeyID, r.Doc.Actor()) || r.Fault != nil {
			t.Errorf("%q: signed by %s (%v): %s", p.Content, r.KeyID, r.Fault, r.Body)
		}
		if err := peer.NodeBBReads(r.Body); err != nil {
			t.Error(err)
		}
	}
}
