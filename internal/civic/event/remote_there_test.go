package event_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/masto"
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

// TestRemoteFactsOnce: pages say once when and where another server's meeting is, apps are
// told it before the text.
func TestRemoteFactsOnce(t *testing.T) {
	there, here := testkit.New(t), testkit.New(t)
	all := testkit.Cluster{there, here}
	there.Person("ana", true)
	here.Person("bob", true)
	all.Follow(here, "bob", there, "ana")
	all.Settle()
	p := make1(t, there, "ana", func(d *event.Draft) { d.Audience, d.Text = post.Public, "Venez à plusieurs." })
	all.Settle()
	x, err := post.RawByURI(ctx, here.DB.Read(), p.URI)
	if err != nil {
		t.Fatal(err)
	}
	b := here.SignIn("bob")
	for _, at := range []string{"/agenda/" + idOf(x), "/@ana@" + there.Host + "/" + idOf(x)} {
		if b.Open(at); b.Status != 200 || strings.Count(b.Text(), "Tilleuls") > 1 || strings.Contains(b.Body, "(Europe/Paris)") || !b.Has("Venez à plusieurs.") {
			t.Errorf("%s: %d %s", at, b.Status, b.Text())
		}
	}
	if b.Open("/agenda/" + idOf(x)); strings.Count(b.Text(), "Tilleuls") != 1 {
		t.Errorf("the page of the meeting: %s", b.Text())
	}
	var e masto.Status
	here.Client("bob").Get("/api/v1/statuses/"+idOf(x), &e)
	if strings.Count(e.Content, "Tilleuls") != 1 || strings.Count(e.Content, "(Europe/Paris)") != 1 || strings.Count(e.Content, "Venez") != 1 ||
		!strings.HasPrefix(e.Content, "<p><strong>"+p.Title+"</strong></p><p><strong>") {
		t.Errorf("for apps: %s", e.Content)
	}
}
