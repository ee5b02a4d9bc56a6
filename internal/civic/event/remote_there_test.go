package event_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestRemoteMeetingElsewhere: who reads a meeting of another server that has no room says
// that they follow it from afar, on its page and in the home timeline; where there is a
// room, one button is for both, as the other server is not told which.
func TestRemoteMeetingElsewhere(t *testing.T) {
	there, here := testkit.New(t), testkit.New(t)
	all := testkit.Cluster{there, here}
	there.Person("ana", true)
	here.Person("bob", true)
	all.Follow(here, "bob", there, "ana")
	all.Settle()
	live := make1(t, there, "ana", func(d *event.Draft) {
		d.Title, d.Kind, d.Audience, d.Place, d.Address, d.Postcode, d.City, d.Online = "Le direct", event.KindLive, post.Public, "", "", "", "", true
	})
	both := make1(t, there, "ana", func(d *event.Draft) {
		d.Title, d.Audience, d.Online, d.Capacity = "La réunion", post.Public, true, "10"
	})
	all.Settle()
	b := here.SignIn("bob")
	open := func(p *post.Post) {
		t.Helper()
		x, err := post.RawByURI(ctx, here.DB.Read(), p.URI)
		if err != nil {
			t.Fatal(err)
		}
		b.Open("/agenda/" + idOf(x))
	}
	const button = `name="answer" value="remote"`
	if open(both); strings.Contains(b.Body, button) || !strings.Contains(b.Body, `name="answer" value="room"`) {
		t.Errorf("with a room: %s", b.Text())
	}
	if strings.Contains(b.Body, "seats-bar") || strings.Contains(b.Body, `class="seats"`) {
		t.Error("seats are drawn of which only the other server knows how many are taken")
	}
	if b.Open("/?onglet=fediverse"); strings.Count(b.Body, button) != 1 {
		t.Errorf("%d buttons in the home timeline: %s", strings.Count(b.Body, button), b.Text())
	}
	if open(live); !strings.Contains(b.Body, button) || !b.Has("Direct proposé par ana") || !b.Has("On peut suivre sans se déplacer.") {
		t.Fatalf("without a room: %s", b.Text())
	}
	b.Submit(b.URL.Path+"/reponse", map[string]string{"answer": "remote"})
	all.Settle()
	if open(live); !b.Has("Vous suivez à distance") {
		t.Errorf("after the answer: %s", b.Text())
	}
	if n := len(rowsWhere[event.Seat](t, there, `select * from meeting_seat where post_id = $1 and answer = 'remote' and state = 'in'`, live.ID)); n != 1 {
		t.Errorf("%d seats there", n)
	}
}
