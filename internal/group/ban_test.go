package group_test

import (
	"slices"
	"testing"

	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/testkit"
)

// TestBanEndsTheFollowElsewhere: a server that keeps accepted follows whatever is
// rejected, as GoToSocial does, is told by a Block of the group itself, and of its end.
func TestBanEndsTheFollowElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	for software, want := range map[string][]string{
		"gotosocial": {"Block", "Reject{Follow}", "Undo{Block}"},
		"lemmy":      {"Announce{Block}", "Announce{Undo}", "Reject{Follow}"},
		"smithereen": {"Block", "Reject{Follow}", "Undo{Block}"},
	} {
		g := create(t, n, "ana", "velo_"+software, group.Rules{Access: group.Open})
		p, zoe := follower(t, n, software, g)
		// Somebody of that server stays.
		if _, _, err := p.Actor("yan").Follow(ctx, g.Account.URI); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		who, err := account.ByURI(ctx, n.DB.Read(), zoe.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, who.ID, "insultes"); err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Unban(ctx, n.Viewer("ana"), g.AccountID, who.ID); err != nil {
			t.Fatal(err)
		}
		idle(t, n)
		if got := heard(p); !slices.Equal(got, want) {
			t.Errorf("%s hears %v, not %v", software, got, want)
		}
		// What is undone is found by its id.
		for _, r := range p.Received(peer.Posted("Undo")) {
			if id := r.Doc.Object().ID(); len(p.Received(func(b peer.Request) bool { return b.Doc != nil && b.Doc.Is("Block") && b.Doc.ID() == id })) != 1 {
				t.Errorf("%s never heard of the Block %s", software, id)
			}
		}
	}
}
