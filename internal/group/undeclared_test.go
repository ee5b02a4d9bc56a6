package group_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/testkit"
)

// TestWhoDoesNotDeclareGetsNothing: a server of the movement whose actors do not say
// that its software keeps our profile of closed groups has nobody let in, is sent
// nothing even where somebody of it stands among the members, has nothing of theirs
// taken, and is vouched for to nobody; one that says so has all of that.
//
// Spec: FEP-844e
func TestWhoDoesNotDeclareGetsNothing(t *testing.T) {
	x := newCircle(t, group.Rules{})
	p := peer.New(peer.Options{Software: "maillage", AutoAccept: true})
	t.Cleanup(p.Close)
	sql(t, x.home, `insert into audience_host (host, valid_until) values ($1, 0)`, p.Host)
	mia := p.Actor("mia")
	follow := func(a *peer.Actor) string {
		t.Helper()
		if _, answer, err := a.Follow(ctx, x.g.Account.URI); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		x.Settle()
		state, err := db.All[string](ctx, x.home.DB.Read(), `select m.state from group_member m join account a on a.id = m.account_id where m.group_id = $1 and a.uri = $2`, x.g.AccountID, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(state, " ")
	}
	written := func(text string) string {
		t.Helper()
		w, err := into(x.home, "ana", x.g.AccountID, text)
		if err != nil {
			t.Fatal(err)
		}
		x.Settle()
		return w.URI
	}
	vouched := func(a *peer.Actor) bool {
		t.Helper()
		answer, err := a.Get(ctx, x.g.Account.Followers+"?is_follower="+url.QueryEscape(a.ID))
		if err != nil {
			t.Fatal(err)
		}
		return answer.Status == 200
	}
	answers := func(a *peer.Actor, text string) bool {
		t.Helper()
		note, create := a.Note("<p>"+text+"</p>", func(n *as.Note) {
			n.To, n.Cc, n.Audience = []string{x.g.Account.URI, x.g.Account.Followers}, nil, x.g.Account.URI
		})
		create.To, create.Cc, create.Audience = note.To, nil, note.Audience
		if answer, err := a.Send(ctx, x.g.Account.Inbox, create); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		x.Settle()
		return here(t, x.home, note.ID) != nil
	}

	if got := follow(mia); got != "" || len(p.Received(peer.Posted("Accept"))) != 0 || len(p.Received(peer.Posted("Reject"))) == 0 {
		t.Errorf("who may not come in is %q, with %d yes and %d no", got, len(p.Received(peer.Posted("Accept"))), len(p.Received(peer.Posted("Reject"))))
	}
	first := written("Motpremier")
	if answer, err := mia.Get(ctx, first); err != nil || answer.Status != 404 || vouched(mia) {
		t.Errorf("it may read: %v %v", answer, err)
	}
	// Somebody stands among the members all the same.
	sql(t, x.home, `insert into group_member (group_id, account_id, state, role, since) select $1, id, 'in', 'member', 1 from account where uri = $2`, x.g.AccountID, mia.ID)
	second := written("Motsecond")
	if vouched(mia) || answers(mia, "Motreponse") {
		t.Error("it is vouched for, or what it says is taken")
	}
	for _, secret := range []string{"Motpremier", "Motsecond", first, second} {
		if p.Mentions(secret) {
			t.Errorf("it is sent %s", secret)
		}
	}

	nia := p.ActorOf("Person", "nia", func(a *as.Actor) {
		a.Extra = map[string]any{"generator": map[string]any{"type": "Application", "implements": []any{map[string]any{"href": route.ImplementsClosedGroups, "name": "closed groups"}}}}
		a.ExtraContext = map[string]any{"implements": map[string]any{"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"}}
	})
	if got := follow(nia); got != group.In {
		t.Fatalf("who may come in is %q", got)
	}
	sql(t, x.home, `update group_info set secret = true`)
	third := written("Mottroisieme")
	drawing, picture := pictured(t, x.home, "ana", map[string]any{"status": "@cellule Motimage"})
	x.Settle()
	gets := func(a *peer.Actor) string {
		t.Helper()
		var out []string
		for _, u := range []string{third, drawing.URI, picture, x.g.Account.URI + "/topics", x.g.Account.URI + "/threads", x.g.Account.URI + "/moderators", x.g.Account.URI} {
			answer, err := a.Get(ctx, u)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strconv.Itoa(answer.Status))
		}
		return strings.Join(out, " ")
	}
	if got := gets(nia); got != "200 200 200 200 200 200 200" {
		t.Errorf("a server that keeps the profile is answered %s", got)
	}
	if !p.Mentions("Mottroisieme") || !vouched(nia) || !answers(nia, "Motsuite") {
		t.Errorf("a server that keeps the profile is not served: sent %v, vouched %v", p.Mentions("Mottroisieme"), vouched(nia))
	}

	// Its software is another one now.
	if _, err := x.home.Engine.Resolve(ctx, p.Actor("pia").ID); err != nil {
		t.Fatal(err)
	}
	if got := gets(nia); got != "404 404 404 404 404 404 404" {
		t.Errorf("a server that keeps the profile no more is answered %s", got)
	}
	sql(t, x.home, `update group_info set secret = false`)
	written("Motquatrieme")
	if p.Mentions("Motquatrieme") || vouched(nia) || answers(nia, "Motfin") {
		t.Errorf("a server that keeps the profile no more is served: sent %v, vouched %v", p.Mentions("Motquatrieme"), vouched(nia))
	}
}

// TestClosedGroupsOfSmithereen: a closed group of Smithereen, whose server is not of
// the movement, puts whole posts on its wall for its members; none of it is kept here,
// as what an open one puts there is.
//
// Spec: FEP-db0e
func TestClosedGroupsOfSmithereen(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := peer.New(peer.Options{Software: "smithereen", AutoAccept: true})
	t.Cleanup(p.Close)
	learn(t, n, p, "smithereen")
	wall := p.URL + "/users/cercle/wall"
	for kind, taken := range map[string]bool{"closed": false, "open": true} {
		there := p.ActorOf("Group", "cercle-"+kind, func(a *as.Actor) { a.Extra = map[string]any{"wall": wall + kind, "accessType": kind} })
		who, err := n.Engine.Resolve(ctx, there.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Groups.Join(ctx, n.Viewer("ana"), who.ID); err != nil {
			t.Logf("%s: not joined: %v", kind, err)
		}
		for range 3 { // the peer answers in its own time
			idle(t, n)
			time.Sleep(100 * time.Millisecond)
		}
		note, _ := p.Actor("zoe").Note("<p>Mot "+kind+"</p>", func(x *as.Note) {
			x.Extra = map[string]any{"target": map[string]any{"type": "Collection", "id": wall + kind, "attributedTo": there.ID}}
			if x.To = []string{as.Public}; kind == "closed" {
				x.To, x.Cc = []string{there.ID, there.ID + "/followers"}, nil
			}
		})
		body, err := note.Build()
		if err != nil {
			t.Fatal(err)
		}
		send(t, n, there, n.URL+"/inbox", as.Activity{Type: "Add", ID: there.ID + "#add", Actor: there.ID, Object: json.RawMessage(body), Target: wall + kind, To: note.To})
		idle(t, n)
		if got := here(t, n, note.ID) != nil; got != taken {
			t.Errorf("%s: taken %v", kind, got)
		}
	}
}
