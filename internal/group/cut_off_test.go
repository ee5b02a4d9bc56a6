package group_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestACutOffServerModeratesNothing: whoever moderates a closed group from a server that is of the
// movement no more, or whose software keeps the profile no more, does nothing there and is not answered.
//
// Spec: P1
func TestACutOffServerModeratesNothing(t *testing.T) {
	for name, cut := range map[string]string{"affiliation": `delete from audience_host where host = $1`, "profile": `delete from audience_keeper where host = $1`} {
		t.Run(name, func(t *testing.T) {
			x := newCircle(t, group.Rules{})
			p, err := into(x.c, "chloe", x.atC.ID, "Mon avis")
			if err != nil {
				t.Fatal(err)
			}
			x.Settle()
			bea, chloe := found(x.home, "bea", x.b.Host), found(x.home, "chloe", x.c.Host)
			if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), x.g.AccountID, bea.ID, group.Moderator); err != nil {
				t.Fatal(err)
			}
			x.Settle()
			learnAll(t, x.Cluster)
			sql(t, x.home, cut, x.b.Host)
			me := x.b.Person("bea", false)
			send := func(a as.Activity) {
				t.Helper()
				a.ID, a.Actor, a.To, a.Cc, a.Audience = x.b.Config.BaseURL()+"/activities/"+name+a.Type, me.URI, []string{x.g.Account.URI}, nil, x.g.Account.URI
				enqueue(t, x.b, me.ID, x.g.Account.Inbox, a)
				x.Settle()
			}
			send(as.Activity{Type: "Lock", Object: p.URI})
			send(as.Activity{Type: "Add", Object: p.URI, Target: x.g.Account.URI + "/collections/featured"})
			send(as.Activity{Type: "Add", Object: p.URI, Target: x.g.Account.Featured})
			send(as.Activity{Type: "Delete", Object: p.URI, Summary: "non"})
			send(as.Activity{Type: "Block", Object: chloe.URI, Target: x.g.Account.URI, Summary: "non"})
			send(as.Activity{Type: "Offer", Object: map[string]any{"type": "Thread", "attributedTo": x.g.Account.URI, "thread": p.URI, "agreed": "Tout"}, Target: x.g.Account.URI,
				ExtraContext: map[string]any{"maillage": "https://w3id.org/maillage#", "Thread": "maillage:Thread", "thread": map[string]any{"@id": "maillage:thread", "@type": "@id"}, "agreed": "maillage:agreed"}})
			send(as.Activity{Type: "Flag", Object: []string{p.URI}, Content: "non"})
			n, err := db.Get[int](ctx, x.home.DB.Read(), `select count(*) from group_thread where locked_at <> 0 or pinned_at <> 0 or agreed <> ''`)
			if err != nil || n != 0 {
				t.Errorf("%d threads are changed, %v", n, err)
			}
			if s := stateAt(t, x.home, p.URI); s != group.Shown {
				t.Errorf("the message is %s", s)
			}
			if n, err := db.Get[int](ctx, x.home.DB.Read(), `select count(*) from group_member where state = 'banned'`); err != nil || n != 0 {
				t.Errorf("%d are put out, %v", n, err)
			}
			if n, err := db.Get[int](ctx, x.home.DB.Read(), `select count(*) from group_passed where uri like '%#refused'`); err != nil || n != 0 {
				t.Errorf("%d are answered, %v", n, err)
			}
			if n, err := db.Get[int](ctx, x.home.DB.Read(), `select count(*) from group_report`); err != nil || n != 0 {
				t.Errorf("%d reports, %v", n, err)
			}
		})
	}
}

