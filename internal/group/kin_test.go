package group_test

import (
	"net/url"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
)

// kin is a server of the movement of our kind that we play, with somebody who is in a closed group.
func (x *circle) kin(t *testing.T, name string) (*peer.Peer, *peer.Actor) {
	t.Helper()
	p := peer.New(peer.Options{Software: "maillage", AutoAccept: true})
	t.Cleanup(p.Close)
	sql(t, x.home, `insert into audience_host (host, valid_until) values ($1, 0)`, p.Host)
	return p, x.kinIn(t, p, name)
}

// declared is somebody whose server says that it keeps our profile of closed groups.
func declared(p *peer.Peer, name string) *peer.Actor {
	return p.ActorOf("Person", name, func(a *as.Actor) {
		a.Extra = map[string]any{"generator": map[string]any{"type": "Application", "implements": []any{map[string]any{"href": route.ImplementsClosedGroups, "name": "closed groups"}}}}
		a.ExtraContext = map[string]any{"implements": map[string]any{"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"}}
	})
}

func (x *circle) kinIn(t *testing.T, p *peer.Peer, name string) *peer.Actor {
	t.Helper()
	a := declared(p, name)
	if _, answer, err := a.Follow(ctx, x.g.Account.URI); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	x.Settle()
	if answer, err := a.Get(ctx, x.g.Account.Followers+"?is_follower="+url.QueryEscape(a.ID)); err != nil || answer.Status != 200 {
		t.Fatalf("%s is not in: %v %v", name, answer, err)
	}
	return a
}

// TestWhatAClosedGroupTellsOneServerAlone: who moderates it is told their own server, a vote the server of who
// asked, and a like nobody; the server whose last member is put out is told to erase what it has.
//
// Spec: P1; Spec: FEP-9967
func TestWhatAClosedGroupTellsOneServerAlone(t *testing.T) {
	x := newCircle(t, group.Rules{})
	p, nia := x.kin(t, "nia")
	q, ola := x.kin(t, "ola")
	// A peer that cannot have the key of a closed group is knocked at twice.
	with := func(p *peer.Peer, kind string, is func(d *as.Doc) bool) int {
		told := map[string]bool{}
		for _, r := range p.Requests() {
			if r.Method == "POST" && r.Doc != nil && r.Doc.Is(kind) && is(r.Doc) {
				told[r.Doc.ID()] = true
			}
		}
		return len(told)
	}
	role := func(d *as.Doc) bool {
		in := d.Object().Doc()
		return in != nil && in.Is("Add", "Remove") && in.Target().ID() == x.g.Account.URI+"/moderators"
	}
	if err := x.home.Groups.SetRole(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, "nia", p.Host).ID, group.Moderator); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if a, b := with(p, "Announce", role), with(q, "Announce", role); a != 1 || b != 0 {
		t.Errorf("that nia moderates is told her server %d times, another %d", a, b)
	}

	// A message of nia's, with a poll.
	note, create := nia.Note("<p>Quel soir ?</p>", func(n *as.Note) {
		n.Type, n.To, n.Cc, n.Audience = "Question", []string{x.g.Account.URI, x.g.Account.Followers}, nil, x.g.Account.URI
		n.Extra = map[string]any{"oneOf": []any{map[string]any{"type": "Note", "name": "Lundi"}, map[string]any{"type": "Note", "name": "Mardi"}}}
	})
	create.To, create.Cc, create.Audience = note.To, nil, note.Audience
	if answer, err := nia.Send(ctx, x.g.Account.Inbox, create); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	x.Settle()
	at := here(t, x.home, note.ID)
	if at == nil || at.Audience != post.Group {
		t.Fatalf("what nia wrote is not in the group: %+v", at)
	}
	if _, err := x.home.Posts.Like(ctx, x.home.Viewer("ana"), at.ID); err != nil {
		t.Fatal(err)
	}
	if err := x.home.Polls.Vote(ctx, x.home.Viewer("ana"), at.ID, []int{1}); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	vote := func(d *as.Doc) bool {
		in := d.Object().Doc()
		return in != nil && in.Is("Create") && in.Object().Doc() != nil && in.Object().Doc().Name() == "Mardi" && in.Actor() == x.home.Person("ana", false).URI
	}
	if a, b := with(p, "Announce", vote), with(q, "Announce", vote); a != 1 || b != 0 {
		t.Errorf("a vote is told the server of who asked %d times, another %d", a, b)
	}
	any := func(*as.Doc) bool { return true }
	if n := with(p, "Like", any) + with(q, "Like", any); n != 0 {
		t.Errorf("%d likes left the own server", n)
	}

	// The last member of a server is put out of the group, not the first.
	pia := x.kinIn(t, p, "pia")
	// What somebody asks for who moderates nothing is refused to members alone, though their server has one.
	lou := declared(p, "lou")
	for _, a := range []*peer.Actor{pia, lou} {
		send(t, x.home, a, x.g.Account.Inbox, as.Activity{Type: "Lock", ID: a.ID + "/locks/1", Actor: a.ID, Object: note.ID, To: []string{x.g.Account.URI}, Audience: x.g.Account.URI})
		x.Settle()
		if got, want := with(p, "Reject", func(d *as.Doc) bool { return len(d.To()) == 1 && d.To()[0] == a.ID }), map[bool]int{true: 1}[a == pia]; got != want {
			t.Errorf("%s is refused %d times, not %d", a.Name, got, want)
		}
	}
	back := func(d *as.Doc) bool {
		in := d.Object().Doc()
		return in != nil && in.Is("Accept") && d.Actor() == x.g.Account.URI
	}
	for i, a := range []*peer.Actor{nia, pia} {
		if err := x.home.Groups.Ban(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, a.Name, p.Host).ID, "insultes"); err != nil {
			t.Fatal(err)
		}
		x.Settle()
		if got := with(p, "Undo", back); got != i {
			t.Errorf("%d members put out: told %d times to erase", i+1, got)
		}
	}
	if with(q, "Undo", back) != 0 {
		t.Errorf("the server of %s, who is in, is told to erase", ola.ID)
	}
}

