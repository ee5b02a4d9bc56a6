package group_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/testkit"
)

func countOf(t *testing.T, n *testkit.Node, q string, args ...any) int {
	t.Helper()
	out, err := db.Get[int](ctx, n.DB.Read(), q, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAnInvitationIsTakenBack: who is invited here or on another server reads the invitation no more, and
// is told of it no more, once a moderator has taken it back on the page of the members.
func TestAnInvitationIsTakenBack(t *testing.T) {
	x := newCircle(t, group.Rules{Name: "Motcaché", Secret: true, Joining: group.Invite})
	aldo := x.home.Person("aldo", false)
	bea := found(x.home, "bea", x.b.Host)
	for _, id := range []int64{aldo.ID, bea.ID} {
		if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, id); err != nil {
			t.Fatal(err)
		}
	}
	x.Settle()
	told := func() (n int) {
		here := countOf(t, x.home, `select count(*) from notification where account_id = $1 and kind = $2`, aldo.ID, notify.GroupInvite)
		there := countOf(t, x.b, `select count(*) from notification where kind = $1`, notify.GroupInvite)
		return here + there
	}
	if told() != 2 || !strings.Contains(x.b.SignIn("bea").Open("/groupes").Text(), "Motcaché") {
		t.Fatalf("%d of two are told", told())
	}
	ana := x.home.SignIn("ana")
	for _, name := range []string{"aldo", "bea"} {
		if ana.Open("/groupes/cellule/membres"); !ana.Has("Invitations sans réponse") {
			t.Fatalf("the list of who is invited: %s", ana.Text())
		}
		id := map[string]int64{"aldo": aldo.ID, "bea": bea.ID}[name]
		if ana.Submit("/groupes/cellule/membres/"+ids.String(id), map[string]string{"acte": "uninvite"}); ana.Status != 200 {
			t.Fatalf("%s: %d", name, ana.Status)
		}
	}
	x.Settle()
	if ana.Open("/groupes/cellule/membres"); ana.Has("Invitations sans réponse") {
		t.Error("somebody is invited still")
	}
	if ana.Open("/groupes/cellule/journal"); !ana.Has("a retiré l’invitation") {
		t.Errorf("the journal: %s", ana.Text())
	}
	if told() != 0 {
		t.Errorf("%d are told still", told())
	}
	if b := x.b.SignIn("bea").Open("/groupes"); strings.Contains(b.Text(), "Motcaché") {
		t.Errorf("on the other server: %s", b.Text())
	}
	if b := x.home.SignIn("aldo").Open("/groupes/cellule"); b.Status != http.StatusNotFound {
		t.Errorf("here: %d", b.Status)
	}
}

// TestOnlyWhoInvitedTakesBack: somebody else of the server of a group takes no invitation of it back,
// and no other server does.
func TestOnlyWhoInvitedTakesBack(t *testing.T) {
	x := newCircle(t, group.Rules{Secret: true, Joining: group.Invite})
	bea := found(x.home, "bea", x.b.Host)
	x.home.Person("aldo", true)
	if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, bea.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	p := peer.New(peer.Options{Software: "maillage"})
	t.Cleanup(p.Close)
	eve := p.Actor("eve")
	invite := as.Activity{Type: "Invite", ID: p.NewID("invites"), Actor: eve.ID, Object: x.g.Account.URI, Target: bea.URI}
	send(t, x.b, eve, bea.Inbox, as.Activity{Type: "Undo", ID: p.NewID("undo"), Actor: eve.ID, Object: invite, To: []string{bea.URI}})
	x.Settle()
	if n := countOf(t, x.b, `select count(*) from group_invitation`); n != 1 {
		t.Errorf("%d invitations after another server took it back", n)
	}
	if err := x.home.Groups.Uninvite(ctx, x.home.Viewer("aldo"), x.g.AccountID, bea.ID); err == nil {
		t.Error("somebody who is not in the group takes an invitation back")
	}
	if err := x.home.Groups.Uninvite(ctx, x.home.Viewer("ana"), x.g.AccountID, bea.ID); err != nil {
		t.Error(err)
	}
	x.Settle()
	if n := countOf(t, x.b, `select count(*) from group_invitation`); n != 0 {
		t.Errorf("%d invitations after the group took it back", n)
	}
}

// TestTheGroupInvitesInItsOwnName: an invitation by somebody who may not be known on that server goes there in
// the name of the group.
func TestTheGroupInvitesInItsOwnName(t *testing.T) {
	x := newCircle(t, group.Rules{Secret: true, Joining: group.Invite})
	bea := found(x.home, "bea", x.b.Host)
	sql(t, x.home, `update account set hidden = true where username = 'ana'`)
	if err := x.home.Groups.Invite(ctx, x.home.Viewer("ana"), x.g.AccountID, bea.ID); err != nil {
		t.Fatal(err)
	}
	x.Settle()
	if n := countOf(t, x.b, `select count(*) from group_invitation i join account a on a.id = i.by_id where a.kind = 'Group'`); n != 1 {
		t.Errorf("%d invitations by the group", n)
	}
}
