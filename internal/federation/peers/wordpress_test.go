package peers_test

import (
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWordPressNamesByThePage: the plugin (4.0.0) keeps of who commented the
// address of their page, and names them by it in its answer, in cc and tag.
func TestWordPressNamesByThePage(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bea", false)
	p := peer.New(peer.Options{Software: "wordpress", AutoAccept: true})
	t.Cleanup(p.Close)
	wanda := p.Actor("wanda")
	mine := write(n, "ana", post.Draft{Text: "Bravo pour l'article", Audience: post.Public})
	settle(n)
	name := func(user string) {
		t.Helper()
		href := n.URL + "/@" + user
		_, create := wanda.Note("<p>Merci !</p>", func(x *as.Note) {
			x.InReplyTo, x.To, x.Cc = mine.URI, []string{as.Public, wanda.ID + "/followers"}, []string{href}
			x.Tags = []as.Tag{{Type: "Mention", Href: href, Name: "@" + user + "@" + n.Host}}
		})
		if _, err := wanda.Send(ctx, n.URL+"/inbox", create); err != nil {
			t.Fatal(err)
		}
		settle(n)
	}
	name("ana")
	if !has(notices(n, "ana"), notify.Mention) {
		t.Error("who commented is not told of the answer")
	}
	// Somebody whom outsiders may not reach is not named by their page either.
	name("bea")
	if has(notices(n, "bea"), notify.Mention) {
		t.Error("who is not to be reached is told")
	}
}
