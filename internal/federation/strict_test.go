package federation_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// TestStrictReaders: everything that an ordinary day sends is taken by every
// server that reads more strictly than others, as it is really sent.
//
// Spec: FEP-1b12; Spec: AP 7.1
func TestStrictReaders(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	a := n.account(ana.AccountID)
	p := peer.New(peer.Options{RequireSigned: true, AutoAccept: true})
	t.Cleanup(p.Close)
	hana := p.Actor("hana")
	id, err := n.engine.Account(ctx, "hana", p.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.follows.Follow(ctx, ana.AccountID, id, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	if _, _, err := hana.Follow(ctx, a.URI); err != nil {
		t.Fatal(err)
	}
	hers, create := hana.Note("<p>Salut</p>", func(x *as.Note) {
		x.Cc = append(x.Cc, a.URI)
		x.Tags = []as.Tag{{Type: "Mention", Href: a.URI, Name: "@ana@" + n.host}}
	})
	if _, err := hana.Send(ctx, n.base+"/inbox", create); err != nil {
		t.Fatal(err)
	}
	settle(n)

	// An ordinary day: with a warning, an address, a word of a list, letters that
	// escape, lines; an answer, an article, one for followers, a message; edits, reactions, ends.
	first := n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Bonjour @hana@" + p.Host + " #Été à 3 < 4 & \"oui\"\n\nhttps://a.example/un?x=1&y=é", Warning: "long",
		Lang: "fr", Audience: post.Public}))
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Oui", ReplyTo: n.post(hers.ID).ID}))
	article := n.must(n.posts.Create(ctx, ana, post.Draft{Title: "La section se réunit", Text: strings.Repeat("Un long texte. ", 100), Lang: "fr", Audience: post.Public}))
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Entre amis", Audience: post.Followers}))
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "@hana@" + p.Host + " en privé", Audience: post.Direct}))
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Discret", Audience: post.Public, Unlisted: true}))
	n.must(n.posts.Edit(ctx, ana, first.ID, post.Draft{Text: "Bonjour à tous", Lang: "fr"}))
	n.must(n.posts.Like(ctx, ana, n.post(hers.ID).ID))
	n.must(n.posts.Boost(ctx, ana, n.post(hers.ID).ID))
	settle(n)
	n.must(n.posts.Unlike(ctx, ana, n.post(hers.ID).ID))
	n.must(n.posts.Unboost(ctx, ana, n.post(hers.ID).ID))
	n.must(n.posts.Delete(ctx, ana, first.ID))
	if err := n.follows.Unfollow(ctx, ana.AccountID, id); err != nil {
		t.Fatal(err)
	}
	settle(n)

	sent := map[string]int{}
	for _, r := range p.Received(func(r peer.Request) bool { return r.Method == http.MethodPost }) {
		kind := r.Doc.Type()
		if kind == "Undo" {
			kind += " " + r.Doc.Object().Doc().Type()
		}
		sent[kind]++
		for _, reader := range peer.Readers() {
			if err := reader.Request(r); err != nil {
				t.Errorf("%s does not take the request of a %s: %v", reader.Name, kind, err)
			}
			if reader.Document == nil {
				continue
			}
			if err := reader.Document(r.Body); err != nil {
				t.Errorf("%s does not take a %s: %v\n%s", reader.Name, kind, err, r.Body)
			}
		}
		// What was sent can be had again, at its own address and as it is.
		if kind == "Create" && as.HasPublic(append(r.Doc.To(), r.Doc.Cc()...)) && r.Doc.Object().ID() != first.URI {
			got := document(t, r.Doc.Object().ID())
			for _, reader := range peer.Readers() {
				if reader.Document == nil {
					continue
				}
				if err := reader.Document(got.Bytes); err != nil {
					t.Errorf("%s cannot fetch it: %v", reader.Name, err)
				}
			}
			if err := peer.LemmyShows(r.Body); err != nil {
				t.Errorf("lemmy does not show it: %v", err)
			}
		}
	}
	for _, kind := range []string{"Follow", "Accept", "Create", "Update", "Like", "Announce", "Undo Like", "Undo Announce", "Undo Follow", "Delete"} {
		if sent[kind] == 0 {
			t.Errorf("no %s was sent", kind)
		}
	}
	for _, r := range p.Requests() {
		if r.Method == http.MethodGet && !strings.Contains(r.Path, ".well-known") && r.Fault != nil {
			t.Errorf("GET %s is not signed for who signs nothing else: %v", r.Path, r.Fault)
		}
	}
	// Mastodon shows of an article its title, its lead and a link, which it finds
	// in summaryMap; a summary would hide the text on GoToSocial, and its title.
	d := document(t, article.URI)
	if s := d.String("summary"); s != "" {
		t.Errorf("an article hidden behind %q", s)
	}
	if lead := d.Summary(); d.Type() != "Article" || lead == "" || len(lead) > 500 || !strings.HasPrefix(lead, "Un long texte.") || d.URL() != article.URL {
		t.Errorf("article: %.300s", d.Bytes)
	}
	if note := d.Refs("preview").Doc(); note == nil || note.Type() != "Note" || !strings.Contains(note.Content(), article.URL) || !strings.Contains(note.Content(), "Un long texte.") {
		t.Errorf("an article without a note in its place: %.600s", d.Bytes)
	}
	for _, reader := range peer.Readers() {
		if reader.Document != nil {
			if err := reader.Document(document(t, a.URI).Bytes); err != nil {
				t.Errorf("%s does not take an actor: %v", reader.Name, err)
			}
		}
	}
}

