package federation_test

import (
	"context"
	"maps"
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
	// Nor do they answer what was asked of somebody else, or take back what somebody else allowed.
	ivo := p.Actor("ivo")
	if _, err := n.engine.Resolve(ctx, ivo.ID); err != nil {
		t.Fatal(err)
	}
	if err := n.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into follow (id, account_id, target_id, uri, accepted, boosts, created_at) values (77, $1, $2, $3, $4, $5, 1)`,
			ana.AccountID, n.byURI(ivo.ID).ID, n.base+"/activities/asked", false, true)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	asked := as.Activity{Type: "Follow", ID: n.base + "/activities/asked", Actor: me.URI, Object: ivo.ID}
	for _, verb := range []string{"Accept", "Reject"} {
		for _, object := range []any{asked, asked.ID} {
			send(mallory, as.Activity{Type: verb, Object: object})
			if yes, waits := n.follows1(ana.AccountID, n.byURI(ivo.ID).ID); yes || !waits {
				t.Errorf("%s by a neighbour was taken: %v %v", verb, yes, waits)
			}
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

// TestPV04Inboxes: what is for one person goes to their own inbox, what is for more to
// that of their server, and nothing to anybody else; so do edits and deletions.
//
// Spec: PV4
func TestPV04Inboxes(t *testing.T) {
	ctx := t.Context()
	n := newNode(t)
	ana := n.person("ana")
	p, q := peer.New(peer.Options{AutoAccept: true}), peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	t.Cleanup(q.Close)
	hana, spy := p.Actor("hana"), q.Actor("spy")
	if _, _, err := hana.Follow(ctx, n.account(ana.AccountID).URI); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if _, err := n.engine.Resolve(ctx, spy.ID); err != nil { // known, and nothing to her
		t.Fatal(err)
	}
	want := map[string]string{}
	for audience, inbox := range map[post.Audience]string{post.Public: "/inbox", post.Followers: "/inbox", post.Direct: strings.TrimPrefix(hana.ID, p.URL) + "/inbox", post.Section: ""} {
		x := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "@hana@" + p.Host + " un", Audience: audience}))
		settle(n)
		n.must(n.posts.Edit(ctx, ana, x.ID, post.Draft{Text: "@hana@" + p.Host + " deux"}))
		settle(n)
		n.must(n.posts.Delete(ctx, ana, x.ID))
		settle(n)
		for _, kind := range []string{"Create", "Update", "Delete"} {
			if inbox != "" {
				want[kind+" "+x.URI] = inbox
			}
		}
	}
	got := map[string]string{}
	for _, r := range p.Received(func(r peer.Request) bool { return r.Method == "POST" && r.Doc.Is("Create", "Update", "Delete") }) {
		got[r.Doc.Type()+" "+r.Doc.Object().ID()] += r.Path
	}
	if !maps.Equal(got, want) {
		t.Errorf("sent %v\nwant %v", got, want)
	}
	if k := len(q.Received(func(r peer.Request) bool { return r.Method == "POST" })); k != 0 {
		t.Errorf("%d things to a server without followers", k)
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
	// Nor by way of somebody else, neither what is here already nor what is not.
	if err := n.follows.Follow(ctx, n.person("bea").AccountID, n.byURI(hana.ID).ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	old, err := db.Get[string](ctx, n.db.Read(), `select uri from post where account_id = $1`, n.byURI(mallory.ID).ID)
	if err != nil {
		t.Fatal(err)
	}
	fresh, _ := mallory.Note("<p>par un détour</p>", nil)
	for _, uri := range []string{old, fresh.ID} {
		if _, err := hana.Send(ctx, n.base+"/inbox", as.Activity{Type: "Announce", ID: p.NewID("activities"), Actor: hana.ID, Object: uri, To: []string{as.Public}}); err != nil {
			t.Fatal(err)
		}
		settle(n)
	}
	if k := n.count(`select count(*) from post where boost_of_id <> 0 or uri = $1`, fresh.ID); k != 0 {
		t.Errorf("%d posts came of boosts of somebody suspended", k)
	}
	if status, posts := send(hana); status != 202 || posts != 1 {
		t.Errorf("her neighbour: %d, %d posts", status, posts)
	}
}
