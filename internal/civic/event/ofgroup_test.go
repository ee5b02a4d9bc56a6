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
