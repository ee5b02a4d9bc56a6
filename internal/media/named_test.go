package media_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/testkit"
)

// TestOnlyTheAuthorsServerIsAskedByName: what a post brings along is asked of its author's own
// server with the signature of ours; what stands elsewhere, and where a redirect leads, without,
// so that nobody sees through us what is shown to us alone. What was had by name is kept apart.
//
// Spec: P1
func TestOnlyTheAuthorsServerIsAskedByName(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	author := peer.New(peer.Options{Software: "mastodon", AutoAccept: true, RequireSigned: true})
	t.Cleanup(author.Close)
	other := peer.New(peer.Options{RequireSigned: true})
	t.Cleanup(other.Close)
	own, copied, away := author.URL+"/own", other.URL+"/copied", author.URL+"/away"
	author.Serve(own, photo(t, 90, 60, green))
	other.Serve(copied, photo(t, 90, 60, green))
	other.Serve(other.URL+"/reached", photo(t, 90, 60, green))
	author.Moved(away, other.URL+"/reached")
	hana := author.Actor("hana")
	id, err := n.Engine.Account(ctx, "hana", author.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, ana.ID, id, nil); err != nil {
		t.Fatal(err)
	}
	for accepted := false; !accepted; time.Sleep(10 * time.Millisecond) { // the peer answers when it likes
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		if accepted, err = db.Get[bool](ctx, n.DB.Read(), `select accepted from follow where account_id = $1 and target_id = $2`, ana.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{own, copied, away} {
		_, create := hana.Note("Voici", func(x *as.Note) {
			x.Attachments = []as.Attachment{{Type: "Document", MediaType: "image/jpeg", URL: address, Name: address}}
		})
		if r, err := hana.Send(ctx, n.URL+"/inbox", create); err != nil || r.Status >= 300 {
			t.Fatalf("%v %v", r, err)
		}
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	var home []masto.Status
	if n.Client("ana").Get("/api/v1/timelines/home", &home); len(home) != 3 {
		t.Fatalf("%d posts", len(home))
	}
	for _, s := range home {
		m, want := s.MediaAttachments[0], 404
		if *m.Description == own {
			want = 200
		}
		if got := status(t, *m.URL); got != want {
			t.Errorf("%s: %d", *m.Description, got)
		}
	}
	app, err := n.Engine.Application(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for p, paths := range map[*peer.Peer][]string{author: {"/own"}, other: {"/copied", "/reached"}} {
		for _, path := range paths {
			got := p.Received(func(r peer.Request) bool { return r.Path == path })
			if len(got) == 0 {
				t.Errorf("nobody asks for %s", path)
			}
			for _, r := range got {
				if p == author && (r.KeyID != app.KeyID || r.Fault != nil) || p == other && (r.KeyID != "" || r.Header.Get("Signature")+r.Header.Get("Signature-Input") != "") {
					t.Errorf("%s is asked for by %q: %v", path, r.KeyID, r.Fault)
				}
			}
		}
	}
	// Who knows the address alone does not see the copy of what was had by name.
	if got := status(t, n.Media.Proxy(own, "post")); got != 404 {
		t.Errorf("what a post shows is shown by its address: %d", got)
	}
	if got := author.Received(func(r peer.Request) bool { return r.Path == "/own" && strings.TrimSpace(r.KeyID) == "" }); len(got) != 1 {
		t.Errorf("asked for in nobody's name %d times", len(got))
	}
}

// TestWhatGoesOnTheWayIsNotKept: a post is deleted while its picture is being fetched; nothing of it stays.
//
// Spec: ME6
func TestWhatGoesOnTheWayIsNotKept(t *testing.T) {
	n := testkit.New(t)
	ana := n.Person("ana", true)
	on := make(chan struct{})
	p := peer.New(peer.Options{Respond: func(r peer.Request) int {
		if r.Path == "/a" {
			<-on
		}
		return 0
	}})
	t.Cleanup(p.Close)
	p.Serve(p.URL+"/a", photo(t, 90, 60, green))
	hana := p.Actor("hana")
	note, create := hana.Note("Voici", func(x *as.Note) {
		x.Attachments = []as.Attachment{{Type: "Document", MediaType: "image/jpeg", URL: p.URL + "/a"}}
		x.To, x.Cc, x.Tags = []string{ana.URI}, nil, []as.Tag{{Type: "Mention", Href: ana.URI, Name: n.Handle("ana")}}
	})
	create.To, create.Cc = note.To, note.Cc
	send := func(a as.Activity) {
		t.Helper()
		if r, err := hana.Send(ctx, n.URL+"/inbox", a); err != nil || r.Status >= 300 {
			t.Fatalf("%v %v", r, err)
		}
		if err := n.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	send(create)
	key, err := db.Get[string](ctx, n.DB.Read(), `select key from media where remote_url <> ''`)
	if err != nil {
		t.Fatal(err)
	}
	address := n.Media.URL(&media.Media{Key: key, Type: "image/jpeg", State: media.Remote, RemoteURL: p.URL + "/a"}, false, media.Shown{})
	got := make(chan int)
	go func() {
		res, err := http.Get(address)
		if err != nil {
			got <- 0
			return
		}
		res.Body.Close()
		got <- res.StatusCode
	}()
	if _, err := p.Wait(func(r peer.Request) bool { return r.Path == "/a" }, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	send(as.Activity{Type: "Delete", ID: note.ID + "#delete", Actor: hana.ID, Object: note.ID, To: []string{ana.URI}})
	close(on)
	if code := <-got; code != 410 {
		t.Errorf("what is gone: %d", code)
	}
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	kept, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from remote_file`)
	if found := countFiles(t, n); err != nil || kept != 0 || found != 0 {
		t.Errorf("%d copies and %d files are left: %v", kept, found, err)
	}
}

// TestABusyServerIsAskedAgainSoon: a server that could not answer is asked again in a minute, one that has nothing in half an hour.
func TestABusyServerIsAskedAgainSoon(t *testing.T) {
	n := testkit.New(t)
	var answer atomic.Int32
	p := peer.New(peer.Options{Respond: func(r peer.Request) int {
		if r.Path == "/a" {
			return int(answer.Load())
		}
		return 0
	}})
	t.Cleanup(p.Close)
	p.Serve(p.URL+"/a", photo(t, 90, 60, green))
	address := n.Media.Proxy(p.URL+"/a", "card")
	later := func(minutes int) {
		n.Media.Now = func() time.Time { return time.Now().Add(time.Duration(minutes) * time.Minute) }
	}
	for _, step := range []struct {
		minutes     int
		answers     int32
		want, asked int
	}{{0, 503, 404, 1}, {0, 0, 404, 1}, {2, 404, 404, 2}, {4, 0, 404, 2}, {40, 0, 200, 3}} {
		later(step.minutes)
		answer.Store(step.answers)
		got := status(t, address)
		if asked := len(p.Received(func(r peer.Request) bool { return r.Path == "/a" })); got != step.want || asked != step.asked {
			t.Errorf("after %d minutes: %d, asked %d times; want %d, %d", step.minutes, got, asked, step.want, step.asked)
		}
	}
}
