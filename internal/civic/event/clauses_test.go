package event_test

import (
	"encoding/json"
	"testing"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestFriendicaAnswersTheEvent: Friendica accepts and rejects the Event itself, by its
// id or whole: the one keeps a seat, the other gives it back, and who never answered
// and rejects is in no list.
func TestFriendicaAnswersTheEvent(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	far := peer.New(peer.Options{Software: "friendica"})
	defer far.Close()
	bob, eve := far.Actor("bob"), far.Actor("eve")
	for _, whole := range []bool{false, true} {
		p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Capacity = post.Public, "5" })
		answer := func(a *peer.Actor, kind string) {
			t.Helper()
			said := as.Activity{Type: kind, ID: a.ID + "#" + ids.Key(), Actor: a.ID, Object: p.URI}
			if whole {
				body, err := json.Marshal(map[string]any{"type": "Event", "id": p.URI, "attributedTo": n.Person("ana", true).URI, "name": "Réunion"})
				if err != nil {
					t.Fatal(err)
				}
				said.Object = json.RawMessage(body)
			}
			if got, err := a.Send(ctx, n.Person("ana", true).Inbox, said); err != nil || got.Status != 202 {
				t.Fatal(got, err)
			}
			settle(t, n)
		}
		answer(bob, "Accept")
		answer(bob, "Accept")
		answer(eve, "Reject")
		if rows := rowsOf(t, n, p.ID); seated(t, n, p.ID) != 1 || len(rows) != 1 {
			t.Errorf("whole %v, after Accept: %+v", whole, rows)
		}
		answer(bob, "Reject")
		if seated(t, n, p.ID) != 0 {
			t.Errorf("whole %v, after Reject: %+v", whole, rowsOf(t, n, p.ID))
		}
	}
}

// TestSmithereenSeesNoMeetingOfABody: only persons write posts there, so that nothing
// of what a follower of a body is sent is shown, while the same of a person is.
func TestSmithereenSeesNoMeetingOfABody(t *testing.T) {
	n := testkit.New(t)
	o, _ := bureau(t, n)
	n.Person("ana", true)
	far := peer.New(peer.Options{Software: "smithereen"})
	defer far.Close()
	rui := far.Actor("rui")
	for _, of := range []string{o.Account.URI, n.Person("ana", true).URI} {
		if _, answer, err := rui.Follow(ctx, of); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
	}
	run(t, n, `insert into host_software (host, name, checked_at) select host, $2, 1 from account where uri = $1 on conflict (host) do update set name = excluded.name`, rui.ID, "smithereen")
	make1(t, n, "bob", func(d *event.Draft) { d.OrganeID, d.Audience = o.AccountID, post.Public })
	make1(t, n, "ana", func(d *event.Draft) { d.Audience = post.Public })
	settle(t, n)
	shown := map[string]int{}
	for _, r := range far.Received(peer.Posted("Create")) {
		for _, a := range []struct{ id, followers string }{{o.Account.URI, o.Account.Followers}, {n.Person("ana", true).URI, n.Person("ana", true).Followers}} {
			if _, err := peer.SmithereenShows(r.Body, a.followers, ""); err == nil && r.Doc.Actor() == a.id {
				shown[a.id]++
			}
		}
	}
	if shown[o.Account.URI] != 0 || shown[n.Person("ana", true).URI] != 1 {
		t.Errorf("shown there: %v", shown)
	}
}
