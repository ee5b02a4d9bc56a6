package event_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestMobilizonSeesTheSection: somebody on Mobilizon, who can follow groups alone,
// follows that of the section, gets its meetings as the group's own, and joins one;
// a follower on Mastodon is not told twice.
func TestMobilizonSeesTheSection(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	id, err := db.Get[int64](ctx, n.DB.Read(), `select id from account where host = '' and kind = $1`, account.Group)
	if err != nil {
		t.Fatal(err)
	}
	g, err := account.ByID(ctx, n.DB.Read(), id)
	if err != nil {
		t.Fatal(err)
	}
	far, micro := peer.New(peer.Options{Software: "mobilizon"}), peer.New(peer.Options{Software: "mastodon"})
	defer far.Close()
	defer micro.Close()
	bob := far.Actor("bob")
	for _, a := range []*peer.Actor{bob, micro.Actor("mia")} {
		if answer, err := a.Send(ctx, g.Inbox, as.Activity{Type: "Follow", ID: a.ID + "#follow", Actor: a.ID, Object: g.URI}); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
		run(t, n, `insert into host_software (host, name, checked_at) select host, $2, 1 from account where uri = $1 on conflict (host) do update set name = excluded.name`,
			a.ID, map[bool]string{true: "mobilizon", false: "mastodon"}[a == bob])
	}
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	secret := make1(t, n, "ana", nil)
	settle(t, n)
	creates := far.Received(peer.Posted("Create"))
	if len(creates) != 1 || len(micro.Received(peer.Posted("Create"))) != 0 || far.Mentions(idOf(secret)) {
		t.Fatalf("%d and %d", len(creates), len(micro.Received(peer.Posted("Create"))))
	}
	var doc map[string]any
	if err := json.Unmarshal(creates[0].Body, &doc); err != nil {
		t.Fatal(err)
	}
	object, _ := doc["object"].(map[string]any)
	alias, _ := object["id"].(string)
	if doc["actor"] != g.URI || object["type"] != "Event" || object["attributedTo"] != g.URI || object["actor"] != g.URI || !strings.HasPrefix(alias, n.URL) || alias == p.URI || object["proof"] != nil {
		t.Errorf("%s", creates[0].Body)
	}
	answer, err := bob.Get(ctx, alias)
	if err != nil || answer.Status != 200 {
		t.Fatal(answer, err)
	}
	if e := as.ReadEvent(mustParse(t, answer.Body)); e.Start.IsZero() {
		t.Error("the document is none")
	}
	if answer, err := bob.Get(ctx, n.URL+event.Path+"/"+idOf(secret)+"/evenement"); err != nil || answer.Status != 404 {
		t.Errorf("what is for the section is served: %v %v", answer, err)
	}
	if answer, err := bob.Send(ctx, g.Inbox, as.Activity{Type: "Join", ID: bob.ID + "/join/1", Actor: bob.ID, Object: alias}); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	if rows := rowsOf(t, n, p.ID); len(rows) != 1 || len(far.Received(peer.Posted("Accept"))) < 2 { // of the Follow, and of the Join
		t.Errorf("%+v", rows)
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	ofGroup := 0
	for _, r := range far.Received(peer.Posted("Update")) {
		if strings.Contains(string(r.Body), `"`+alias+`"`) && strings.Contains(string(r.Body), "CANCELLED") {
			ofGroup++
		}
	}
	if ofGroup != 1 {
		t.Errorf("%d updates by the group", ofGroup)
	}
}

// groupHere makes an open group, with somebody of each program that follows it.
func groupHere(t *testing.T, n *testkit.Node, rules group.Rules, followers map[string]*peer.Peer) (*group.Group, map[string]*peer.Actor) {
	t.Helper()
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "climat", Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*peer.Actor{}
	for software, far := range followers {
		a := far.Actor(software)
		if answer, err := a.Send(ctx, g.Account.Inbox, as.Activity{Type: "Follow", ID: a.ID + "#follow", Actor: a.ID, Object: g.Account.URI}); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
		run(t, n, `insert into host_software (host, name, checked_at) select host, $2, 1 from account where uri = $1 on conflict (host) do update set name = excluded.name`, a.ID, software)
		out[software] = a
	}
	return g, out
}

// TestMobilizonSeesAGroup: an open group sends a meeting to those who follow it on
// Mobilizon and Gancio as its own, once, and as a boost to all others; who joins
// it there is answered by the group; deleted, it is gone there.
func TestMobilizonSeesAGroup(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	mobilizon, gancio, micro := peer.New(peer.Options{Software: "mobilizon"}), peer.New(peer.Options{Software: "gancio"}), peer.New(peer.Options{Software: "mastodon"})
	defer mobilizon.Close()
	defer gancio.Close()
	defer micro.Close()
	g, who := groupHere(t, n, group.Rules{Name: "Climat", Access: group.Open, Joining: group.Free, Posting: group.Everyone}, map[string]*peer.Peer{"mobilizon": mobilizon, "gancio": gancio, "mastodon": micro})
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.GroupID = post.Group, g.AccountID })
	settle(t, n)
	alias := ""
	for name, far := range map[string]*peer.Peer{"mobilizon": mobilizon, "gancio": gancio} {
		creates := far.Received(peer.Posted("Create"))
		if len(creates) != 1 || len(far.Received(peer.Posted("Announce"))) != 0 {
			t.Fatalf("%s: %d creates, %d boosts", name, len(creates), len(far.Received(peer.Posted("Announce"))))
		}
		o := mustParse(t, creates[0].Body).Object().Doc()
		if alias = o.ID(); o.String("attributedTo") != g.Account.URI || o.Type() != "Event" || alias == p.URI {
			t.Fatalf("%s: %s", name, creates[0].Body)
		}
	}
	if len(micro.Received(peer.Posted("Create"))) != 0 || len(micro.Received(peer.Posted("Announce"))) != 1 {
		t.Error("Mastodon does not have the boost alone")
	}
	bob := who["mobilizon"]
	if answer, err := bob.Get(ctx, alias); err != nil || answer.Status != 200 || as.ReadEvent(mustParse(t, answer.Body)).Start.IsZero() {
		t.Fatal(answer, err)
	}
	if answer, err := bob.Get(ctx, n.URL+event.Path+"/"+idOf(p)+"/evenement"); err != nil || answer.Status != 404 {
		t.Errorf("the section has it too: %v %v", answer, err)
	}
	if answer, err := bob.Send(ctx, g.Account.Inbox, as.Activity{Type: "Join", ID: bob.ID + "/join/1", Actor: bob.ID, Object: alias}); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	accepts := mobilizon.Received(peer.Posted("Accept", "Join"))
	if len(accepts) != 1 || mustParse(t, accepts[0].Body).String("actor") != g.Account.URI || mustParse(t, accepts[0].Body).Object().Doc().Object().ID() != alias {
		t.Errorf("%d answers, %+v", len(accepts), rowsOf(t, n, p.ID))
	}
	// A comment there answers the one meeting that there is here.
	_, create := bob.Note("<p>Y a-t-il une rampe ?</p>", func(x *as.Note) { x.InReplyTo, x.To = alias, []string{as.Public} })
	if answer, err := bob.Send(ctx, g.Account.Inbox, create); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	if got := rowsWhere[struct{ Content string }](t, n, `select content from post where reply_to_id = $1`, p.ID); len(got) != 1 || !strings.Contains(got[0].Content, "rampe") {
		t.Errorf("the comment is no answer here: %v", got)
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	for name, far := range map[string]*peer.Peer{"mobilizon": mobilizon, "gancio": gancio} {
		if u, d := far.Received(peer.Posted("Update")), far.Received(peer.Posted("Delete")); len(u) != 1 || !strings.Contains(string(u[0].Body), `"`+alias+`"`) || len(d) != 1 || !strings.Contains(string(d[0].Body), `"`+alias+`"`) {
			t.Errorf("%s: %d updates, %d deletes", name, len(u), len(d))
		}
	}
}

