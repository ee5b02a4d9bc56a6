package organe_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhatABodyIsTold: who acts in the name of a body reads what people write to
// it, from here and elsewhere, privately too; nobody else does, by this page or by
// that of the message, nor whoever acts there no more.
func TestWhatABodyIsTold(t *testing.T) {
	n := testkit.New(t)
	ana := admin(t, n, "ana")
	o := create(t, n, ana, "bureau", "Bureau", "bob", "cleo")
	create(t, n, ana, "conseil", "Conseil", "dan")
	n.Person("eva", true)
	far := peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	mia := far.Actor("mia")
	note, sent := mia.Note(`<p>Rien que pour vous</p>`, func(x *as.Note) {
		x.To, x.Cc = []string{o.Account.URI}, nil
		x.Tags = []as.Tag{{Type: "Mention", Href: o.Account.URI, Name: "@bureau@" + n.Host}}
	})
	if answer, err := mia.Send(ctx, o.Account.Inbox, sent); err != nil || answer.Status != http.StatusAccepted {
		t.Fatal(answer, err)
	}
	if _, err := n.Posts.Create(ctx, n.Viewer("eva"), post.Draft{Text: "@bureau Une question ouverte", Audience: post.Public}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Create(ctx, n.Viewer("eva"), post.Draft{Text: "@bureau Entre nous", Audience: post.Section}); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	at := "/organes/" + ids.String(o.AccountID) + "/messages"
	bob := n.SignIn("bob").Open("/@bureau").Click("Messages reçus")
	if bob.URL.Path != at || !bob.Has("Rien que pour vous") || !bob.Has("privé") || !bob.Has("Une question ouverte") || !bob.Has("Entre nous") || strings.Count(bob.Body, "Voir et répondre") != 2 {
		t.Errorf("%s: %s", bob.URL, bob.Text())
	}
	// They are notified that something waits, once, and not of what.
	for _, who := range []string{"bob", "cleo"} {
		b := n.SignIn(who).Open("/notifications")
		if strings.Count(b.Text(), "un message attend") != 1 || !b.Has("Bureau") || b.Has("Rien que") || !strings.Contains(b.Body, `href="`+at+`"`) {
			t.Errorf("%s is notified: %s", who, b.Text())
		}
	}
	if b := n.SignIn("dan").Open("/notifications"); b.Has("un message attend") {
		t.Error("who acts for another body is notified")
	}
	private, err := post.RawByURI(ctx, n.DB.Read(), note.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Get(ctx, n.Viewer("bob"), private.ID); err == nil {
		t.Error("bob reads as himself what is for the body")
	}
	if cleo := n.SignIn("cleo").Open(at); !cleo.Has("Rien que pour vous") {
		t.Error("cleo does not see it")
	}
	for _, who := range []string{"ana", "dan", "eva"} {
		b := n.SignIn(who)
		if b.Open("/@bureau"); b.Has("Messages reçus") || b.Has("Rien que pour vous") {
			t.Errorf("the page of the body shows %s: %s", who, b.Text())
		}
		if b.Open(at); b.Status != http.StatusNotFound || b.Has("Rien que") {
			t.Errorf("%s: %d %s", who, b.Status, b.Text())
		}
	}
	if b := n.NewBrowser().Open(at); b.Has("Rien que") {
		t.Error("a stranger reads it")
	}
	if err := n.Organes.Dismiss(ctx, ana, o.AccountID, n.Person("bob", false).ID); err != nil {
		t.Fatal(err)
	}
	if bob.Open(at); bob.Status != http.StatusNotFound {
		t.Errorf("dismissed, bob: %d", bob.Status)
	}
}