// TestInvitesOnTheWire: an Invite names the group and, as its target, the person, who alone gets it; Accept
// and Reject of it, by its id, answer.
func TestInvitesOnTheWire(t *testing.T) {
	x := newCircle(t, group.Rules{})
	p, _ := x.kin(t, "nia")
	sql(t, x.home, `update group_info set joining = 'invite' where account_id = $1`, x.g.AccountID)
	for kind, in := range map[string]bool{"Accept": true, "Reject": false} {
		lou := declared(p, "lou"+kind)
		if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, found(x.home, lou.Name, p.Host).ID); err != nil {
			t.Fatal(err)
		}
		x.Settle()
		var invite *as.Doc
		for _, r := range p.Received(peer.Posted("Invite")) {
			if r.Doc.Target().ID() == lou.ID {
				invite = r.Doc
			}
		}
		if invite == nil || invite.Object().ID() != x.g.Account.URI || len(invite.To()) != 1 || invite.To()[0] != lou.ID || len(invite.Cc()) != 0 {
			t.Fatalf("the Invite: %+v", invite)
		}
		send(t, x.home, lou, x.g.Account.Inbox, as.Activity{Type: kind, ID: p.NewID("answers"), Actor: lou.ID, To: []string{x.g.Account.URI},
			Object: as.Activity{Type: "Invite", ID: invite.ID(), Actor: invite.Actor(), Object: x.g.Account.URI, Target: lou.ID}})
		if _, answer, err := lou.Follow(ctx, x.g.Account.URI); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		x.Settle()
		if answer, err := lou.Get(ctx, x.g.Account.URI+"/moderators"); err != nil || answer.Status != 200 { // the server has nia
			t.Errorf("%v %v", answer, err)
		}
		got, err := db.Get[int](ctx, x.home.DB.Read(), `select count(*) from group_member m join account a on a.id = m.account_id where m.group_id = $1 and a.uri = $2 and m.state = 'in'`, x.g.AccountID, lou.ID)
		if err != nil || got == 1 != in {
			t.Errorf("%s: %d members: %v", kind, got, err)
		}
	}
}
