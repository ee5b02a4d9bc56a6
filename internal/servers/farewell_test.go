package servers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func engines() map[string]testkit.Engine {
	return map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres}
}

// friends has somebody of another server and ana follow each other.
func friends(t *testing.T, n *testkit.Node, p *peer.Peer, name string) (a *peer.Actor, id int64, follow string) {
	t.Helper()
	a = p.Actor(name)
	ana := n.Person("ana", true)
	follow, _, err := a.Follow(ctx, ana.URI)
	if err != nil {
		t.Fatal(err)
	}
	if id, err = n.Engine.Account(ctx, name, p.Host); err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, ana.ID, id, nil); err != nil {
		t.Fatal(err)
	}
	for waits := true; waits; { // the Accept comes by itself
		idle(t, n)
		if waits, err = db.Get[bool](ctx, n.DB.Read(), `select not accepted from follow where account_id = $1 and target_id = $2`, ana.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	return a, id, follow
}

func posts(p *peer.Peer) int {
	return len(p.Received(func(r peer.Request) bool { return r.Method == http.MethodPost }))
}

// TestSuspendedServersAreTold: a server that is cut off hears that nobody follows
// anybody any more, either way, once; and nothing else, whether that arrives or not.
//
// Spec: OR16
func TestSuspendedServersAreTold(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			p := peer.New(peer.Options{AutoAccept: true})
			t.Cleanup(p.Close)
			var away atomic.Bool
			down := peer.New(peer.Options{AutoAccept: true, Respond: func(r peer.Request) int {
				if r.Method == http.MethodPost && away.Load() {
					return http.StatusServiceUnavailable
				}
				return 0
			}})
			t.Cleanup(down.Close)
			zoe, _, asked := friends(t, n, p, "zoe")
			friends(t, n, down, "ivo")
			mine := write(n, "ana", post.Draft{Text: "Pour tous", Audience: post.Public})
			idle(t, n)
			before, beforeDown := posts(p), posts(down)
			away.Store(true)
			rule(n, p.Host, host.Suspend)
			rule(n, down.Host, host.Suspend)
			write(n, "ana", post.Draft{Text: "Sans eux", Audience: post.Public})
			if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), mine.ID); err != nil {
				t.Fatal(err)
			}
			idle(t, n)
			rejects, undos := p.Received(peer.Posted("Reject", "Follow")), p.Received(peer.Posted("Undo", "Follow"))
			if len(rejects) != 1 || len(undos) != 1 || posts(p) != before+2 {
				t.Fatalf("told by %d Reject, %d Undo, %d in all", len(rejects), len(undos), posts(p)-before)
			}
			if r := rejects[0]; r.Fault != nil || r.Doc.Object().ID() != asked || r.Doc.Actor() != n.Person("ana", true).URI || undos[0].Fault != nil || undos[0].Doc.Object().Doc().Object().ID() != zoe.ID {
				t.Errorf("%s %s", r.Body, undos[0].Body)
			}
			if got := posts(down) - beforeDown; got != 2 {
				t.Errorf("a server that is down is tried %d times, want once for each follow", got)
			}
			if k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from delivery`); err != nil || k != 0 {
				t.Errorf("%d deliveries wait, %v", k, err)
			}
			if k := follows(n, p.Host) + follows(n, down.Host); k != 0 {
				t.Errorf("%d follows are left", k)
			}
			rule(n, p.Host, host.Suspend) // again
			idle(t, n)
			if posts(p) != before+2 {
				t.Error("it is told again")
			}
		})
	}
}

// TestSuspendedPeopleFollowNobody: whoever is suspended by name no longer follows
// ours, and their server knows; ours follow them again when it is lifted.
//
// Spec: OR16; Spec: Mastodon admin/accounts#action
func TestSuspendedPeopleFollowNobody(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, e)
			p := peer.New(peer.Options{AutoAccept: true})
			t.Cleanup(p.Close)
			zoe, id, asked := friends(t, n, p, "zoe")
			friends(t, n, p, "mia")
			n.Person("chef", true)
			if err := n.SetRole(ctx, "chef", "admin"); err != nil {
				t.Fatal(err)
			}
			token, err := n.Auth.NewToken(ctx, n.Person("chef", true).ID, auth.Scopes{"admin:read", "admin:write"})
			if err != nil {
				t.Fatal(err)
			}
			c := &testkit.Client{T: t, Base: n.URL, Token: token}
			if c.Post("/api/v1/admin/accounts/"+ids.String(id)+"/action", map[string]any{"type": "suspend", "text": "x"}, nil); c.Status != 200 {
				t.Fatal(c.Status)
			}
			idle(t, n)
			got := p.Received(peer.Posted("Reject", "Follow"))
			if len(got) != 1 || got[0].Doc.Object().ID() != asked || len(p.Received(peer.Posted("Undo"))) != 0 {
				t.Errorf("told by %d Reject", len(got))
			}
			if a, err := zoe.Get(ctx, n.Person("ana", true).URI); err != nil || a.Status != http.StatusForbidden {
				t.Errorf("a signed request of somebody suspended: %d %v", a.Status, err)
			}
			if k := follows(n, p.Host); k != 3 {
				t.Errorf("%d follows, want both of mia and ana's of zoe", k)
			}
		})
	}
}

// TestRefusedMediaAndReports: of a server whose files or reports are not taken
// neither a picture is asked for nor a report kept; everything else comes as before.
func TestRefusedMediaAndReports(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{AutoAccept: true})
	t.Cleanup(p.Close)
	zoe, _, _ := friends(t, n, p, "zoe")
	complain := func() int {
		t.Helper()
		a := as.Activity{Type: "Flag", ID: p.NewID("flags"), Actor: zoe.ID, Object: []string{n.Person("ana", true).URI}, Content: "Lisez"}
		if _, err := zoe.Send(ctx, n.URL+"/inbox", a); err != nil {
			t.Fatal(err)
		}
		_, create := zoe.Note("<p>Bonjour</p>", nil)
		if _, err := zoe.Send(ctx, n.URL+"/inbox", create); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		k, err := db.Get[int](ctx, n.DB.Read(), `select count(*) * 10 + (select count(*) from post where not local) from report`)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	picture := func() int {
		t.Helper()
		res, err := http.Get(n.Media.Proxy(p.URL+"/"+ids.Key()+".png", "card"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return len(p.Received(func(r peer.Request) bool { return strings.HasSuffix(r.Path, ".png") }))
	}
	if got := complain(); got != 11 {
		t.Fatalf("before: %d", got)
	}
	if got := picture(); got != 1 {
		t.Fatalf("before: %d pictures asked for", got)
	}
	if _, err := n.Hosts.Set(ctx, host.Policy{Host: p.Host, Level: host.None, RejectMedia: true, RejectReports: true}); err != nil {
		t.Fatal(err)
	}
	if got := complain(); got != 12 {
		t.Errorf("reports and posts: %d, want 12: one report, two posts", got)
	}
	if got := picture(); got != 1 {
		t.Errorf("%d pictures asked for", got)
	}
}