// TestGroupSendsWhatItShows: what moderators read first leaves when they let it, and is deleted there
// when they take it out of the group.
func TestGroupSendsWhatItShows(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	bob := n.Person("bob", true)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	g, who := groupHere(t, n, group.Rules{Name: "Climat", Access: group.Open, Joining: group.Free, Posting: group.Moderated}, map[string]*peer.Peer{"mobilizon": far})
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
		t.Fatal(bob, err)
	}
	p := make1(t, n, "bob", func(d *event.Draft) { d.Audience, d.GroupID = post.Group, g.AccountID })
	settle(t, n)
	alias := n.URL + event.Path + "/" + idOf(p) + "/evenement/" + ids.String(g.AccountID)
	if answer, err := who["mobilizon"].Get(ctx, alias); err != nil || answer.Status != 404 || len(far.Received(peer.Posted("Create"))) != 0 {
		t.Fatalf("it leaves before anybody has read it: %v %v", answer, err)
	}
	if err := n.Groups.Restore(ctx, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if answer, err := who["mobilizon"].Get(ctx, alias); err != nil || answer.Status != 200 || len(far.Received(peer.Posted("Create"))) != 1 {
		t.Errorf("%v %v, %d", answer, err, len(far.Received(peer.Posted("Create"))))
	}
	if err := n.Groups.Remove(ctx, n.Viewer("ana"), p.ID, "hors sujet"); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	gone := far.Received(peer.Posted("Delete"))
	if len(gone) != 1 || gone[0].Doc.Object().ID() != alias || gone[0].Doc.Actor() != g.Account.URI {
		t.Errorf("%d deletions: %v", len(gone), gone)
	}
	if answer, err := who["mobilizon"].Get(ctx, alias); err != nil || answer.Status != 404 {
		t.Errorf("what is shown no more is served: %v %v", answer, err)
	}
}
