package group_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestPutOutOnAnotherServer: two people of one affiliated server are in a closed group of another; one is put
// out of it there, or leaves. Their server keeps the group for the other, and shows nothing more of it to them.
//
// Spec: P1, P2
func TestPutOutOnAnotherServer(t *testing.T) {
	for how, out := range map[string]func(x *circle){
		"banned": func(x *circle) {
			if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "bea", x.b.Host).ID, ""); err != nil {
				x.home.T.Fatal(err)
			}
		},
		"leaves": func(x *circle) {
			if err := x.b.Follows.Unfollow(ctx, x.b.Person("bea", false).ID, x.atB.ID); err != nil {
				x.home.T.Fatal(err)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			x := newCircle(t, group.Rules{})
			x.follow(t, x.b, "boris", x.atB)
			if err := x.b.Follows.Follow(ctx, x.b.Person("bea", false).ID, x.b.Person("boris", false).ID, nil); err != nil {
				t.Fatal(err)
			}
			m := newMember(t, x.b, "bea", idOf(x.b, "boris"))
			first, err := into(x.home, "ana", x.g.AccountID, x.b.Handle("bea")+" Motavant")
			if err != nil {
				t.Fatal(err)
			}
			x.Settle()
			m.live.until(t, "Motavant")
			page := "/groupes/cellule@" + x.home.Host
			numbers := []string{ids.String(here(t, x.b, first.URI).ID), ids.String(x.atB.ID), idOf(x.b, "boris")}
			finds := func(words ...string) []string {
				at := m.finds(map[string]string{}, numbers, words...)
				for _, path := range []string{page, page + "/" + numbers[0], page + "/journal", page + "/contributions"} {
					body, _, code := m.ask(path, "")
					for _, w := range words {
						if code < 400 && strings.Contains(body, w) {
							at = append(at, path)
						}
					}
				}
				return at
			}
			if at := finds("Motavant"); len(at) < 10 {
				t.Fatalf("a member finds it at %v alone", at)
			}
			out(x)
			x.Settle()
			said := len(m.live.heard())
			late, err := into(x.home, "ana", x.g.AccountID, x.b.Handle("bea")+" Motaprès")
			if err != nil {
				t.Fatal(err)
			}
			near, err := into(x.b, "boris", x.atB.ID, "@bea Motaprès aussi")
			if err != nil {
				t.Fatal(err)
			}
			x.Settle()
			if !reads(t, x.b, "boris", late.URI) {
				t.Fatal("boris, who stays, does not read it")
			}
			if _, err := x.b.Posts.Delete(ctx, x.b.Viewer("boris"), near.ID); err != nil {
				t.Fatal(err)
			}
			x.Settle()
			time.Sleep(200 * time.Millisecond)
			if now := m.live.heard()[said:]; strings.Contains(now, "Mot") || strings.Contains(now, ids.String(near.ID)) {
				t.Errorf("an open stream says %s", now)
			}
			numbers = append(numbers, ids.String(here(t, x.b, late.URI).ID), ids.String(near.ID))
			if at := finds("Motavant", "Motaprès"); len(at) != 0 {
				t.Errorf("who is out still finds it at %s", strings.Join(at, "\n"))
			}
			if _, err := into(x.b, "bea", x.atB.ID, "Encore moi"); err == nil {
				t.Error("who is out writes")
			}
		})
	}
}

// TestAMoveTakesNoMembershipAlong: a member of an affiliated server moves to an account on one outside the
// movement, as both accounts say: that is no member, and hears and reads nothing of the group.
//
// Spec: P1; Spec: FEP-7628
func TestAMoveTakesNoMembershipAlong(t *testing.T) {
	c := testkit.NewCluster(t, 3)
	home, b, out := c[0], c[1], c[2]
	affiliate(t, c[:2])
	home.Person("ana", true)
	bea, again := b.Person("bea", true), out.Person("bea", true)
	g := create(t, home, "ana", "cellule", group.Rules{Access: group.Movement})
	join(t, b, "bea", home.Handle("cellule"))
	c.Follow(out, "bea", b, "bea")
	c.Follow(out, "bea", home, "ana")
	c.Follow(home, "ana", b, "bea")
	first, err := into(home, "ana", g.AccountID, "Motavant")
	if err != nil {
		t.Fatal(err)
	}
	c.Settle()
	if !reads(t, b, "bea", first.URI) {
		t.Fatal("bea is no member")
	}
	if err := out.Accounts.AddAlias(ctx, again.ID, bea.URI); err != nil {
		t.Fatal(err)
	}
	if err := b.Follows.Move(ctx, b.Engine, bea.ID, "bea", out.Host); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	moved, err := db.Get[int](ctx, home.DB.Read(), `select count(*) from account_move v join account a on a.id = v.account_id where a.uri = $1 and v.target_uri = $2`, bea.URI, again.URI)
	if err != nil || moved != 1 {
		t.Fatalf("the group's server has not heard of the move: %d %v", moved, err)
	}
	if id, err := out.Engine.Account(ctx, "cellule", home.Host); err == nil {
		t.Errorf("the new account finds the group: %v", id)
	}
	for _, uri := range []string{g.Account.URI, first.URI, g.Account.URI + "/outbox", g.Account.Followers, g.Account.URI + "/threads"} {
		if _, err := out.Engine.Ask(ctx, uri); err == nil {
			t.Errorf("its server reads %s", uri)
		}
	}
	late, err := into(home, "ana", g.AccountID, "Motaprès @bea@"+out.Host)
	if err != nil {
		t.Fatal(err)
	}
	c.Settle()
	for _, p := range []*post.Post{first, late} {
		if here(t, out, p.URI) != nil {
			t.Errorf("the server of the new account has %s", p.Content)
		}
	}
	n, err := db.Get[string](ctx, home.DB.Read(), `select coalesce(max(a.uri), '') from group_member m join account a on a.id = m.account_id where m.group_id = $1 and a.host = $2`, g.AccountID, out.Host)
	if err != nil || n != "" {
		t.Errorf("%s is a member: %v", n, err)
	}
	grants, err := db.Get[int](ctx, home.DB.Read(), `select count(*) from audience_account s join account a on a.id = s.account_id where s.scope_id = $1 and a.host = $2`, g.AccountID, out.Host)
	if err != nil || grants != 0 {
		t.Errorf("%d may read: %v", grants, err)
	}
}