// TestWhoLeftSaysNothingMore: whoever left a closed group changes nothing that they wrote there, here or
// from another server, or they would speak there still; they may delete it.
func TestWhoLeftSaysNothingMore(t *testing.T) {
	x := newCircle(t, group.Rules{})
	if err := x.home.Groups.Join(ctx, x.home.Viewer("aldo"), x.g.AccountID); err != nil {
		t.Fatal(err)
	}
	x.follow(t, x.b, "boris", x.atB) // somebody stays there
	here1, err := into(x.home, "aldo", x.g.AccountID, "Avant")
	if err != nil {
		t.Fatal(err)
	}
	there, err := into(x.b, "bea", x.atB.ID, "Avant")
	if err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if err := x.home.Groups.Leave(ctx, x.home.Viewer("aldo"), x.g.AccountID); err != nil {
		t.Fatal(err)
	}
	if err := x.b.Groups.Leave(ctx, x.b.Viewer("bea"), x.atB.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, e := range []struct {
		n   *testkit.Node
		who string
		p   *post.Post
	}{{x.home, "aldo", here1}, {x.b, "bea", there}} {
		_, err := e.n.Posts.Edit(ctx, e.n.Viewer(e.who), e.p.ID, post.Draft{Title: "Un fil", Text: "Motaprès"})
		if !apperr.Is(err, apperr.KindForbidden) {
			t.Errorf("%s changes it: %v", e.who, err)
		}
	}
	// A server that lets them do so all the same.
	sql(t, x.b, `insert into audience_account (scope_id, account_id) values ($1, $2)`, x.atB.ID, x.b.Person("bea", false).ID)
	if _, err := x.b.Posts.Edit(ctx, x.b.Viewer("bea"), there.ID, post.Draft{Title: "Un fil", Text: "Motaprès"}); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, n := range []*testkit.Node{x.home, x.c} {
		for _, uri := range []string{here1.URI, there.URI} {
			if p := here(t, n, uri); p == nil || strings.Contains(p.Content, "Motaprès") {
				t.Errorf("%s has what was written after: %v", n.Host, p)
			}
		}
	}
	if _, err := x.home.Posts.Delete(ctx, x.home.Viewer("aldo"), here1.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.b.Posts.Delete(ctx, x.b.Viewer("bea"), there.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	for _, n := range []*testkit.Node{x.home, x.c} {
		for _, uri := range []string{here1.URI, there.URI} {
			if here(t, n, uri) != nil {
				t.Errorf("%s keeps what its author deleted", n.Host)
			}
		}
	}
}

// TestNoCollectionNamesASecretGroup: a server of the movement that still knows the address of a closed group
// of which it may not know is told nothing at any address below it.
//
// Spec: P1
func TestNoCollectionNamesASecretGroup(t *testing.T) {
	x := newCircle(t, group.Rules{Secret: true})
	section := create(t, x.home, "ana", "bureau", group.Rules{Access: group.Section})
	for _, g := range []*group.Group{x.g, section} {
		for _, end := range []string{"", "/movement", "/followers", "/following", "/outbox", "/collections/featured", "/collections/tags", "/moderators", "/wall", "/topics", "/threads", "/events", "/members", "/inbox"} {
			if d, err := x.b.Engine.Ask(ctx, g.Account.URI+end); err == nil {
				t.Errorf("%s of %s answers %s", end, g.Account.Username, d.Bytes)
			}
		}
	}
	if d, err := x.b.Engine.Ask(ctx, x.home.Person("ana", false).URI+"/movement"); err != nil {
		t.Errorf("the audience of a member is not served: %v %v", d, err)
	}
}

// TestModeratorsOfAClosedGroupAreTheirServersAffair: the servers of members hear which of their own people moderate a
// closed group, and of nobody else's.
//
// Spec: P2
func TestModeratorsOfAClosedGroupAreTheirServersAffair(t *testing.T) {
	x := newCircle(t, group.Rules{})
	bea, chloe := found(x.home, "bea", x.b.Host), found(x.home, "chloe", x.c.Host)
	for _, id := range []int64{bea.ID, chloe.ID} {
		if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), x.g.AccountID, id, group.Moderator); err != nil {
			t.Fatal(err)
		}
	}
	x.Settle()
	for n, want := range map[*testkit.Node]string{x.b: bea.URI, x.c: chloe.URI} {
		d, err := n.Engine.Ask(ctx, x.g.Account.URI+"/moderators")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Items().IDs(); len(got) != 1 || got[0] != want {
			t.Errorf("%s hears of %v", n.Host, got)
		}
	}
}
