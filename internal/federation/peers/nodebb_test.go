package peers_test

import (
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestNodeBBAddressesWhomItAnswers: NodeBB (4.15) puts the author of what is
// answered into to, and names nobody.
func TestNodeBBAddressesWhomItAnswers(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p := peer.New(peer.Options{Software: "nodebb", AutoAccept: true})
	t.Cleanup(p.Close)
	nora := p.Actor("nora")
	mine := write(n, "ana", post.Draft{Text: "Où poser des arceaux ?", Audience: post.Public})
	settle(n)
	answer := func(to ...string) as.Note {
		note, create := nora.Note("<p>Devant la gare</p>", func(x *as.Note) {
			x.InReplyTo, x.To, x.Cc = mine.URI, append([]string{as.Public}, to...), []string{nora.ID + "/followers"}
			x.Source, x.Context = "Devant la gare", p.URL+"/topic/1"
		})
		if _, err := nora.Send(ctx, n.URL+"/inbox", create); err != nil {
			t.Fatal(err)
		}
		settle(n)
		return note
	}
	answer()
	if has(notices(n, "ana"), notify.Mention) {
		t.Error("an answer that is not addressed to her notifies her")
	}
	note := answer(ana.URI)
	if got := notices(n, "ana"); !has(got, notify.Mention) {
		t.Errorf("she is told of %v", got)
	}
	// An edit leaves her the one it is for.
	note.Content, note.Updated = "<p>Devant la gare, côté parc</p>", time.Now().Add(time.Minute)
	if _, err := nora.Send(ctx, n.URL+"/inbox", as.Activity{Type: "Update", ID: note.ID + "#update", Actor: nora.ID, Object: note, To: note.To}); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := at(n, note.ID); got == nil || got.Content != "<p>Devant la gare, côté parc</p>" {
		t.Fatalf("%+v", got)
	}
	if got := count(n, `select count(*) from post_mention`); got != 1 {
		t.Errorf("%d mentions after the edit", got)
	}
}
