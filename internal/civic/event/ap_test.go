package event_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func idOf(p *post.Post) string { return ids.String(p.ID) }

func settle(t *testing.T, n *testkit.Node) {
	t.Helper()
	if err := n.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestEventIsReadByOthers holds the document to the readers that are known for
// being strict, and looks that it says nothing of who comes nor of the link.
func TestEventIsReadByOthers(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Capacity, d.RemoteUrl = post.Public, "40", "https://visio.example/secret"
	})
	far := peer.New(peer.Options{})
	defer far.Close()
	answer, err := far.Actor("bob").Get(ctx, p.URI)
	if err != nil || answer.Status != 200 {
		t.Fatal(answer, err)
	}
	for _, r := range peer.Readers() {
		if r.Document == nil {
			continue
		}
		if err := r.Document(answer.Body); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
	if err := peer.PieFedReadsEvent(answer.Body); err != nil {
		t.Error(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(answer.Body, &doc); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"type": "Event", "name": "Réunion de section : le budget", "status": "CONFIRMED", "ical:status": "CONFIRMED",
		"eventStatus": "EventScheduled", "joinMode": "free", "timezone": "Europe/Paris", "maximumAttendeeCapacity": 40.0, "organizers": nil} {
		if doc[key] != want {
			t.Errorf("%s is %v, not %v", key, doc[key], want)
		}
	}
	summary, _ := doc["summary"].(string)
	if !strings.Contains(summary, "18") || !strings.Contains(summary, "Europe/Paris") || !strings.Contains(summary, "Maison des associations") {
		t.Errorf("summary %q", summary)
	}
	if strings.Contains(string(answer.Body), "visio.example") {
		t.Error("the link to take part leaves")
	}
	if e := as.ReadEvent(mustParse(t, answer.Body)); e.Start.IsZero() || e.Zone != "Europe/Paris" || len(e.Places) != 1 {
		t.Errorf("read back: %+v", e)
	}
}

func mustParse(t *testing.T, body []byte) *as.Doc {
	t.Helper()
	d, err := as.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOthersJoin: people of another server join, wait, leave; each is answered alone.
func TestOthersJoin(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p := make1(t, n, "ana", func(d *event.Draft) { d.Audience, d.Capacity = post.Public, "1" })
	secret := make1(t, n, "ana", nil)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	bob, eve := far.Actor("bob"), far.Actor("eve")
	inbox := n.Person("ana", true).Inbox
	join := func(a *peer.Actor, kind, object string) {
		t.Helper()
		answer, err := a.Send(ctx, inbox, as.Activity{Type: kind, ID: a.ID + "#" + kind + ids.Key(), Actor: a.ID, Object: object})
		if err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
	}
	accepted := func(a *peer.Actor) int {
		return len(far.Received(func(r peer.Request) bool {
			return peer.Posted("Accept")(r) && strings.Contains(string(r.Body), a.ID) && strings.Contains(string(r.Body), `"Join"`)
		}))
	}
	join(bob, "Join", p.URI)
	join(bob, "Join", p.URI)
	join(eve, "Join", p.URI)
	join(eve, "Join", secret.URI)
	if accepted(bob) == 0 || accepted(eve) != 0 || seated(t, n, p.ID) != 1 || len(rowsOf(t, n, secret.ID)) != 0 {
		t.Fatalf("bob %d, eve %d: %+v", accepted(bob), accepted(eve), rowsOf(t, n, p.ID))
	}
	join(bob, "Leave", p.URI)
	if accepted(eve) != 1 || seated(t, n, p.ID) != 1 {
		t.Errorf("eve was not given the seat: %d, %+v", accepted(eve), rowsOf(t, n, p.ID))
	}
	for _, r := range far.Requests() {
		if strings.Contains(string(r.Body), bob.ID) && strings.Contains(string(r.Body), eve.ID) {
			t.Errorf("one is told of the other: %s", r.Body)
		}
	}
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	join(bob, "Join", p.URI)
	if len(far.Received(peer.Posted("Reject"))) != 1 {
		t.Error("who joins what is cancelled is not told")
	}
}

// TestOursJoinElsewhere: one of ours registers for a meeting of another server,
// which answers; and leaves.
func TestOursJoinElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	far := peer.New(peer.Options{Software: "mobilizon"})
	defer far.Close()
	bob := far.Actor("bob")
	curious := peer.New(peer.Options{Software: "mobilizon"}) // to whom the Event wants each Join shown
	defer curious.Close()
	note, create := bob.Note("<p>Venez</p> @ana", func(x *as.Note) {
		x.Type, x.Name = "Event", "Fête"
		x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("ana", true).URI, Name: n.Handle("ana")}}
		x.Extra = map[string]any{"startTime": time.Now().AddDate(0, 0, 9).UTC().Format(time.RFC3339), "endTime": time.Now().AddDate(0, 0, 9).Add(time.Hour).UTC().Format(time.RFC3339)}
		x.Extra["requiredJoinVisibility"] = []any{bob.ID, curious.Actor("eve").ID, as.Public}
		x.ExtraContext = map[string]any{"requiredJoinVisibility": "https://w3id.org/fep/8a8e/requiredJoinVisibility", "status": "http://www.w3.org/2002/12/cal/ical#status", "eventStatus": "https://schema.org/eventStatus"}
	})
	if answer, err := bob.Send(ctx, n.Person("ana", true).Inbox, create); err != nil || answer.Status != 202 {
		t.Fatal(answer, err)
	}
	settle(t, n)
	p, err := post.RawByURI(ctx, n.DB.Read(), note.ID)
	if err != nil || p.Kind != event.Kind {
		t.Fatalf("%+v %v", p, err)
	}
	b := n.SignIn("ana").Open("/agenda/" + idOf(p))
	if !b.Has("Fête") {
		t.Fatal(b.Text())
	}
	b.Submit("/agenda/"+idOf(p)+"/reponse", map[string]string{"answer": "room"})
	settle(t, n)
	joins := far.Received(peer.Posted("Join"))
	if len(joins) != 1 {
		t.Fatalf("%d joins", len(joins))
	}
	if to := append(joins[0].Doc.To(), joins[0].Doc.Cc()...); len(curious.Received(peer.Posted("Join"))) != 0 || len(to) > 1 || len(to) == 1 && to[0] != bob.ID {
		t.Errorf("that ana comes is said to %v, and to %d others", to, len(curious.Received(peer.Posted("Join"))))
	}
	if b.Open("/agenda/" + idOf(p)); !b.Has("Votre demande est partie") {
		t.Error(b.Text())
	}
	verdict := as.Activity{Type: "Accept", ID: bob.ID + "#accept", Actor: bob.ID, Object: mustParse(t, joins[0].Body).ID()}
	stranger := peer.New(peer.Options{})
	defer stranger.Close()
	mal := stranger.Actor("mal")
	forged := verdict
	forged.ID, forged.Actor = mal.ID+"#accept", mal.ID
	for _, x := range []struct {
		by   *peer.Actor
		a    as.Activity
		want string
	}{{mal, forged, "Votre demande est partie"}, {bob, verdict, "Votre place est retenue"}} {
		if answer, err := x.by.Send(ctx, n.Person("ana", true).Inbox, x.a); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
		if b.Open("/agenda/" + idOf(p)); !b.Has(x.want) {
			t.Errorf("no %q: %s", x.want, b.Text())
		}
	}
	update := func(key string, value any) {
		t.Helper()
		run(t, n, `delete from notification`)
		note.Extra[key] = value
		body, err := note.Build()
		if err != nil {
			t.Fatal(err)
		}
		changed := as.Activity{Type: "Update", ID: note.ID + "#" + key, Actor: bob.ID, Object: json.RawMessage(body), To: create.To, Cc: create.Cc}
		if answer, err := bob.Send(ctx, n.Person("ana", true).Inbox, changed); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
	}
	// Another hall on the same evening is told as well.
	update("location", map[string]any{"type": "Place", "name": "Salle des fêtes"})
	if got := told(t, n, "ana"); !strings.Contains(got, "event.changed") {
		t.Errorf("of another hall ana is told %q", got)
	}
	// What is not sure yet is not what is put off, though who puts off says both.
	update("status", "TENTATIVE")
	if got := told(t, n, "ana"); !strings.Contains(got, "event.tentative") || !b.Open("/agenda/"+idOf(p)).Has("pas encore certain") {
		t.Errorf("ana is told %q of what is not sure yet, and reads %s", got, b.Text())
	}
	update("eventStatus", "EventPostponed")
	if got := told(t, n, "ana"); !strings.Contains(got, "event.postponed") || !b.Open("/agenda/"+idOf(p)).Has("est reportée") {
		t.Errorf("ana is told %q of what is put off, and reads %s", got, b.Text())
	}
	if _, err := say(n, "ana", p, event.No, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, n)
	if len(far.Received(peer.Posted("Leave"))) != 1 {
		t.Error("nobody told the other server")
	}
}
