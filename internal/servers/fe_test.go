package servers_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// storeMany has an instance meet actors of a server that nobody has heard of.
func storeMany(t *testing.T, n *testkit.Node, name string, from, to int) {
	t.Helper()
	err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for i := from; i < to; i++ {
			id := fmt.Sprintf("https://%s/users/%d", name, i)
			b, err := as.Actor{ID: id, Type: "Person", Username: fmt.Sprint("u", i), Inbox: id + "/inbox", Outbox: id + "/outbox",
				Keys: []as.PublicKey{{ID: id + "#main-key", Owner: id, PEM: "x"}}}.Build()
			if err != nil {
				return err
			}
			d, err := as.Parse(b)
			if err != nil {
				return err
			}
			if _, err := n.Accounts.StoreActor(ctx, tx, d, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFE09NewAccounts: of a thousand new actors of one server within an hour all
// but the first fifty are held back, and whoever runs the instance is told once;
// another server is not concerned; letting them through works.
//
// Spec: FE9
func TestFE09NewAccounts(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Servers.Bound()
	storeMany(t, n, "wave.example", 0, 1000)
	storeMany(t, n, "calm.example", 0, 10)
	for name, want := range map[string]int{"wave.example": 950, "calm.example": 0} {
		if got, err := n.Servers.Flood(ctx, name); err != nil || got != want {
			t.Errorf("%s: %d held back, want %d (%v)", name, got, want, err)
		}
	}
	told, err := n.Hosts.Notices(ctx, time.Now().Add(-time.Hour))
	if err != nil || len(told) != 1 || told[0].Host != "wave.example" {
		t.Errorf("told %+v %v", told, err)
	}
	if err := n.Servers.Release(ctx, 0, "wave.example"); err != nil {
		t.Fatal(err)
	}
	if got, _ := n.Servers.Flood(ctx, "wave.example"); got != 0 {
		t.Errorf("%d are still held back", got)
	}
}

// TestFE09Mentions: of the mentions by people of one server who are not followed,
// those beyond sixty in an hour are not announced; answers to one's own posts and
// words of people one follows always are.
//
// Spec: FE9
func TestFE09Mentions(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	n.Servers.Bound()
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	zoe, friend := p.Actor("zoe"), p.Actor("friend")
	friendID, err := n.Engine.Account(ctx, "friend", p.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, ana.ID, friendID, nil); err != nil {
		t.Fatal(err)
	}
	mine := write(n, "ana", post.Draft{Text: "Bonjour", Audience: post.Public})
	idle(t, n)
	say := func(by *peer.Actor, change func(*as.Note)) {
		t.Helper()
		_, create := by.Note("<p>@ana</p>", func(x *as.Note) {
			x.To = []string{as.Public, ana.URI}
			x.Tags = []as.Tag{{Type: "Mention", Href: ana.URI, Name: "@ana@" + n.Host}}
			if change != nil {
				change(x)
			}
		})
		if a, err := by.Send(ctx, n.URL+"/inbox", create); err != nil || a.Status != 202 {
			t.Fatalf("%+v %v", a, err)
		}
	}
	for range 70 {
		say(zoe, nil)
	}
	idle(t, n)
	told := func() int {
		t.Helper()
		k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from notification where account_id = $1 and kind = 'mention'`, ana.ID)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if got := told(); got != 60 {
		t.Errorf("told of %d mentions, want 60", got)
	}
	say(zoe, func(x *as.Note) { x.InReplyTo = mine.URI })
	say(friend, nil)
	idle(t, n)
	if got := told(); got != 62 {
		t.Errorf("told of %d mentions, want 62", got)
	}
}

// TestFE11: the first words of a young account of a server that nobody follows,
// with a link or a picture, wait for somebody to look; the one mentioned hears of
// them when they are let through, and of plain words and old accounts at once.
//
// Spec: FE11
func TestFE11(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	link := `<p>@ana <a href="https://spam.example/">regarde</a></p>`
	notified := func() int {
		t.Helper()
		var got []masto.Notification
		n.Client("ana").Get("/api/v1/notifications?types[]=mention&limit=40", &got)
		return len(got)
	}
	say := func(age time.Duration, content string, change func(*as.Note)) {
		t.Helper()
		p := peer.New(peer.Options{})
		t.Cleanup(p.Close)
		a := p.ActorOf("Person", "zoe", func(x *as.Actor) { x.Published = time.Now().Add(-age) })
		_, create := a.Note(content, func(x *as.Note) {
			x.To = []string{as.Public, ana.URI}
			x.Tags = []as.Tag{{Type: "Mention", Href: ana.URI, Name: "@ana@" + n.Host}}
			if change != nil {
				change(x)
			}
		})
		if _, err := a.Send(ctx, n.URL+"/inbox", create); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
	}
	mine := write(n, "ana", post.Draft{Text: "Bonjour", Audience: post.Public})
	mention := fmt.Sprintf(`<p><a href="%s" class="u-url mention">@ana</a> bonjour</p>`, ana.URL)
	say(time.Hour, mention, nil)
	say(48*time.Hour, link, nil)
	say(time.Hour, link, func(x *as.Note) { x.InReplyTo = mine.URI })
	if got := notified(); got != 3 {
		t.Fatalf("told of %d, want 3: those that are not held", got)
	}
	say(time.Hour, link, nil)
	say(time.Hour, mention+`<p><img src="https://spam.example/x.png"></p>`, nil)
	say(time.Hour, link, func(x *as.Note) { x.Type, x.Name = "Article", "Un article" }) // whatever it calls itself
	if got := notified(); got != 3 {
		t.Errorf("told of %d while they wait", got)
	}
	held, err := n.Servers.HeldFirst(ctx)
	if err != nil || len(held) != 3 || !strings.Contains(held[0].Words, "regarde") {
		t.Fatalf("%+v %v", held, err)
	}
	if err := n.SetRole(ctx, "ana", "moderator"); err != nil {
		t.Fatal(err)
	}
	if b := n.SignIn("ana").Open("/administration/nouveaux"); !b.Has("regarde") {
		t.Errorf("the page does not show them:\n%s", b.Text())
	}
	if err := n.Servers.Decide(ctx, ana.ID, held[0].Account.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := notified(); got != 4 {
		t.Errorf("let through, told of %d", got)
	}
	if err := n.Servers.Decide(ctx, ana.ID, held[1].Account.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := notified(); got != 4 {
		t.Errorf("refused, told of %d", got)
	}
}

// TestFE04InboxDoesNotWait: whoever's server does not give its key gets an answer
// at once; the key is waited for by a job.
//
// Spec: FE4
func TestFE04InboxDoesNotWait(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{Respond: func(r peer.Request) int {
		if r.Method == "GET" {
			time.Sleep(4 * time.Second)
		}
		return 0
	}})
	t.Cleanup(p.Close)
	zoe := p.Actor("zoe")
	_, create := zoe.Note("<p>bonjour</p>", nil)
	begin := time.Now()
	a, err := zoe.Send(ctx, n.URL+"/inbox", create)
	if took := time.Since(begin); err != nil || a.Status != 202 || took > 3*time.Second {
		t.Errorf("%+v %v after %s", a, err, took)
	}
}

// TestFE06: of a crowd of people named in a post at most ten are looked up, those
// whom a received post names are not at all, and one with more than 500 tags is
// refused.
//
// Spec: FE6
func TestFE06(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	p := peer.New(peer.Options{})
	t.Cleanup(p.Close)
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "@u%d@%s ", i, p.Host)
	}
	write(n, "ana", post.Draft{Text: text.String()[:400] + " bonjour", Audience: post.Public})
	idle(t, n)
	asked := map[string]bool{}
	for _, r := range p.Received(func(r peer.Request) bool { return strings.HasPrefix(r.Path, "/.well-known/webfinger") }) {
		asked[r.Path] = true
	}
	if len(asked) > 10 || len(asked) == 0 {
		t.Errorf("%d people were looked up", len(asked))
	}
	crowd := peer.New(peer.Options{})
	t.Cleanup(crowd.Close)
	zoe := p.Actor("zoe")
	for _, many := range []int{400, 501} {
		_, create := zoe.Note(fmt.Sprintf("<p>foule %d</p>", many), func(x *as.Note) {
			x.Tags = append(x.Tags, as.Tag{Type: "Mention", Href: ana.URI, Name: "@ana"})
			for i := range many - 1 {
				x.Tags = append(x.Tags, as.Tag{Type: "Mention", Href: fmt.Sprintf("%s/users/%d", crowd.URL, i), Name: "@x"})
			}
		})
		if _, err := zoe.Send(ctx, n.URL+"/inbox", create); err != nil {
			t.Fatal(err)
		}
	}
	idle(t, n)
	if got := len(crowd.Requests()); got != 0 {
		t.Errorf("%d requests for people whom a stranger names", got)
	}
	for many, want := range map[int]int{400: 1, 501: 0} {
		if got, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from post where content like '%foule '||$1||'%'`, fmt.Sprint(many)); err != nil || got != want {
			t.Errorf("with %d tags: %d stored, %v", many, got, err)
		}
	}
}