// TestWrappedCreateOnMastodon: Mastodon fetches what an Announce wraps by its id,
// and would boost the result; it must find the very post there, of its author.
func TestWrappedCreateOnMastodon(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	p := n.must(n.posts.Create(context.Background(), ana, post.Draft{Text: "Un sujet", Audience: post.Public}))
	d := document(t, p.URI+"/activity")
	if err := peer.MastodonReads(d.Bytes); err != nil || d.ID() != p.URI+"/activity" || d.Object().ID() != p.URI {
		t.Errorf("%v: %s", err, d.Bytes)
	}
}

// TestGoToSocialKeys: a server whose keys are documents of their own, without a
// shared inbox, that wants every GET signed, is understood.
func TestGoToSocialKeys(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	p := peer.New(peer.Options{RequireSigned: true, Respond: func(r peer.Request) int {
		if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "application/activity+json" {
			return http.StatusNotAcceptable
		}
		return 0
	}})
	t.Cleanup(p.Close)
	zork := p.ActorOf("Person", "zork", func(d *as.Actor) {
		d.SharedInbox = ""
		d.Keys[0].ID = d.ID + "/main-key"
	})
	stub := peer.JSON(map[string]any{"@context": "https://w3id.org/security/v1", "id": zork.ID, "type": "Person", "preferredUsername": "zork",
		"publicKey": map[string]any{"id": zork.ID + "/main-key", "owner": zork.ID, "publicKeyPem": "-"}})
	p.Serve(zork.ID+"/main-key", stub)
	answered := func() bool { return len(p.Received(peer.Posted("Accept"))) == 1 }
	follow := as.Activity{Type: "Follow", ID: p.NewID("follows"), Actor: zork.ID, Object: n.account(ana.AccountID).URI}
	got, err := zork.Send(ctx, n.base+"/inbox", follow, peer.KeyID(zork.ID+"/main-key"))
	if err != nil || got.Status != http.StatusAccepted {
		t.Fatalf("%+v %v", got, err)
	}
	waitFor(t, n, "the Accept", answered)
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
	settle(n)
	posts := p.Received(peer.Posted("Create"))
	if len(posts) != 1 || posts[0].Path != zork.Inbox[len(p.URL):] {
		t.Fatalf("%d posts arrived", len(posts))
	}
}

// TestClocksOfStrictServers: what waited in the queue is signed anew for each try.
func TestClocksOfStrictServers(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	var fail atomic.Bool
	fail.Store(true)
	p := peer.New(peer.Options{Respond: func(r peer.Request) int {
		if r.Method == http.MethodPost && fail.Load() && strings.Contains(string(r.Body), `"Create"`) {
			return http.StatusServiceUnavailable
		}
		return 0
	}})
	t.Cleanup(p.Close)
	if _, _, err := p.Actor("hana").Follow(ctx, n.account(ana.AccountID).URI); err != nil {
		t.Fatal(err)
	}
	settle(n)
	n.must(n.posts.Create(ctx, ana, post.Draft{Text: "Bonjour", Audience: post.Public}))
	settle(n)
	fail.Store(false)
	if n.count(`select count(*) from delivery`) == 0 {
		t.Fatal("nothing waits")
	}
	time.Sleep(time.Second) // a Date counts seconds
	if err := n.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update dest set next_at = 0`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	n.outbox.Wake()
	settle(n)
	got := p.Received(peer.Posted("Create"))
	if len(got) < 2 || got[0].Header.Get("Signature") == got[len(got)-1].Header.Get("Signature") {
		t.Errorf("%d tries, of which the last is signed like the first", len(got))
	}
}
