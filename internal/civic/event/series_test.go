package event_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestSeriesKeepsItsHour: 18 h is 18 h in the clock of the place, all year round,
// in Europe and overseas; in Saint-Pierre and in Paris the clocks change, on other days.
func TestSeriesKeepsItsHour(t *testing.T) {
	for _, x := range []struct {
		zone, first, repeat string
		utc                 []string
	}{
		{"Europe/Paris", "2027-03-23 18:00", "weekly", []string{"2027-03-23 17:00", "2027-03-30 16:00", "2027-04-06 16:00"}},
		{"Europe/Paris", "2027-10-19 18:00", "biweekly", []string{"2027-10-19 16:00", "2027-11-02 17:00", "2027-11-16 17:00"}},
		{"America/Miquelon", "2027-03-09 18:00", "weekly", []string{"2027-03-09 21:00", "2027-03-16 20:00", "2027-03-23 20:00"}},
		{"Indian/Reunion", "2027-03-23 18:00", "weekly", []string{"2027-03-23 14:00", "2027-03-30 14:00"}},
		{"Indian/Mayotte", "2027-03-23 18:00", "weekly", []string{"2027-03-23 15:00", "2027-03-30 15:00"}},
		{"America/Guadeloupe", "2027-03-23 18:00", "weekly", []string{"2027-03-23 22:00", "2027-03-30 22:00"}},
		{"America/Martinique", "2027-10-26 18:00", "weekly", []string{"2027-10-26 22:00", "2027-11-02 22:00"}},
		{"America/Cayenne", "2027-10-26 18:00", "weekly", []string{"2027-10-26 21:00", "2027-11-02 21:00"}},
		{"Pacific/Noumea", "2027-10-26 18:00", "weekly", []string{"2027-10-26 07:00", "2027-11-02 07:00"}},
		{"Pacific/Tahiti", "2027-10-26 18:00", "weekly", []string{"2027-10-27 04:00", "2027-11-03 04:00"}},
		{"Europe/Paris", "2027-01-12 18:30", "monthly", []string{"2027-01-12 17:30", "2027-02-09 17:30", "2027-03-09 17:30", "2027-04-13 16:30"}},
		{"Europe/Paris", "2027-01-26 18:30", "monthly_last", []string{"2027-01-26 17:30", "2027-02-23 17:30", "2027-03-30 16:30"}},
		{"Europe/Paris", "2027-01-05 18:30", "monthly_13", []string{"2027-01-05 17:30", "2027-01-19 17:30", "2027-02-02 17:30", "2027-02-16 17:30"}},
		{"Europe/Paris", "2027-03-21 02:30", "weekly", []string{"2027-03-21 01:30", "2027-03-28 01:30", "2027-04-04 00:30"}},
	} {
		first, err := time.ParseInLocation("2006-01-02 15:04", x.first, mustZone(t, x.zone))
		if err != nil {
			t.Fatal(err)
		}
		got := event.Dates(x.repeat, first, len(x.utc))
		for i, want := range x.utc {
			if i >= len(got) || got[i].UTC().Format("2006-01-02 15:04") != want {
				t.Errorf("%s of %s in %s: %v, not %v", x.repeat, x.first, x.zone, got, x.utc)
				break
			}
		}
	}
}

// occasions are the dates of the series of a meeting that have meetings, in order.
func occasions(t *testing.T, n *testkit.Node, p *post.Post) []int64 {
	t.Helper()
	all, err := db.All[int64](ctx, n.DB.Read(), `select d.post_id from meeting_date d where d.series_id = (select e.series_id from meeting_date e where e.post_id = $1) order by d.original`, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func weeklyMeeting(t *testing.T, n *testkit.Node, change func(*event.Draft)) *post.Post {
	t.Helper()
	p := make1(t, n, "ana", func(d *event.Draft) {
		d.Title, d.Day, d.Repeat, d.Zone = "Permanence du mardi", soon(6), "weekly", "Indian/Reunion" // five dates within five weeks, at any hour
		if change != nil {
			change(d)
		}
	})
	testkit.Cluster{n}.Settle()
	return p
}

// TestSeries tells the story of a weekly meeting: each near date has a meeting to
// register to, those further stand in the agenda; one date moves, one is
// cancelled, then all that follow change, and at last there are no more.
func TestSeries(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { seriesStory(t, testkit.NewOn(t, e)) })
	}
}

