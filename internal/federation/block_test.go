package federation_test

import (
	"testing"

	"github.com/maillage/maillage/internal/follow"
)

// TestBlockEndsFollows: who blocks one of ours is neither followed by them nor
// follows them any more; the follows of others stay.
//
// Spec: AP 6.9
func TestBlockEndsFollows(t *testing.T) {
	n := newNode(t)
	ana, bob := n.person("ana"), n.person("bob")
	s, other := newStranger(t), newStranger(t)
	s.meet(n)
	other.meet(n)
	hana := n.byURI(s.actor("hana")).ID
	send := func(who *stranger, d doc) {
		t.Helper()
		if got := who.send(n, d); got != 202 {
			t.Fatal(got)
		}
		settle(n)
	}
	for _, person := range []int64{ana.AccountID, bob.AccountID} {
		if err := n.follows.Follow(t.Context(), person, hana, nil); err != nil {
			t.Fatal(err)
		}
		settle(n)
		var sent struct{ ID string }
		s.last(&sent)
		send(s, s.activity("Accept", sent.ID))
		send(s, s.activity("Follow", n.account(person).URI))
	}
	relation := func(person int64) follow.Relation {
		t.Helper()
		rel, err := follow.Relations(t.Context(), n.db.Read(), person, []int64{hana})
		if err != nil {
			t.Fatal(err)
		}
		return rel[hana]
	}
	both := follow.Relation{Following: true, FollowedBy: true, Boosts: true}
	send(other, other.activity("Block", n.account(ana.AccountID).URI))
	for _, person := range []int64{ana.AccountID, bob.AccountID} {
		if got := relation(person); got != both {
			t.Fatalf("before the block: %+v", got)
		}
	}
	send(s, s.activity("Block", n.account(ana.AccountID).URI))
	if got := relation(ana.AccountID); got.Following || got.FollowedBy || got.Requested || got.RequestedBy {
		t.Errorf("after the block: %+v", got)
	}
	if got := relation(bob.AccountID); got != both {
		t.Errorf("somebody else: %+v", got)
	}
	if a := n.account(ana.AccountID); a.FollowersCount != 0 || a.FollowingCount != 0 {
		t.Errorf("counted %d followers, %d followed", a.FollowersCount, a.FollowingCount)
	}
}
