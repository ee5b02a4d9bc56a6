package group_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
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

// TestTheBannedAreTold: whoever is banned and writes again is told why in words that they
// can read, though GoToSocial shows them nothing more of the group that blocked them.
func TestTheBannedAreTold(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	g := create(t, n, "ana", "velo", group.Rules{Access: group.Open, Posting: group.Everyone})
	p, zoe := follower(t, n, "gotosocial", g)
	who, err := account.ByURI(ctx, n.DB.Read(), zoe.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, who.ID, "insultes"); err != nil {
		t.Fatal(err)
	}
	note, again := zoe.Note("<p>Je reviens</p>", func(x *as.Note) {
		x.Cc, x.Tags = append(x.Cc, g.Account.URI), []as.Tag{{Type: "Mention", Href: g.Account.URI, Name: n.Handle("velo")}}
	})
	if got, err := zoe.Send(ctx, g.Account.Inbox, again); err != nil || got.Status != http.StatusAccepted {
		t.Fatal(got, err)
	}
	idle(t, n)
	told := p.Received(peer.Posted("Create"))
	if len(told) != 1 {
		t.Fatalf("%d messages: %v", len(told), heard(p))
	}
	d := told[0].Doc
	server, err := account.ByHandle(ctx, n.DB.Read(), n.Host, "")
	if err != nil {
		t.Fatal(err)
	}
	if o := d.Object().Doc(); d.Actor() != server.URI || o == nil || o.AttributedTo() != server.URI || o.InReplyTo() != note.ID ||
		!slices.Equal(o.To(), []string{zoe.ID}) || !strings.Contains(o.Content(), "exclu") {
		t.Errorf("told by %s: %s", d.Actor(), told[0].Body)
	}
}
