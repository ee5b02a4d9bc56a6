package group_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/testkit"
)

// retry has everything that waits for a server that did not answer sent now.
func retry(t *testing.T, n *testkit.Node) {
	t.Helper()
	if waits, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from delivery`); err != nil || waits == 0 {
		t.Fatalf("nothing waits: %v", err)
	}
	sql(t, n, `update dest set next_at = 0`)
	n.Outbox.Wake()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if waits, err := db.Get[int](ctx, n.DB.Read(), `select count(*) from delivery`); err != nil || waits != 0 {
		t.Fatalf("%d still wait: %v", waits, err)
	}
}

// away is a server of the movement that does not answer until it is told to.
func (x *circle) away(t *testing.T) (p *peer.Peer, back func()) {
	t.Helper()
	var is atomic.Bool
	is.Store(true)
	p = peer.New(peer.Options{Software: "maillage", Respond: func(r peer.Request) int {
		if r.Method == http.MethodPost && is.Load() {
			return http.StatusServiceUnavailable
		}
		return 0
	}})
	t.Cleanup(p.Close)
	sql(t, x.home, `insert into audience_host (host, valid_until) values ($1, 0)`, p.Host)
	return p, func() { is.Store(false) }
}

// TestAWaitingInvitationIsJudgedAgain: an invitation that could not be sent at once goes out later as
// long as whom it is for is invited, and their server may have people in the group.
//
// Spec: P1
func TestAWaitingInvitationIsJudgedAgain(t *testing.T) {
	x := newCircle(t, group.Rules{})
	for name, c := range map[string]struct {
		then func(host string, who int64)
		sent bool
	}{
		"nothing changes":       {func(string, int64) {}, true},
		"the server is cut off": {func(host string, _ int64) { sql(t, x.home, `delete from audience_host where host = $1`, host) }, false},
		"its certificate ended": {func(host string, _ int64) {
			sql(t, x.home, `update audience_host set valid_until = 1 where host = $1`, host)
		}, false},
		"it no longer declares our profile": {func(host string, _ int64) { sql(t, x.home, `delete from audience_keeper where host = $1`, host) }, false},
		"who is invited is put out": {func(_ string, who int64) {
			if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, who, ""); err != nil {
				t.Fatal(err)
			}
		}, false},
		"the group is of the section now": {func(string, int64) {
			sql(t, x.home, `update group_info set access = 'section' where account_id = $1`, x.g.AccountID)
		}, false},
	} {
		p, back := x.away(t)
		lou := declared(p, "lou")
		who := found(x.home, lou.Name, p.Host)
		if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, who.ID); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		x.Settle()
		before := len(p.Received(peer.Posted("Invite")))
		if before == 0 {
			t.Fatalf("%s: not tried", name)
		}
		c.then(p.Host, who.ID)
		back()
		retry(t, x.home)
		if sent := len(p.Received(peer.Posted("Invite"))) > before; sent != c.sent {
			t.Errorf("%s: sent %v", name, sent)
		}
		sql(t, x.home, `update group_info set access = 'movement' where account_id = $1`, x.g.AccountID)
	}
}

// TestAWaitingActIsJudgedAgain: what somebody who moderates a closed group from another server asks for
// does not go to the server of the group any more when that is not of the movement, or they are no member.
//
// Spec: P1
func TestAWaitingActIsJudgedAgain(t *testing.T) {
	x := newCircle(t, group.Rules{})
	if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, c := range []struct {
		name, then, after string
		done              bool
	}{
		{"nothing changes", "", "", true},
		{"the server is cut off", `update audience_host set valid_until = 1`, `update audience_host set valid_until = 0`, false},
		{"who asked is out", `delete from audience_account`, "", false},
	} {
		p, err := into(x.home, "ana", x.g.AccountID, c.name)
		if err != nil {
			t.Fatal(err)
		}
		x.Settle()
		sql(t, x.b, `insert into dest (host, fails, pending, last_error, next_at) values ($1, 1, 0, '', 4102444800000) on conflict (host) do update set fails = 1, next_at = excluded.next_at`, x.home.Host)
		if err := x.b.Groups.Lock(ctx, x.b.Viewer("bea"), here(t, x.b, p.URI).ID, true); err != nil {
			t.Fatal(c.name, err)
		}
		if c.then != "" {
			sql(t, x.b, c.then)
		}
		retry(t, x.b)
		x.Settle()
		if c.after != "" {
			sql(t, x.b, c.after)
		}
		locked, err := db.Get[bool](ctx, x.home.DB.Read(), `select locked_at <> 0 from group_thread where post_id = $1`, p.ID)
		if err != nil || locked != c.done {
			t.Errorf("%s: locked %v %v", c.name, locked, err)
		}
	}
}
