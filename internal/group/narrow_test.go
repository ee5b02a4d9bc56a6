package group_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestNarrowPostsNameNoGroup: a post for some that names a group for all is
// refused with a sentence, in an app and on the page, wherever the group is; an
// answer and what names a group that one may not know of pass.
func TestNarrowPostsNameNoGroup(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	n, other := c[0], c[1]
	n.Person("ana", true)
	other.Person("bob", true)
	create(t, n, "ana", "velo", group.Rules{Access: group.Open})
	create(t, n, "ana", "ombre", group.Rules{Access: group.Section, Secret: true})
	far := create(t, other, "bob", "marche", group.Rules{Access: group.Open})
	join(t, n, "bea", other.Handle("marche"))
	c.Settle()
	bea := n.Client("bea")
	posts := func() int {
		t.Helper()
		var all []struct{}
		bea.Get("/api/v1/accounts/"+idOf(n, "bea")+"/statuses", &all)
		return len(all)
	}
	said := func(handle, visibility string) (string, int) {
		t.Helper()
		var e struct{ Error string }
		bea.Post("/api/v1/statuses", map[string]any{"status": handle + " Qui vient samedi ?", "visibility": visibility}, &e)
		return e.Error, bea.Status
	}
	for _, handle := range []string{"@velo", other.Handle("marche")} {
		for _, visibility := range []string{"private", "direct"} {
			if words, status := said(handle, visibility); status != http.StatusUnprocessableEntity || !strings.Contains(words, "pour tout le monde") {
				t.Errorf("%s to %s: %d %q", visibility, handle, status, words)
			}
		}
	}
	if posts() != 0 {
		t.Errorf("%d refused posts are there", posts())
	}
	b := n.SignIn("bea").Open("/ecrire").Submit("/publier", map[string]string{"text": "@velo Qui vient samedi ?", "audience": "section"})
	if b.Status != http.StatusUnprocessableEntity || !b.Has("Le groupe Velo ne prend que les messages pour tout le monde") || !b.Has("@velo Qui vient samedi ?") {
		t.Errorf("on the page: %d %s", b.Status, b.Text())
	}
	if _, status := said("@ombre", "private"); status != http.StatusOK {
		t.Errorf("naming a secret group, as naming nobody: %d", status)
	}
	if words, status := said("@velo", "public"); status != http.StatusForbidden {
		t.Errorf("public, of who takes no part: %d %q", status, words) // as before
	}
	if words, status := said(other.Handle("marche"), "unlisted"); status != http.StatusOK {
		t.Errorf("unlisted: %d %q", status, words)
	}
	c.Settle()
	if list := threadsOf(t, other, "bob", far); len(list) != 1 {
		t.Errorf("%d threads there", len(list))
	}
	top := write(t, n, "ana", post.Draft{Text: "@velo Samedi ?", Audience: post.Public})
	if p := write(t, n, "ana", post.Draft{Text: "@velo Entre nous", Audience: post.Section, ReplyTo: top.ID}); p.Audience != post.Section {
		t.Errorf("an answer for the section: %s", p.Audience)
	}
}

// TestWhoWritesNarrowlyFromElsewhereIsTold: a direct message tells somebody on
// another server that a group for all reads no post for some, once a day; a
// closed group says nothing.
func TestWhoWritesNarrowlyFromElsewhereIsTold(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	open := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	closed := create(t, n, "ana", "bureau", group.Rules{Access: group.Section})
	p := peer.New(peer.Options{Software: "mastodon", AutoAccept: true})
	t.Cleanup(p.Close)
	bob := p.Actor("bob")
	send := func(g *group.Group, to ...string) {
		t.Helper()
		_, a := bob.Note("<p>Qui vient ?</p>", func(x *as.Note) {
			x.Tags = []as.Tag{{Type: "Mention", Href: g.Account.URI, Name: "@" + g.Account.Username}}
			x.To, x.Cc = to, []string{g.Account.URI}
		})
		if _, err := bob.Send(ctx, n.Person("ana", true).Inbox, a); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
	}
	if send(closed, closed.Account.URI); len(heard(p)) != 0 {
		t.Errorf("a closed group says %v", heard(p))
	}
	send(open, open.Account.URI)
	if got := heard(p); len(got) != 1 || got[0] != "Create" || !p.Mentions("personne n’y lira") && !p.Mentions("personne n'y lira") {
		t.Fatalf("told %v", got)
	}
	if send(open, bob.ID+"/followers"); len(heard(p)) != 1 {
		t.Errorf("told again: %v", heard(p))
	}
	if list := threadsOf(t, n, "ana", open); len(list) != 0 {
		t.Errorf("%d threads of posts for some", len(list))
	}
}

func threadsOf(t *testing.T, n *testkit.Node, who string, g *group.Group) []group.Listed {
	t.Helper()
	list, err := n.Groups.Threads(ctx, n.Viewer(who), g, 0, page.Range{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestTheNarrowestGroupCounts: a post of another server that names an open group of ours and
// a closed one that its author belongs to is not brought to everybody, whichever group is older;
// a closed one of which they are no member is as if not named.
func TestTheNarrowestGroupCounts(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	affiliate(t, c)
	n, other := c[0], c[1]
	n.Person("ana", true)
	open := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	closed := create(t, n, "ana", "bureau", group.Rules{Access: group.Movement, Joining: group.Free})
	other.Person("bob", true)
	other.Person("eve", true)
	c.Settle()
	name := func(who, words string) {
		t.Helper()
		a := found(other, who, "")
		note := as.Note{ID: other.URL + "/objects/" + words, AttributedTo: a.URI, Content: "<p>" + words + "</p>", To: []string{as.Public}, Cc: []string{closed.Account.URI, open.Account.URI},
			Published: time.Now()}
		body, err := note.Build()
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, other, a.ID, n.URL+"/inbox", as.Activity{Type: "Create", ID: note.ID + "/activity", Actor: a.URI, Object: raw(body), To: note.To, Cc: note.Cc, Published: note.Published})
		c.Settle()
	}
	join(t, other, "bob", n.Handle("bureau"))
	c.Settle()
	name("eve", "personne")
	if got := len(threadsOf(t, n, "ana", open)); got != 1 {
		t.Errorf("a closed group that the author is not in keeps a post from the open one: %d", got)
	}
	name("bob", "membre")
	if got := len(threadsOf(t, n, "ana", open)); got != 1 {
		t.Errorf("an open group brings to everybody what names a closed one: %d", got)
	}
}
