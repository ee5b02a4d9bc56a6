package federation_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/follow"
)

func (n *node) follows1(account, target int64) (following, requested bool) {
	n.t.Helper()
	r, err := follow.Relations(context.Background(), n.db.Read(), account, []int64{target})
	if err != nil {
		n.t.Fatal(err)
	}
	return r[target].Following, r[target].Requested
}

// TestOR10MoveIn: who moves takes followers along only to an account that says
// it is the same person's, and not again within thirty days.
//
// Spec: OR10; Spec: FEP-7628
func TestOR10MoveIn(t *testing.T) {
	n := newNode(t)
	ana := n.person("ana")
	old, fresh := newStranger(t), newStranger(t)
	old.followedBy(n, ana)
	from := n.byURI(old.actor("hana"))
	move := func() doc {
		m := old.activity("Move", old.actor("hana"))
		m["target"] = fresh.actor("hana")
		return m
	}
	forged := fresh.activity("Move", old.actor("hana"))
	forged["target"] = fresh.actor("hana")
	for name, send := range map[string]func(){
		"without the back link": func() { old.mustSend(n, move()) },
		"of another":            func() { fresh.mustSend(n, forged) },
	} {
		send()
		settle(n)
		if yes, _ := n.follows1(ana.AccountID, from.ID); !yes || n.account(from.ID).MovedTo != "" {
			t.Errorf("a move %s was followed", name)
		}
	}
	d := fresh.actorDoc("hana")
	d["alsoKnownAs"] = []string{old.actor("hana")}
	fresh.put("/users/hana", d)
	forged["id"] = fresh.base + "/activities/other"
	fresh.mustSend(n, forged)
	settle(n)
	if yes, _ := n.follows1(ana.AccountID, from.ID); !yes {
		t.Error("the new account alone moved the old one")
	}
	old.mustSend(n, move())
	settle(n)
	to := n.byURI(fresh.actor("hana"))
	if yes, asked := n.follows1(ana.AccountID, from.ID); yes || asked {
		t.Error("the old account is still followed")
	}
	if _, asked := n.follows1(ana.AccountID, to.ID); !asked {
		t.Error("the new account was not asked")
	}
	if got := n.account(from.ID).MovedTo; got != to.URI {
		t.Errorf("moved to %q", got)
	}
	// A third account within thirty days is not gone along with.
	third := newStranger(t)
	d3 := third.actorDoc("hana")
	d3["alsoKnownAs"] = []string{old.actor("hana")}
	third.put("/users/hana", d3)
	again := old.activity("Move", old.actor("hana"))
	again["target"] = third.actor("hana")
	old.mustSend(n, again)
	settle(n)
	if got := n.account(from.ID).MovedTo; got != to.URI {
		t.Errorf("moved again, to %q", got)
	}
	// Once they are over it is.
	if err := n.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update account_move set moved_at = moved_at - $1`, (31 * 24 * time.Hour).Milliseconds())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	again["id"] = old.base + "/activities/later"
	old.mustSend(n, again)
	settle(n)
	if got := n.account(from.ID).MovedTo; got != third.actor("hana") {
		t.Errorf("after a month: moved to %q", got)
	}
}

// TestOR10ManyGoAlong: of many who go along to a new account its server is asked by
// a few at a time.
//
// Spec: OR10
func TestOR10ManyGoAlong(t *testing.T) {
	n := newNode(t)
	old, fresh := newStranger(t), newStranger(t)
	old.followedBy(n, n.person("ana"))
	from := n.byURI(old.actor("hana"))
	var people []int64
	for i := range 60 {
		people = append(people, n.make(account.NewLocal{Username: fmt.Sprint("p", i), Public: true, Words: "oui"}).ID)
	}
	if err := n.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for i, id := range people {
			if _, err := tx.Exec(ctx, `insert into follow (id, account_id, target_id, uri, accepted, boosts, created_at) values ($1, $1, $2, $3, $4, $4, 1)`,
				id, from.ID, fmt.Sprint(n.base, "/activities/", i), true); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d := fresh.actorDoc("hana")
	d["alsoKnownAs"] = []string{old.actor("hana")}
	fresh.put("/users/hana", d)
	m := old.activity("Move", old.actor("hana"))
	m["target"] = fresh.actor("hana")
	old.mustSend(n, m)
	settle(n)
	if got := fresh.received(); got != 25 {
		t.Errorf("%d ask at once, want 25", got)
	}
	if got := n.count(`select count(*) from job where kind = 'follow.move' and run_at > $1`, time.Now().Add(30*time.Second).UnixMilli()); got != 1 {
		t.Errorf("%d jobs for the others", got)
	}
}

// TestMoveOut: an account of ours moves to one that names it, and tells its followers.
func TestMoveOut(t *testing.T) {
	ctx := context.Background()
	n, m := newNode(t), newNode(t)
	ana, bob, neu := n.person("ana"), m.person("bob"), m.person("ana2")
	m.follow(bob, n, ana)
	here, there := n.account(ana.AccountID), m.account(neu.AccountID)
	if err := n.follows.Move(ctx, n.engine, here.ID, "ana2", m.host); !apperr.Is(err, apperr.KindInvalid) {
		t.Fatalf("without the back link: %v", err)
	}
	if err := m.accounts.AddAlias(ctx, there.ID, here.URI); err != nil {
		t.Fatal(err)
	}
	settle(m, n)
	if err := n.follows.Move(ctx, n.engine, here.ID, "ana2", m.host); err != nil {
		t.Fatal(err)
	}
	settle(n, m)
	if yes, _ := m.follows1(bob.AccountID, there.ID); !yes {
		t.Error("a follower did not go along")
	}
	if yes, _ := m.follows1(bob.AccountID, m.byURI(here.URI).ID); yes {
		t.Error("the old account is still followed")
	}
	if d := document(t, here.URI); d.Refs("movedTo").ID() != there.URI {
		t.Errorf("actor: %s", d.Bytes)
	}
	if d := document(t, there.URI); len(d.Refs("alsoKnownAs")) != 1 {
		t.Errorf("actor: %s", d.Bytes)
	}
	if err := n.follows.Move(ctx, n.engine, here.ID, "ana2", m.host); !apperr.Is(err, apperr.KindTooMany) {
		t.Errorf("again at once: %v", err)
	}
}

// TestRequestsAreRepeated: a request without an answer is sent again, and no
// more once there is one.
func TestRequestsAreRepeated(t *testing.T) {
	ctx := context.Background()
	n := newNode(t)
	ana := n.person("ana")
	s := newStranger(t)
	s.meet(n)
	hana := n.byURI(s.actor("hana"))
	if err := n.follows.Follow(ctx, ana.AccountID, hana.ID, nil); err != nil {
		t.Fatal(err)
	}
	settle(n)
	due := func() {
		t.Helper()
		err := n.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update job set run_at = $1 where kind = 'follow.again'`, time.Now().Add(-time.Second).UnixMilli())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		n.jobs.Wake()
		settle(n)
	}
	for want := 2; want <= 3; want++ {
		due()
		if got := s.received(); got != want {
			t.Fatalf("%d requests, not %d", got, want)
		}
	}
	if due(); s.received() != 3 {
		t.Error("asked for ever")
	}
	var again doc
	s.last(&again)
	s.mustSend(n, s.activity("Accept", again["id"]))
	settle(n)
	if yes, _ := n.follows1(ana.AccountID, hana.ID); !yes {
		t.Error("an Accept of a bare id is not understood")
	}
}

// TestAliasIsToldThere: the server of another address hears at once that it is
// one, though nobody there follows; GoToSocial lets nobody go before it knows.
//
// Spec: FEP-7628
func TestAliasIsToldThere(t *testing.T) {
	n, s := newNode(t), newStranger(t)
	s.meet(n)
	ana := n.person("ana")
	told := func() (kind string, known []string) {
		t.Helper()
		settle(n)
		var d struct {
			Type   string
			Object struct{ AlsoKnownAs []string }
		}
		s.last(&d)
		return d.Type, d.Object.AlsoKnownAs
	}
	if err := n.accounts.AddAlias(t.Context(), ana.AccountID, s.actor("hana")); err != nil {
		t.Fatal(err)
	}
	if kind, known := told(); kind != "Update" || len(known) != 1 || known[0] != s.actor("hana") {
		t.Errorf("told of the alias by %q: %v", kind, known)
	}
}
