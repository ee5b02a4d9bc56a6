package event_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/peer"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestEventsWithoutJoin: a server that says that nobody registers by a Join gets none,
// and one that answers a Join by Ignore gets no second; people find its page instead.
// An end that is for programs is told to nobody, and a day that was put off stands.
func TestEventsWithoutJoin(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { withoutJoin(t, testkit.NewOn(t, e)) })
	}
}

func withoutJoin(t *testing.T, n *testkit.Node) {
	n.Person("ana", true)
	n.Person("kim", true)
	far := peer.New(peer.Options{Software: "wordpress"})
	defer far.Close()
	site, mal := far.Actor("site"), peer.New(peer.Options{})
	defer mal.Close()
	start := time.Now().AddDate(0, 0, 9).UTC().Truncate(time.Hour)
	send := func(name string, more map[string]any) (*post.Post, func(map[string]any)) {
		t.Helper()
		note, create := site.Note("<p>Venez</p> @ana", func(x *as.Note) {
			x.Type, x.Name = "Event", name
			x.Tags = []as.Tag{{Type: "Mention", Href: n.Person("ana", true).URI, Name: n.Handle("ana")}}
			x.Extra = map[string]any{"startTime": start.Format(time.RFC3339), "endTime": start.Add(3 * time.Hour).Format(time.RFC3339)}
			x.ExtraContext = map[string]any{}
			for _, key := range []string{"eventStatus", "displayEndTime", "joinMode", "externalParticipationUrl", "previousStartTime"} {
				x.ExtraContext[key] = "https://w3id.org/fep/8a8e/" + key
			}
			for key, v := range more {
				x.Extra[key] = v
			}
		})
		if answer, err := site.Send(ctx, n.Person("ana", true).Inbox, create); err != nil || answer.Status != 202 {
			t.Fatal(answer, err)
		}
		settle(t, n)
		p, err := post.RawByURI(ctx, n.DB.Read(), note.ID)
		if err != nil || p.Kind != event.Kind {
			t.Fatalf("%s: %+v %v", name, p, err)
		}
		return p, func(more map[string]any) {
			t.Helper()
			for key, v := range more {
				note.Extra[key] = v
			}
			body, err := note.Build()
			if err != nil {
				t.Fatal(err)
			}
			if answer, err := site.Send(ctx, n.Person("ana", true).Inbox, as.Activity{Type: "Update", ID: far.NewID("update"), Actor: site.ID, Object: json.RawMessage(body), To: create.To, Cc: create.Cc}); err != nil || answer.Status != 202 {
				t.Fatal(answer, err)
			}
			settle(t, n)
		}
	}
	ana := n.SignIn("ana")
	asks := func(p *post.Post) bool {
		ana.Open("/agenda/" + idOf(p))
		return strings.Contains(ana.Body, `name="answer" value="room"`)
	}

	page := far.URL + "/inscription"
	external, change := send("Sur son site", map[string]any{"joinMode": "external", "externalParticipationUrl": page})
	if asks(external) || !strings.Contains(ana.Body, `href="`+page+`"`) || !ana.Has("Les inscriptions se font sur son site") {
		t.Errorf("a meeting with a page to register: %s", ana.Text())
	}
	none, _ := send("Sans inscription", map[string]any{"joinMode": "none"})
	if asks(none) || !ana.Has("Son serveur ne prend pas d’inscriptions") {
		t.Errorf("a meeting without registration: %s", ana.Text())
	}
	for _, p := range []*post.Post{external, none} {
		if _, err := say(n, "ana", p, event.Room, 0); !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("a Join that nobody wants: %v", err)
		}
	}
	change(map[string]any{"joinMode": "free"})
	if !asks(external) {
		t.Error("what takes registrations again is not answered")
	}
	settle(t, n)
	if joins := far.Received(peer.Posted("Join")); len(joins) != 0 {
		t.Fatalf("%d Joins", len(joins))
	}

	// One is known by its answer: the Join by its id, or with the meeting as its target.
	for i, whole := range []bool{false, true} {
		p, _ := send("Ne répond pas", nil)
		if !asks(p) {
			t.Fatal("no question")
		}
		if _, err := say(n, "ana", p, event.Room, 0); err != nil {
			t.Fatal(err)
		}
		settle(t, n)
		joins := far.Received(peer.Posted("Join"))
		if len(joins) != i+1 {
			t.Fatalf("%d Joins", len(joins))
		}
		id := mustParse(t, joins[i].Body).ID()
		stranger := mal.Actor("mal")
		for _, by := range []*peer.Actor{stranger, site} {
			a := as.Activity{Type: "Ignore", ID: by.ID + "#ignore" + idOf(p), Actor: by.ID, Object: id}
			if whole {
				inner, err := json.Marshal(map[string]any{"type": "Join", "actor": n.Person("ana", true).URI, "target": p.URI})
				if err != nil {
					t.Fatal(err)
				}
				a.Object = json.RawMessage(inner)
			}
			if answer, err := by.Send(ctx, n.Person("ana", true).Inbox, a); err != nil || answer.Status != 202 {
				t.Fatal(answer, err)
			}
			settle(t, n)
			if ana.Open("/agenda/" + idOf(p)); ana.Has("Votre demande est partie") != (by == stranger) {
				t.Errorf("after the Ignore of %s: %s", by.ID, ana.Text())
			}
		}
		if got := told(t, n, "ana"); !strings.Contains(got, "event.refused") {
			t.Errorf("ana is told %q", got)
		}
		if _, err := say(n, "kim", p, event.Room, 0); !apperr.Is(err, apperr.KindInvalid) {
			t.Errorf("it is asked again: %v", err)
		}
	}

	open, _ := send("Sans fin", map[string]any{"displayEndTime": false})
	ends, begins := "à "+hour(start.Add(3*time.Hour)), "à "+hour(start)
	if ana.Open("/agenda/" + idOf(external)); !ana.Has(ends) {
		t.Errorf("an end that is told, %q: %s", ends, ana.Text())
	}
	if ana.Open("/agenda/" + idOf(open)); ana.Has(ends) || !ana.Has(begins) {
		t.Errorf("an end that is not to be told: %s", ana.Text())
	}
	if got := rowsWhere[int64](t, n, `select ends_at from meeting where post_id = $1`, open.ID)[0]; got != start.Add(3*time.Hour).UnixMilli() {
		t.Errorf("it ends at %d", got)
	}
	if ana.Open("/agenda/" + idOf(open) + "/date.ics"); !strings.Contains(ana.Body, "DTSTART") || strings.Contains(ana.Body, "DTEND") {
		t.Errorf("the calendar tells the end: %s", ana.Body)
	}
	off, _ := send("Reportée", map[string]any{"startTime": nil, "endTime": nil, "eventStatus": "EventPostponed", "previousStartTime": start.Format(time.RFC3339)})
	if ana.Open("/agenda/" + idOf(off)); !ana.Has("est reportée") {
		t.Errorf("what was put off: %s", ana.Text())
	}
}

func hour(at time.Time) string { return strconv.Itoa(at.UTC().Hour()) + " h" }
