package federation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/post"
)

// TestStrictPeer federates with a server that is not ours: it wants each GET
// signed, signs by RFC 9421 or with (created), and verifies what it gets.
func TestStrictPeer(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	a := n.account(ana.AccountID)
	p := peer.New(peer.Options{RequireSigned: true, AutoAccept: true})
	t.Cleanup(p.Close)
	hana := p.Actor("hana")

	// Hana is found by her address and followed.
	id, err := n.engine.Account(ctx, "hana", p.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.follows.Follow(ctx, ana.AccountID, id, nil); err != nil {
		t.Fatal(err)
	}
	waitFor(t, n, "the Accept", func() bool {
		rel, err := follow.Relations(ctx, n.db.Read(), ana.AccountID, []int64{id})
		return err == nil && rel[id].Following
	})

	// Her posts arrive, however they are signed.
	for name, fault := range map[string][]peer.Fault{"cavage": nil, "created": {peer.Created}, "modern": {peer.Modern}} {
		note, create := hana.Note("<p>"+name+"</p>", nil)
		answer, err := hana.Send(ctx, n.base+"/inbox", create, fault...)
		if err != nil || answer.Status != 202 {
			t.Fatalf("%s: %+v %v", name, answer, err)
		}
		settle(n)
		if got := n.post(note.ID); !strings.Contains(got.Content, name) {
			t.Errorf("%s: %q", name, got.Content)
		}
	}
	_, create := hana.Note("<p>forged</p>", nil)
	for name, fault := range map[string]peer.Fault{"hmac": peer.HMAC, "twice": peer.Twice, "wrong key": peer.WrongKey, "no digest": peer.NoDigest,
		"wrong digest": peer.WrongDigest, "no signature": peer.NoSignature, "signed for another": peer.SignedHost("relay.example")} {
		unchanged(t, n, name, func() {
			if answer, err := hana.Send(ctx, n.base+"/inbox", create, fault); err != nil || answer.Status != 401 {
				t.Errorf("%s: %+v %v", name, answer, err)
			}
		})
	}

	// She follows back and gets what is posted, with signatures that hold. The
	// last scheme that she used to us is the one she gets.
	if _, answer, err := hana.Follow(ctx, a.URI); err != nil || answer.Status != 202 {
		t.Fatalf("%+v %v", answer, err)
	}
	settle(n)
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
	settle(n)
	for _, want := range []string{"Follow", "Accept", "Create"} {
		got := p.Received(peer.Posted(want))
		if len(got) != 1 || got[0].Fault != nil {
			t.Errorf("%s: %d received, %+v", want, len(got), got)
		}
	}
	if n.count(`select count(*) from peer where host = $1`, p.Host) == 0 {
		t.Error("the scheme of the peer is not remembered")
	}
	for _, r := range p.Requests() {
		if r.Method == "GET" && r.Fault != nil && !strings.Contains(r.Path, "webfinger") {
			t.Errorf("GET %s: %v", r.Path, r.Fault)
		}
	}
}

// waitFor waits for what a peer does in its own time.
func waitFor(t *testing.T, n *node, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		settle(n)
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never came: %s", what)
}

// BenchmarkInbox measures one activity of a known actor: checked, stored, 202.
func BenchmarkInbox(b *testing.B) {
	n, s := newNodeForBench(b)
	bodies := make([][]byte, b.N)
	for i := range bodies {
		body, err := as.Activity{Type: "Like", ID: s.activity("Like", "x").id(), Actor: s.actor("hana"), Object: n.base + "/objects/none"}.Build()
		if err != nil {
			b.Fatal(err)
		}
		bodies[i] = body
	}
	requests := make([]*received, b.N)
	for i, body := range bodies {
		requests[i] = newReceived(b, n, s, body)
	}
	b.ReportAllocs()
	b.ResetTimer()
	next := make(chan *received)
	go func() {
		for _, r := range requests {
			next <- r
		}
		close(next)
	}()
	b.SetParallelism(32) // writes share commits
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			(<-next).send()
		}
	})
}

// BenchmarkProcess measures what follows: a public note of somebody followed.
func BenchmarkProcess(b *testing.B) {
	n, s := newNodeForBench(b)
	ana := n.person("ana")
	if err := n.follows.Follow(context.Background(), ana.AccountID, n.byURI(s.actor("hana")).ID, nil); err != nil {
		b.Fatal(err)
	}
	settle(n)
	var sent struct{ ID string }
	s.last(&sent)
	if got := s.send(n, s.activity("Accept", sent.ID)); got != 202 {
		b.Fatal(got)
	}
	settle(n)
	if err := n.jobs.Stop(context.Background()); err != nil {
		b.Fatal(err)
	}
	for range b.N {
		newReceived(b, n, s, marshal(b, s.activity("Create", s.note("bench")))).send()
	}
	b.ResetTimer()
	var process func(context.Context, []byte) error
	for _, k := range n.engine.Jobs() {
		if k.Name == "federation.process" {
			process = k.Handle
		}
	}
	for n.count(`select count(*) from inbox_item where state = 0`) > 0 {
		if err := process(context.Background(), marshal(b, map[string]string{"Actor": s.actor("hana")})); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if got := n.count(`select count(*) from post`); got != b.N {
		b.Fatalf("%d posts of %d", got, b.N)
	}
}
