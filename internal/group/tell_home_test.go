package group_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestAnAnswerThatDropsTheGroup: somebody of GoToSocial answers a member of another
// server than the group's, and names nobody else. Their server tells that member's
// alone, without a proof; the answer, its edit and its end are in the thread everywhere.
func TestAnAnswerThatDropsTheGroup(t *testing.T) {
	c := testkit.NewCluster(t, 2)
	home, there := c[0], c[1]
	home.Person("ana", true)
	g := create(t, home, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	join(t, there, "bob", home.Handle("velo"))
	c.Settle()
	thread := write(t, home, "ana", post.Draft{Title: "Les arceaux", Text: "Où en mettre ?", Audience: post.Public, Parts: group.Into(g.AccountID)})
	c.Settle()
	comment := write(t, there, "bob", post.Draft{Text: "Devant la gare.", ReplyTo: threadAt(t, there, g.Account.URI, "Les arceaux").PostID})
	c.Settle()

	p := peer.New(peer.Options{Software: "gotosocial"})
	t.Cleanup(p.Close)
	gina := p.Actor("gina")
	bob, err := account.ByHandle(ctx, there.DB.Read(), "bob", "")
	if err != nil {
		t.Fatal(err)
	}
	send := func(a as.Activity) {
		t.Helper()
		if got, err := gina.Send(ctx, bob.Inbox, a); err != nil || got.Status != http.StatusAccepted {
			t.Fatal(got, err)
		}
		c.Settle()
	}
	note, said := gina.Note("<p>La gare est loin</p>", func(x *as.Note) {
		x.InReplyTo, x.Cc = comment.URI, append(x.Cc, bob.URI)
		x.Tags = []as.Tag{{Type: "Mention", Href: bob.URI, Name: "@bob@" + there.Host}}
	})
	readers := map[string]*testkit.Browser{"home": home.SignIn("ana"), "there": there.SignIn("bob")}
	pages := map[string]string{"home": "/groupes/velo/" + idString(thread.ID), "there": "/groupes/velo@" + home.Host + "/" + idString(comment.ThreadID)}
	check := func(what, words string, yes bool) {
		t.Helper()
		for at, b := range readers {
			if b.Open(pages[at]); b.Has(words) != yes {
				t.Errorf("%s, %s: %q is %v, in %s", what, at, words, !yes, b.Text())
			}
		}
	}
	send(said)
	check("an answer", "La gare est loin", true)

	edited := note
	edited.Content, edited.Updated = "<p>La gare est à côté</p>", time.Now().Add(time.Minute)
	body, err := edited.Build()
	if err != nil {
		t.Fatal(err)
	}
	p.Serve(note.ID, body)
	send(as.Activity{Type: "Update", ID: note.ID + "#update", Actor: gina.ID, Object: body, To: note.To, Cc: note.Cc})
	check("its edit", "La gare est à côté", true)

	p.Gone(note.ID)
	send(as.Activity{Type: "Delete", ID: note.ID + "#delete", Actor: gina.ID, Object: note.ID, To: note.To, Cc: note.Cc})
	check("its end", "La gare est", false)
}