func seriesStory(t *testing.T, n *testkit.Node) {
	n.Person("ana", true)
	n.Person("bob", true)
	p := weeklyMeeting(t, n, nil)
	all := occasions(t, n, p)
	if len(all) != 5 || all[0] != p.ID {
		t.Fatalf("%d meetings are made for the five weeks ahead", len(all))
	}
	s := service(n)
	if _, err := s.Answer(ctx, n.Viewer("bob"), all[2], event.Reply{Answer: event.Room}); err != nil {
		t.Fatal(err)
	}
	at := func(i int) string { return "/agenda/" + idOf(&post.Post{ID: all[i]}) }
	bob := n.SignIn("bob").Open(at(2))
	if !bob.Has("Votre place est retenue") || !bob.Has("tous les") || !bob.Has("Autres dates") {
		t.Errorf("a date with its own seats: %s", bob.Text())
	}
	if bob.Open(at(1)); bob.Has("Votre place est retenue") {
		t.Error("registered to one date, and to another too")
	}
	// In four months there is no meeting yet, but the agenda knows.
	later := time.Now().AddDate(0, 4, 0).Format("2006-01-02")
	if bob.Open("/agenda?vue=liste&date=" + later); !bob.Has("Permanence du mardi") || !bob.Has("Inscription plus tard") {
		t.Errorf("further dates: %s", bob.Text())
	}
	if stranger := n.NewBrowser().Open("/agenda?vue=liste&date=" + later); stranger.Has("Permanence du mardi") {
		t.Error("a stranger sees further dates of what is for the section")
	}
	// One moves by itself, one is cancelled.
	ana := n.SignIn("ana").Open(at(1) + "/modifier")
	form := map[string]string{"from": "10:00", "to": "11:00", "scope": "one"}
	if ana.Submit(at(1)+"/modifier", form); !ana.Has("10 h à 11 h") {
		t.Fatal(ana.Text())
	}
	ana.Open(at(3)+"/etat").Submit(at(3)+"/etat", map[string]string{"status": event.Cancelled, "note": "Férié"})
	if bob.Open(at(2)); !bob.Has("Annulée") {
		t.Errorf("the other dates say what is cancelled: %s", bob.Text())
	}
	// From the third on, an hour later, and elsewhere.
	form = map[string]string{"from": "19:00", "to": "21:00", "place": "Café associatif", "scope": "following"}
	if ana.Open(at(2)+"/modifier").Submit(at(2)+"/modifier", form); !ana.Has("19 h à 21 h") || !ana.Has("Café associatif") {
		t.Fatal(ana.Text())
	}
	testkit.Cluster{n}.Settle()
	for i, want := range []string{"18 h à 20 h 30", "10 h à 11 h", "19 h à 21 h", "18 h à 20 h 30", "19 h à 21 h"} {
		if bob.Open(at(i)); !bob.Has(want) {
			t.Errorf("date %d is not %s: %s", i, want, bob.Text())
		}
	}
	if bob.Open("/agenda?vue=liste&date=" + later); !bob.Has("Café associatif") {
		t.Errorf("further dates changed: %s", bob.Text())
	}
	if bob.Open(at(2)); !bob.Has("Votre place est retenue") {
		t.Error("the seat was lost with the change")
	}
	if again := occasions(t, n, p); len(again) != 5 {
		t.Errorf("%d dates after the change", len(again))
	}
	ana.Open(at(4)+"/etat").Submit(at(4)+"/etat", map[string]string{"status": event.Cancelled, "scope": "following"})
	if bob.Open("/agenda?vue=liste&date=" + later); bob.Has("Permanence du mardi") {
		t.Errorf("there are to be no more: %s", bob.Text())
	}
	if bob.Open(at(2)); !bob.Has("la suite est annulée") {
		t.Error(bob.Text())
	}
	// The organiser goes, and with her the series.
	if err := n.Accounts.Delete(ctx, n.Person("ana", true).ID); err != nil {
		t.Fatal(err)
	}
	if left, err := db.Get[int64](ctx, n.DB.Read(), `select count(*) from meeting_series`); err != nil || left != 0 {
		t.Errorf("%d series left, %v", left, err)
	}
}

// TestSeriesForm: what does not fit is said at its field.
func TestSeriesForm(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	ana := n.SignIn("ana")
	form := map[string]string{"title": "Atelier", "kind": "meeting", "audience": "section", "day": "2030-01-10", "from": "18:00", "to": "20:00", "zone": "Europe/Paris", "place": "Local",
		"repeat": "monthly_13", "repeat_until": "2029-01-01", "repeat_times": "x"}
	ana.Open("/agenda/nouvelle").Submit("/agenda/nouvelle", form)
	if ana.Status != http.StatusUnprocessableEntity || !ana.Has("n’est pas un de ces jours") || !ana.Has("avant la première date") || !ana.Has("nombre entier") {
		t.Errorf("%d %s", ana.Status, ana.Text())
	}
	form["day"], form["repeat"], form["repeat_until"], form["repeat_times"] = "2030-01-08", "monthly", "2030-06-30", ""
	if ana.Submit("/agenda/nouvelle", form); !ana.Has("tous les 2e mardis du mois, jusqu’au 30 juin 2030") || !ana.Has("mardi 11 juin 2030") || ana.Has("9 juillet") {
		t.Errorf("%s", ana.Text())
	}
}

// TestSeriesInCalendars: a date keeps its name in calendars when its meeting is made.
func TestSeriesInCalendars(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	weeklyMeeting(t, n, func(d *event.Draft) { d.Audience = post.Public })
	uids := func() map[string]int {
		body, _ := get(t, n.URL+"/agenda/agenda.ics")
		out := map[string]int{}
		for _, line := range strings.Split(body, "\r\n") {
			if uid, ok := strings.CutPrefix(line, "UID:"); ok {
				out[uid]++
			}
		}
		return out
	}
	was := uids()
	if len(was) < 20 {
		t.Fatalf("%d dates in the calendar", len(was))
	}
	// Two weeks later, two more have their meeting.
	if err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update job set run_at = 0 where kind = 'event.extend'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	testkit.Cluster{n}.Settle()
	for uid, count := range uids() {
		if count != 1 || was[uid] == 0 {
			t.Errorf("%s stands there %d times, before %d", uid, count, was[uid])
		}
	}
}
