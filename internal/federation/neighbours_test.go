package federation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// TestOR04Neighbours: of one server each acts for themselves. What belongs to
// somebody else there is as foreign to them as to anybody.
//
// Spec: OR4
func TestOR04Neighbours(t *testing.T) {
	ctx := t.Context()
	n := newNode(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID)
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	hana, mallory := p.Actor("hana"), p.Actor("mallory")
	send := func(by *peer.Actor, a as.Activity) {
		t.Helper()
		a.ID, a.Actor, a.To = p.NewID("activities"), by.ID, []string{as.Public}
		if got, err := by.Send(ctx, n.base+"/inbox", a); err != nil {
			t.Fatal(got, err)
		}
		settle(n)
	}
	note, create := hana.Note("<p>vrai</p>", func(x *as.Note) { x.Tags = []as.Tag{{Type: "Mention", Href: me.URI, Name: "@ana"}} })
	if _, err := hana.Send(ctx, n.base+"/inbox", create); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if _, _, err := hana.Follow(ctx, me.URI); err != nil {
		t.Fatal(err)
	}
	settle(n)
	mine := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "à moi", Audience: post.Public}))
	like := as.Activity{Type: "Like", ID: p.URL + "/like/1", Actor: hana.ID, Object: mine.URI, To: []string{me.URI}}
	boost := as.Activity{Type: "Announce", ID: p.URL + "/boost/1", Actor: hana.ID, Object: mine.URI, To: []string{as.Public}}
	for _, a := range []as.Activity{like, boost} {
		if _, err := hana.Send(ctx, n.base+"/inbox", a); err != nil {
			t.Fatal(err)
		}
	}
	settle(n)
	her := n.byURI(hana.ID)
	state := func() string {
		x, q := n.post(note.ID), n.post(mine.URI)
		follows, _ := n.follows1(her.ID, ana.AccountID)
		now := n.byURI(hana.ID)
		return x.Content + strings.Repeat("l", int(q.LikesCount)) + strings.Repeat("b", int(q.BoostsCount)) + now.DisplayName + now.MovedTo +
			map[bool]string{true: "f"}[follows] + map[bool]string{true: "D"}[x.DeletedAt+now.DeletedAt != 0]
	}
	before := state()
	if !strings.Contains(before, "vrai") || !strings.Contains(before, "lb") || !strings.HasSuffix(before, "f") {
		t.Fatalf("to begin with: %q", before)
	}
	edit := func(author string) as.Note {
		x := note
		x.Content, x.AttributedTo, x.Updated = "<p>faux</p>", author, time.Now().Add(time.Minute)
		return x
	}
	send(mallory, as.Activity{Type: "Like", Object: mine.URI}) // known, before the rest
	before = state()
	for name, a := range map[string]as.Activity{
		"an edit as its own":  {Type: "Update", Object: edit(mallory.ID)},
		"an edit as hers":     {Type: "Update", Object: edit(hana.ID)},
		"a Create once more":  {Type: "Create", Object: edit(mallory.ID)},
		"a deletion":          {Type: "Delete", Object: note.ID},
		"a tombstone":         {Type: "Delete", Object: as.Tombstone{ID: note.ID}},
		"her account deleted": {Type: "Delete", Object: hana.ID},
		"her like undone":     {Type: "Undo", Object: like},
		"her boost undone":    {Type: "Undo", Object: boost},
		"her follow undone":   {Type: "Undo", Object: as.Activity{Type: "Follow", ID: p.URL + "/f", Actor: hana.ID, Object: me.URI}},
		"her move":            {Type: "Move", Object: hana.ID, Target: mallory.ID},
	} {
		send(mallory, a)
		if after := state(); after != before {
			t.Errorf("%s by a neighbour: from %q to %q", name, before, after)
			before = after
		}
	}
	// Nor do they keep away what has not come yet.
	late, create := hana.Note("<p>tard</p>", func(x *as.Note) { x.Tags = []as.Tag{{Type: "Mention", Href: me.URI, Name: "@ana"}} })
	send(mallory, as.Activity{Type: "Delete", Object: late.ID})
	if _, err := hana.Send(ctx, n.base+"/inbox", create); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := n.post(late.ID); got.DeletedAt != 0 {
		t.Error("a neighbour deleted what was not here yet")
	}
}

// TestOR08FollowersDoNotWiden: a follower reads what is for followers, and likes
// it; to boost it is nothing.
//
// Spec: OR8; Spec: PV3
func TestOR08FollowersDoNotWiden(t *testing.T) {
	ctx := t.Context()
	n := newNode(t)
	ana := n.person("ana")
	me := n.account(ana.AccountID)
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	hana := p.Actor("hana")
	if _, _, err := hana.Follow(ctx, me.URI); err != nil {
		t.Fatal(err)
	}
	settle(n)
	closed := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "aux proches", Audience: post.Followers}))
	for _, kind := range []string{"Like", "Announce"} {
		a := as.Activity{Type: kind, ID: p.NewID("activities"), Actor: hana.ID, Object: closed.URI, To: []string{as.Public}}
		if _, err := hana.Send(ctx, n.base+"/inbox", a); err != nil {
			t.Fatal(err)
		}
	}
	settle(n)
	if now := n.post(closed.URI); now.LikesCount != 1 || now.BoostsCount != 0 {
		t.Errorf("%d likes and %d boosts", now.LikesCount, now.BoostsCount)
	}
	if got := n.count(`select count(*) from post where boost_of_id = $1`, closed.ID); got != 0 {
		t.Errorf("%d boosts of what is for followers", got)
	}

	// An answer that its server calls public is as closed as what it answers.
	answer, create := hana.Note("<p>moi aussi</p>", func(x *as.Note) {
		x.InReplyTo = closed.URI
		x.Tags = []as.Tag{{Type: "Mention", Href: me.URI, Name: "@ana"}}
	})
	if _, err := hana.Send(ctx, n.base+"/inbox", create); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if got := n.post(answer.ID); got.Audience != post.Followers || got.ReplyToID != closed.ID {
		t.Errorf("the answer is for %s, and answers %d", got.Audience, got.ReplyToID)
	}
}

// TestOR16SuspendedAccount: of somebody suspended by name nothing is taken, and
// they are told so at once; their neighbours are heard as before.
//
// Spec: OR16
func TestOR16SuspendedAccount(t *testing.T) {
	ctx := t.Context()
	n := newNode(t)
	me := n.account(n.person("ana").AccountID)
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	send := func(by *peer.Actor) (status, posts int) {
		t.Helper()
		note, create := by.Note("<p>bonjour</p>", func(x *as.Note) { x.Tags = []as.Tag{{Type: "Mention", Href: me.URI, Name: "@ana"}} })
		got, err := by.Send(ctx, n.base+"/inbox", create)
		if err != nil {
			t.Fatal(err)
		}
		settle(n)
		return got.Status, n.count(`select count(*) from post where uri = $1`, note.ID)
	}
	hana, mallory := p.Actor("hana"), p.Actor("mallory")
	for _, a := range []*peer.Actor{hana, mallory} {
		if status, posts := send(a); status != 202 || posts != 1 {
			t.Fatalf("%s at first: %d, %d posts", a.Name, status, posts)
		}
	}
	if err := n.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account set suspended_at = 1 where uri = $1`, mallory.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if status, posts := send(mallory); status != 403 || posts != 0 {
		t.Errorf("suspended: %d, %d posts", status, posts)
	}
	if status, posts := send(hana); status != 202 || posts != 1 {
		t.Errorf("her neighbour: %d, %d posts", status, posts)
	}
}
