package event_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

func get(t *testing.T, address string) (string, int) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), res.StatusCode
}

func parse(t *testing.T, body string) map[string]*ics.VEvent {
	t.Helper()
	cal, err := ics.ParseCalendar(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	out := map[string]*ics.VEvent{}
	for _, e := range cal.Events() {
		out[e.GetProperty(ics.ComponentPropertySummary).Value] = e
	}
	return out
}

// TestCalendars: another's parser reads our calendars; the public one holds what
// is for everyone, the private one the rest too, until its address is taken back.
func TestCalendars(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", false)
	open := make1(t, n, "ana", func(d *event.Draft) {
		d.Audience, d.Title, d.Zone = post.Public, "Pour tous ; avec, des signes\\", "Indian/Reunion"
		d.RemoteUrl = "https://visio.example/secret"
	})
	make1(t, n, "ana", func(d *event.Draft) { d.Title = "Entre nous" })
	body, _ := get(t, n.URL+"/agenda/agenda.ics")
	all := parse(t, body)
	e := all["Pour tous ; avec, des signes\\"]
	if len(all) != 1 || e == nil || strings.Contains(body, "visio.example") {
		t.Fatalf("public calendar:\n%s", body)
	}
	start, err := e.GetStartAt()
	want, _ := time.ParseInLocation("2006-01-02 15:04", soon(20)+" 18:00", mustZone(t, "Indian/Reunion"))
	if err != nil || !start.Equal(want) {
		t.Errorf("starts at %v, not %v (%v)", start, want, err)
	}
	for _, line := range strings.Split(body, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d octets: %s", len(line), line)
		}
	}
	b := n.SignIn("bob").Open("/agenda/abonnement").Submit("/agenda/abonnement", map[string]string{"act": "make"})
	address := regexp.MustCompile(`http[^<" ]*/agenda/prive/[a-z0-9]+\.ics`).FindString(b.Body)
	if address == "" {
		t.Fatalf("no address in\n%s", b.Text())
	}
	body, _ = get(t, address)
	if all = parse(t, body); len(all) != 2 || strings.Contains(body, "visio.example") {
		t.Errorf("private calendar:\n%s", body)
	}
	if _, err := say(n, "bob", open, event.Remote, 0); err != nil {
		t.Fatal(err)
	}
	if body, _ = get(t, address); !strings.Contains(strings.ReplaceAll(body, "\r\n ", ""), "visio.example") {
		t.Error("who is registered lacks the link")
	}
	was := e.GetProperty(ics.ComponentPropertyUniqueId).Value
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), open.ID, event.Cancelled, "La salle est prise"); err != nil {
		t.Fatal(err)
	}
	body, _ = get(t, n.URL+"/agenda/agenda.ics")
	e = parse(t, body)["Pour tous ; avec, des signes\\"]
	if e.GetProperty(ics.ComponentPropertyUniqueId).Value != was || e.GetProperty(ics.ComponentPropertySequence).Value != "1" ||
		e.GetProperty(ics.ComponentPropertyStatus).Value != "CANCELLED" {
		t.Errorf("after the cancellation:\n%s", body)
	}
	n.SignIn("bob").Open("/agenda/abonnement").Submit("/agenda/abonnement", map[string]string{"act": "end"})
	if _, status := get(t, address); status != http.StatusNotFound {
		t.Errorf("the address still answers %d", status)
	}
	for _, name := range []string{"agenda.atom", "agenda.rss"} {
		feed, _ := get(t, n.URL+"/agenda/"+name)
		if err := xml.NewDecoder(bytes.NewReader([]byte(feed))).Decode(&struct{}{}); err != nil || !strings.Contains(feed, "Pour tous") || strings.Contains(feed, "Entre nous") {
			t.Errorf("%s: %v\n%s", name, err, feed)
		}
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// TestRoundTrip brings back what another's program wrote, and what we wrote.
func TestRoundTrip(t *testing.T) {
	a, b := testkit.New(t), testkit.New(t)
	a.Person("ana", true)
	b.Person("bob", true)
	make1(t, a, "ana", func(d *event.Draft) { d.Audience, d.Zone, d.Title = post.Public, "America/Guadeloupe", "Là-bas" })
	body, _ := get(t, a.URL+"/agenda/agenda.ics")
	b.SignIn("bob").Open("/agenda/importer").Submit("/agenda/importer", map[string]string{"calendar": body}).Submit("/agenda/importer", nil)
	page := b.SignIn("bob").Open("/agenda?vue=liste")
	if !page.Has("Là-bas") || !page.Has("18 h à 20 h 30 (heure de la Guadeloupe)") {
		t.Errorf("imported: %s", page.Text())
	}
	cal := ics.NewCalendar()
	e := cal.AddEvent("x@example")
	e.SetSummary("D’un autre programme")
	e.SetStartAt(time.Now().AddDate(0, 0, 3).UTC())
	e.SetEndAt(time.Now().AddDate(0, 0, 3).Add(time.Hour).UTC())
	b.SignIn("bob").Open("/agenda/importer").Submit("/agenda/importer", map[string]string{"calendar": cal.Serialize()}).Submit("/agenda/importer", nil)
	if page := b.SignIn("bob").Open("/agenda?vue=liste"); !page.Has("D’un autre programme") {
		t.Errorf("imported: %s", page.Text())
	}
	if page := b.SignIn("bob").Open("/agenda/importer").Submit("/agenda/importer", map[string]string{"calendar": "bonjour"}); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("what is no calendar: %d", page.Status)
	}
}

// TestSummerTime: an hour that the change of clocks leaves out is refused, and
// 18 h is 18 h on both sides of it.
func TestSummerTime(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	_, err := service(n).Create(ctx, n.Viewer("ana"), draft(func(d *event.Draft) { d.Day, d.From, d.To = "2027-03-28", "02:30", "04:00" }))
	if err == nil {
		t.Error("half past two does not exist that night in Paris")
	}
	for _, x := range []struct{ day, zone, utc string }{
		{"2027-03-27", "Europe/Paris", "17:00"}, {"2027-03-28", "Europe/Paris", "16:00"}, {"2027-10-31", "Europe/Paris", "17:00"},
		{"2027-07-01", "Indian/Reunion", "14:00"}, {"2027-12-01", "Indian/Reunion", "14:00"}, {"2027-07-01", "America/Guadeloupe", "22:00"},
	} {
		p := make1(t, n, "ana", func(d *event.Draft) { d.Day, d.Zone = x.day, x.zone })
		body := n.SignIn("ana").Open("/agenda/" + idOf(p) + "/date.ics").Body
		for _, e := range parse(t, body) {
			start, err := e.GetStartAt()
			if err != nil || start.UTC().Format("2006-01-02 15:04") != x.day+" "+x.utc {
				t.Errorf("%s in %s: %v %v", x.day, x.zone, start.UTC(), err)
			}
		}
		if !strings.Contains(body, "BEGIN:VTIMEZONE") {
			t.Error("no rules of the zone")
		}
	}
}
