package event_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// read1 is a meeting as another's reader of calendars has it.
type read1 struct {
	UID, Summary, Location, Zone, Status, Description string
	Start, End, Modified                              int64
	Hour, Sequence                                    int
}

// readByOther has ical.js read a calendar.
func readByOther(t *testing.T, body string) (zones int, all map[string]read1) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	dir := filepath.Join("testdata", "ical")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "ical.js", "package.json")); err != nil {
		missing(t, `ical.js is not installed: run "npm ci" in internal/civic/event/testdata/ical`)
	}
	cmd := exec.Command(node, "check.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, strings.NewReader(body), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ical.js: %v\n%s", err, body)
	}
	var got struct {
		Zones   int
		Refresh string
		Events  []read1
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Refresh != "PT1H" {
		t.Errorf("refreshed every %q", got.Refresh)
	}
	all = map[string]read1{}
	for _, e := range got.Events {
		if all[e.UID].UID != "" {
			t.Errorf("%s stands there twice", e.UID)
		}
		all[e.UID] = e
	}
	return got.Zones, all
}

// TestCalendarsReadElsewhere: ical.js finds each date of our calendars at the very
// moment that we mean, by the rules of the zone that stand in the file alone.
func TestCalendarsReadElsewhere(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	long := strings.Repeat("Là où l’été commence, à côté ; de, la mer\\ ", 8)
	want := map[string]time.Time{}
	year := time.Now().Year() + 1
	for _, x := range []struct{ zone, day string }{
		{"Europe/Paris", fmt.Sprintf("%d-03-20", year)}, {"Europe/Paris", fmt.Sprintf("%d-07-20", year)}, {"Europe/Paris", fmt.Sprintf("%d-11-20", year)},
		{"Indian/Reunion", fmt.Sprintf("%d-07-20", year)}, {"Indian/Mayotte", fmt.Sprintf("%d-07-20", year)}, {"America/Guadeloupe", fmt.Sprintf("%d-07-20", year)},
		{"America/Martinique", fmt.Sprintf("%d-01-20", year)}, {"America/Cayenne", fmt.Sprintf("%d-01-20", year)}, {"America/Miquelon", fmt.Sprintf("%d-01-20", year)},
		{"America/Miquelon", fmt.Sprintf("%d-07-20", year)}, {"Pacific/Noumea", fmt.Sprintf("%d-07-20", year)}, {"Pacific/Tahiti", fmt.Sprintf("%d-07-20", year)},
		{"Pacific/Marquesas", fmt.Sprintf("%d-07-20", year)}, {"Europe/London", fmt.Sprintf("%d-07-20", year)}, {"America/Montreal", fmt.Sprintf("%d-07-20", year)},
	} {
		title := x.zone + " " + x.day
		make1(t, n, "ana", func(d *event.Draft) {
			d.Audience, d.Title, d.Text, d.Day, d.Zone = post.Public, title, long, x.day, x.zone
		})
		at, err := time.ParseInLocation("2006-01-02 15:04", x.day+" 18:00", mustZone(t, x.zone))
		if err != nil {
			t.Fatal(err)
		}
		want[title] = at
	}
	p := weeklyMeeting(t, n, func(d *event.Draft) { d.Audience, d.Zone = post.Public, "Europe/Paris" })
	if err := service(n).SetStatus(ctx, n.Viewer("ana"), p.ID, event.Postponed, "La salle est prise"); err != nil {
		t.Fatal(err)
	}
	body, _ := get(t, n.URL+"/agenda/agenda.ics")
	zones, all := readByOther(t, body)
	if zones < 12 || len(all) < 50 {
		t.Errorf("%d zones, %d meetings", zones, len(all))
	}
	postponed, weekly := 0, 0
	for _, e := range all {
		if at, ok := want[e.Summary]; ok {
			if e.Start != at.Unix() || e.End-e.Start != 9000 || e.Hour != 18 || !strings.HasPrefix(e.Description, strings.TrimSpace(long)) {
				t.Errorf("%s: %+v, not %d", e.Summary, e, at.Unix())
			}
			delete(want, e.Summary)
		} else if e.Summary == "Permanence du mardi" {
			weekly++
			if e.Hour != 18 {
				t.Errorf("one date is at %d", e.Hour)
			}
			if e.Status == "TENTATIVE" && e.Sequence == 1 {
				postponed++
			}
		}
		if e.Modified == 0 || !strings.Contains(e.UID, "@") {
			t.Errorf("%+v", e)
		}
	}
	if len(want) > 0 || postponed != 1 || weekly < 45 {
		t.Errorf("missing: %v; %d postponed of %d", want, postponed, weekly)
	}
	req, err := http.NewRequest("GET", n.URL+"/agenda/agenda.ics", nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	first.Body.Close()
	req.Header.Set("If-None-Match", first.Header.Get("ETag"))
	again, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	again.Body.Close()
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("nothing changed, and the calendar comes with %d", again.StatusCode)
	}
}
