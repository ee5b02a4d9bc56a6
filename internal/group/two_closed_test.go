package group_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestTwoClosedGroupsInOnePost: whoever names two closed groups that they belong to is told that a post goes
// into one, in an app and on the page, and nothing is lost; with an open group or one that they do not belong
// to it goes to the closed one. From another server it is in neither.
//
// Spec: P1, P2
func TestTwoClosedGroupsInOnePost(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			c := testkit.Cluster{testkit.NewOn(t, e), testkit.New(t)}
			affiliate(t, c)
			n, far := c[0], c[1]
			n.Person("ana", true)
			open := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
			one := create(t, n, "ana", "premier", group.Rules{Access: group.Movement})
			two := create(t, n, "ana", "second", group.Rules{Access: group.Movement})
			create(t, n, "ana", "ailleurs", group.Rules{Access: group.Section, Secret: true, Joining: group.Invite})
			for _, who := range []string{"bob", "eve"} {
				n.Person(who, true)
			}
			far.Person("fanny", true)
			c.Settle()
			for _, name := range []string{"premier", "second"} {
				join(t, n, "bob", "@"+name+"@"+n.Host)
				join(t, far, "fanny", n.Handle(name))
			}
			if err := n.Groups.Join(ctx, n.Viewer("eve"), two.AccountID); err != nil {
				t.Fatal(err)
			}
			c.Settle()
			app := n.Client("bob")
			var e struct{ Error string }
			for _, visibility := range []string{"public", "private"} {
				app.Post("/api/v1/statuses", map[string]any{"status": "@second @velo @premier Motdeux", "visibility": visibility}, &e)
				if app.Status != 422 || !strings.Contains(e.Error, "Second") || !strings.Contains(e.Error, "Premier") {
					t.Errorf("%s: %d %q", visibility, app.Status, e.Error)
				}
			}
			b := n.SignIn("bob").Open("/ecrire").Submit("/publier", map[string]string{"text": "@premier @second Motdeux", "audience": "section"})
			if b.Status != 422 || !b.Has("un message va dans un seul groupe") || !b.Has("@premier @second Motdeux") {
				t.Errorf("on the page: %d %s", b.Status, b.Text())
			}
			for text, want := range map[string]int64{"@velo @premier Motun": one.AccountID, "@ailleurs @premier @premier Motun": one.AccountID, "@premier @ailleurs Motun": one.AccountID} {
				p := write(t, n, "bob", post.Draft{Text: text, Audience: post.Public})
				if p.Audience != post.Group || p.ScopeID != want || reads(t, n, "eve", p.URI) {
					t.Errorf("%s: for %s %d", text, p.Audience, p.ScopeID)
				}
			}
			// By hand, from another server.
			a := found(far, "fanny", "")
			for words, to := range map[string][]string{"Motloin": {one.Account.URI, two.Account.URI}, "Motproche": {two.Account.URI}} {
				note := as.Note{ID: far.URL + "/objects/" + strings.ToLower(words), AttributedTo: a.URI, Content: "<p>" + words + "</p>", To: to, Published: time.Now()}
				body, err := note.Build()
				if err != nil {
					t.Fatal(err)
				}
				enqueue(t, far, a.ID, n.URL+"/inbox", as.Activity{Type: "Create", ID: note.ID + "/activity", Actor: a.URI, Object: raw(body), To: note.To, Published: note.Published})
				c.Settle()
				for _, who := range []string{"ana", "bob", "eve"} {
					if got, want := reads(t, n, who, note.ID), words == "Motproche"; got != want {
						t.Errorf("%s reads %s: %v", who, words, got)
					}
				}
			}
			if list := threadsOf(t, n, "ana", open); len(list) != 0 {
				t.Errorf("%d threads in the open group", len(list))
			}
		})
	}
}
