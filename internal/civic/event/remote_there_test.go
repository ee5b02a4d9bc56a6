package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
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
	// As it was stored before.
	words := strings.TrimPrefix(e.Content, "<p><strong>"+p.Title+"</strong></p>")
	for _, stored := range []string{words, strings.Replace(words, "<p>", "<p><strong>Annulé</strong><br>", 1), strings.Replace(words, "</strong>", `</strong><br><a href="https://carte.example/">Rue des Tilleuls</a>`, 1)} {
		run(t, here, `update post set content = $1 where id = $2`, stored, x.ID)
		if b.Open("/agenda/" + idOf(x)); strings.Count(b.Text(), "Tilleuls") != 1 || strings.Contains(b.Body, "(Europe/Paris)") || strings.Contains(b.Body, "Annulé") || !b.Has("Venez à plusieurs.") {
			t.Errorf("stored before as %s: %s", stored, b.Text())
		}
		var again masto.Status
		here.Client("bob").Get("/api/v1/statuses/"+idOf(x), &again)
		if again.Content != e.Content {
			t.Errorf("for apps, stored before: %s", again.Content)
		}
	}
	plain := strings.NewReplacer("<strong>", "", "</strong>", "").Replace(words) // no facts of ours
	run(t, here, `update post set content = $1 where id = $2`, plain, x.ID)
	if b.Open("/agenda/" + idOf(x)); !b.Has("(Europe/Paris)") {
		t.Errorf("what its author says of the date is cut: %s", b.Text())
	}
	bare := make1(t, there, "ana", func(d *event.Draft) { d.Audience, d.Text = post.Public, "" })
	all.Settle()
	if x, err = post.RawByURI(ctx, here.DB.Read(), bare.URI); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"/agenda/" + idOf(x), "/@ana@" + there.Host + "/" + idOf(x)} {
		if b.Open(at); b.Status != 200 || strings.Contains(b.Body, "(Europe/Paris)") {
			t.Errorf("without a text, %s: %d %s", at, b.Status, b.Text())
		}
	}
	e = masto.Status{}
	here.Client("bob").Get("/api/v1/statuses/"+idOf(x), &e)
	if strings.Count(e.Content, "(Europe/Paris)") != 1 || strings.Count(e.Content, "Tilleuls") != 1 {
		t.Errorf("without a text, for apps: %s", e.Content)
	}
}

// TestTX05FactsOfOthers: what another server says of when and where its meeting is reaches
// neither apps nor pages with anything but its words.
//
// Spec: TX2, TX5, TX6
func TestTX05FactsOfOthers(t *testing.T) {
	const nasty = `<script>alert(1)</script><img src=x onerror=alert(1)>` + "\u202ex\u0007"
	n := testkit.New(t)
	n.Person("ana", true)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	bob := far.Actor("bob")
	note, create := bob.Note("<p>Venez</p> @ana", func(x *as.Note) {
		x.Type, x.Name = "Event", "Fête"+nasty
		x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("ana", true).URI, Name: n.Handle("ana")}}
		x.Extra = map[string]any{"startTime": time.Now().AddDate(0, 0, 9).UTC().Format(time.RFC3339), "timezone": "Europe/Paris" + nasty,
			"location":                 map[string]any{"type": "Place", "name": "salle" + nasty, "address": map[string]any{"type": "PostalAddress", "streetAddress": "rue" + nasty, "addressLocality": "ville" + nasty}},
			"externalParticipationUrl": "javascript:alert(1)", "onlineAddress": "javascript:alert(2)",
			"attachment": []any{map[string]any{"type": "Link", "name": "Website", "href": "javascript:alert(3)"}}}
		x.ExtraContext = map[string]any{}
		for _, term := range []string{"timezone", "externalParticipationUrl", "onlineAddress", "PostalAddress", "address", "streetAddress", "addressLocality"} {
			x.ExtraContext[term] = "https://far.example/ns#" + term
		}
	})
	if answer, err := bob.Send(ctx, n.Person("ana", true).Inbox, create); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	p, err := post.RawByURI(ctx, n.DB.Read(), note.ID)
	if err != nil || p.Kind != event.Kind {
		t.Fatalf("%+v %v", p, err)
	}
	var e masto.Status
	n.Client("ana").Get("/api/v1/statuses/"+idOf(p), &e)
	b := n.SignIn("ana").Open("/agenda/" + idOf(p))
	if b.Status != 200 || !strings.Contains(b.Text(), "salle") || !strings.Contains(e.Content, "salle") {
		t.Fatalf("%d %s\n%s", b.Status, b.Text(), e.Content)
	}
	_, page, _ := strings.Cut(b.Body, "<main")
	for where, text := range map[string]string{"apps": e.Content, "the page": page} {
		for _, bad := range []string{"alert(", "onerror", "\u202e", "\u0007"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s read %q: %s", where, bad, text)
			}
		}
	}
}
