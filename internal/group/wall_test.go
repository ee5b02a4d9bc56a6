package group_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWalls: on Smithereen a group's posts stand on its wall, answers among them,
// and it alone puts them there and takes them down.
//
// Spec: FEP-400e
func TestWalls(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	wall := g.Account.URI + "/wall"
	members, _ := follower(t, n, "smithereen", g)
	if err := n.Groups.Join(ctx, n.Viewer("bea"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	word := func(p *peer.Peer, kind, uri string) int {
		return len(p.Received(func(r peer.Request) bool {
			return r.Method == http.MethodPost && r.Doc != nil && r.Doc.Is(kind) && r.Doc.Object().ID() == uri && r.Doc.Actor() == g.Account.URI &&
				(kind == "Delete" || r.Doc.Target().ID() == wall)
		}))
	}
	hears := func(when string, p *peer.Peer, uri string, added, deleted int) {
		t.Helper()
		idle(t, n)
		if a, d := word(p, "Add", uri), word(p, "Delete", uri); a != added || d != deleted {
			t.Errorf("%s: %d Add and %d Delete, not %d and %d", when, a, d, added, deleted)
		}
	}
	top := write(t, n, "ana", post.Draft{Title: "Pistes", Text: "Où ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	answer := write(t, n, "bea", post.Draft{Text: "Ici", ReplyTo: top.ID})
	hears("a thread", members, top.URI, 1, 0)
	hears("an answer", members, answer.URI, 1, 0)
	for _, p := range []*post.Post{top, answer} {
		d, _ := document(t, p.URI)
		on, _ := d["target"].(map[string]any)
		if on["id"] != wall || on["attributedTo"] != g.Account.URI || on["type"] != "OrderedCollection" {
			t.Errorf("the wall of %s: %v", p.URI, d["target"])
		}
	}
	if err := n.Groups.Remove(ctx, n.Viewer("ana"), answer.ID, "hors sujet"); err != nil {
		t.Fatal(err)
	}
	hears("an answer removed", members, answer.URI, 1, 1)
	if err := n.Groups.Restore(ctx, n.Viewer("ana"), answer.ID); err != nil {
		t.Fatal(err)
	}
	hears("and restored", members, answer.URI, 2, 1)
	if _, err := n.Posts.Delete(ctx, n.Viewer("bea"), answer.ID); err != nil {
		t.Fatal(err)
	}
	hears("deleted by its author", members, answer.URI, 2, 2)
	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), top.ID, post.Draft{Title: "Pistes", Text: "Où et quand ?"}); err != nil {
		t.Fatal(err)
	}
	hears("an edit", members, top.URI, 1, 0)
	if got := members.Received(func(r peer.Request) bool { return r.Doc != nil && r.Doc.Is("Create") }); len(got) != 0 {
		t.Errorf("a Create of what is on the wall of another server, which is refused: %s", got[0].Body)
	}

	// Who writes from there without following is told that it is on the wall.
	other := peer.New(peer.Options{Software: "smithereen"})
	t.Cleanup(other.Close)
	learn(t, n, other, "smithereen")
	zoe := other.Actor("zoe")
	onto := func(x *as.Note) {
		x.To, x.Cc = []string{as.Public}, []string{g.Account.URI}
		x.Extra = map[string]any{"target": map[string]any{"type": "OrderedCollection", "id": wall, "attributedTo": g.Account.URI}}
	}
	note, sent := zoe.Note("<p>Des arceaux</p>", onto)
	if _, err := zoe.Send(ctx, g.Account.Inbox, sent); err != nil {
		t.Fatal(err)
	}
	hears("a post from a wall, at the members'", members, note.ID, 1, 0)
	hears("at its author's", other, note.ID, 1, 0)
	stray, _ := zoe.Note("<p>Ailleurs</p>", nil)
	hears("a post of nobody's wall", members, stray.ID, 0, 0)
}

// TestWallsOfOthers: who writes in a group of a Smithereen server says on which wall.
//
// Spec: FEP-400e
func TestWallsOfOthers(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{Software: "smithereen", AutoAccept: true})
	t.Cleanup(p.Close)
	learn(t, n, p, "smithereen")
	there := p.ActorOf("Group", "jardin", func(a *as.Actor) {
		a.Extra = map[string]any{"wall": p.URL + "/users/jardin/wall"}
	})
	who, err := n.Engine.Resolve(ctx, there.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Join(ctx, n.Viewer("ana"), who.ID); err != nil {
		t.Fatal(err)
	}
	taken(t, n)
	write(t, n, "ana", post.Draft{Title: "Semis", Text: "Quand ?", Audience: post.Public, Parts: group.Into(who.ID)})
	idle(t, n)
	creates := p.Received(func(r peer.Request) bool { return r.Doc != nil && r.Doc.Is("Create") })
	if len(creates) != 1 {
		t.Fatalf("%d Creates", len(creates))
	}
	on := creates[0].Doc.Object().Doc().Target().Doc()
	if on == nil || on.ID() != p.URL+"/users/jardin/wall" || on.AttributedTo() != there.ID || !strings.HasSuffix(on.Type(), "Collection") {
		t.Errorf("on which wall: %s", creates[0].Body)
	}

	// What its group puts on the wall is a thread here; what another does is not.
	other := peer.New(peer.Options{Software: "smithereen"})
	t.Cleanup(other.Close)
	wall := p.URL + "/users/jardin/wall"
	said := func(content string, by *peer.Actor, owner string) as.Note {
		t.Helper()
		note, _ := other.Actor("zoe").Note("<p>"+content+"</p>", func(x *as.Note) {
			x.Extra = map[string]any{"target": map[string]any{"type": "Collection", "id": wall, "attributedTo": owner}}
		})
		send(t, n, by, n.URL+"/inbox", as.Activity{Type: "Add", ID: by.ID + "#add-" + note.ID, Actor: by.ID, Object: note.ID, Target: wall, To: []string{as.Public}})
		idle(t, n)
		return note
	}
	tomatoes := said("Les tomates", there, there.ID)
	said("De la réclame", other.Actor("zoe"), there.ID)
	said("Des courges", there, other.Actor("zoe").ID)
	ana := n.SignIn("ana").Open("/groupes/jardin@" + p.Host)
	if !ana.Has("Les tomates") || ana.Has("De la réclame") || ana.Has("Des courges") {
		t.Errorf("the wall of the group: %s", ana.Text())
	}
	if odd, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from group_post where group_id <> $1`, who.ID); err != nil || odd != 0 {
		t.Errorf("a person's wall became a group: %d %v", odd, err)
	}
	if home := n.SignIn("ana").Open("/").Click("Fediverse"); !home.Has("Les tomates") {
		t.Errorf("at home: %s", home.Text())
	}
	send(t, n, there, n.URL+"/inbox", as.Activity{Type: "Delete", ID: there.ID + "#delete-1", Actor: there.ID, Object: tomatoes.ID, To: []string{as.Public}})
	idle(t, n)
	if ana.Open("/groupes/jardin@" + p.Host); ana.Has("Les tomates") {
		t.Errorf("what the group took down: %s", ana.Text())
	}
}
