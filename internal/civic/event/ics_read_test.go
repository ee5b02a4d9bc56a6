package event

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var importNow = time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)

func calendarWith(events string) []byte {
	return []byte(strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n"+events+"END:VCALENDAR\n", "\n", "\r\n"))
}

// TestReadCalendar reads the zones, lengths and rhythms that other programs write.
func TestReadCalendar(t *testing.T) {
	const edges = "BEGIN:VEVENT\nUID:x\nSUMMARY:Réunion\n"
	for name, x := range map[string]struct {
		event, when string // when: of the first, in UTC, with its length
		zone        string
		repeat      string
		n           int
	}{
		"a zone":          {"DTSTART;TZID=Europe/Paris:20270112T180000\nDTEND;TZID=Europe/Paris:20270112T193000\n", "2027-01-12 17:00 1h30m0s", "Europe/Paris", "", 1},
		"overseas":        {"DTSTART;TZID=Indian/Reunion:20270712T180000\nDURATION:PT1H\n", "2027-07-12 14:00 1h0m0s", "Indian/Reunion", "", 1},
		"Outlook":         {"DTSTART;TZID=Romance Standard Time:20270712T180000\nDURATION:PT45M\n", "2027-07-12 16:00 45m0s", "Europe/Paris", "", 1},
		"Outlook, quoted": {"DTSTART;TZID=\"SA Western Standard Time\":20270712T180000\n", "2027-07-12 22:00 2h0m0s", "America/Guadeloupe", "", 1},
		"an older name":   {"DTSTART;TZID=/mozilla.org/20050126_1/Pacific/Noumea:20270712T180000\n", "2027-07-12 07:00 2h0m0s", "Pacific/Noumea", "", 1},
		"Greenwich":       {"DTSTART:20270712T160000Z\n", "2027-07-12 16:00 2h0m0s", "Europe/Paris", "", 1},
		"no zone":         {"DTSTART:20270712T180000\n", "2027-07-12 16:00 2h0m0s", "Europe/Paris", "", 1},
		"a day":           {"DTSTART;VALUE=DATE:20270712\n", "2027-07-11 22:00 23h59m0s", "Europe/Paris", "", 1},
		"two days":        {"DTSTART;VALUE=DATE:20270712\nDTEND;VALUE=DATE:20270714\n", "2027-07-11 22:00 47h59m0s", "Europe/Paris", "", 1},
		"weekly":          {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=WEEKLY\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", weekly, 1},
		"weekly, begun":   {"DTSTART;TZID=Europe/Paris:20261208T180000\nRRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270630T000000Z\n", "2027-01-05 17:00 2h0m0s", "Europe/Paris", weekly, 1},
		"every two":       {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=5;BYDAY=TU\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", biweekly, 1},
		"the second":      {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=MONTHLY;BYDAY=2TU\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", monthly, 1},
		"the second, pos": {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", monthly, 1},
		"the last":        {"DTSTART;TZID=Europe/Paris:20270126T180000\nRRULE:FREQ=MONTHLY;BYDAY=-1TU\n", "2027-01-26 17:00 2h0m0s", "Europe/Paris", monthlyLast, 1},
		"with an exception": {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Paris:20270119T180000\n", "2027-01-12 17:00 2h0m0s",
			"Europe/Paris", "", 3},
		"daily":             {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=DAILY\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", "", maxExpand},
		"every second":      {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=SECONDLY\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", "", 1},
		"a tenth Tuesday":   {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=MONTHLY;BYDAY=10TU\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", "", 1},
		"never":             {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31\n", "", "", "", 0},
		"two days a week":   {"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=6\n", "2027-01-12 17:00 2h0m0s", "Europe/Paris", "", 6},
		"across the change": {"DTSTART;TZID=Europe/Paris:20270320T180000\nRRULE:FREQ=DAILY;INTERVAL=7;COUNT=3\n", "2027-03-20 17:00 2h0m0s", "Europe/Paris", "", 3},
	} {
		all, err := readCalendar(calendarWith(edges+x.event+"END:VEVENT\n"), importNow)
		if len(all) != x.n || x.n > 0 && err != nil {
			t.Errorf("%s: %d meetings, not %d (%v)", name, len(all), x.n, err)
			continue
		}
		if x.n == 0 {
			continue
		}
		got := all[0].Start.UTC().Format("2006-01-02 15:04") + " " + all[0].End.Sub(all[0].Start).String()
		if got != x.when || all[0].Zone != x.zone || all[0].Repeat != x.repeat {
			t.Errorf("%s: %s in %s, %q; not %s in %s, %q", name, got, all[0].Zone, all[0].Repeat, x.when, x.zone, x.repeat)
		}
		for _, b := range all {
			if b.Start.Hour() != all[0].Start.Hour() {
				t.Errorf("%s: one date at %s", name, b.From)
			}
			if b.Title != "" {
				if _, err := b.judge(); err != nil {
					t.Errorf("%s: the form refuses it: %v", name, err)
				}
			}
		}
	}
	// One date moved to the Thursday: three stand as they were, one by itself.
	all, err := readCalendar(calendarWith(edges+"DTSTART;TZID=Europe/Paris:20270112T180000\nRRULE:FREQ=WEEKLY;COUNT=4\nEND:VEVENT\n"+
		edges+"RECURRENCE-ID;TZID=Europe/Paris:20270119T180000\nDTSTART;TZID=Europe/Paris:20270121T180000\nEND:VEVENT\n"), importNow)
	days := ""
	for _, b := range all {
		days += b.Day[5:] + " "
	}
	if err != nil || days != "01-12 01-26 02-02 01-21 " {
		t.Errorf("one moved: %s (%v)", days, err)
	}
	for _, bad := range []string{"", "bonjour", "BEGIN:VCALENDAR", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", string(calendarWith(edges + "STATUS:CANCELLED\nDTSTART:20270112T180000\nEND:VEVENT\n"))} {
		if _, err := readCalendar([]byte(bad), importNow); err == nil {
			t.Errorf("%q is a calendar", bad)
		}
	}
}

// FuzzReadCalendar: whatever a file holds, it is refused or gives meetings within
// the bounds, and the form can judge each of them.
func FuzzReadCalendar(f *testing.F) {
	f.Add(calendarWith("BEGIN:VEVENT\nUID:x\nSUMMARY:A\\, b\nDTSTART;TZID=Europe/Paris:20270112T180000\nDTEND:20270112T190000Z\nRRULE:FREQ=MONTHLY;BYDAY=-1TU;COUNT=3\nEXDATE:20270126T170000Z,20270223\nEND:VEVENT\n"))
	f.Add(calendarWith("BEGIN:VEVENT\nUID:x\nDTSTART;VALUE=DATE:20270112\nDURATION:P1DT2H\nRRULE:FREQ=DAILY;UNTIL=20280101\nLOCATION:https://x.example\nEND:VEVENT\n"))
	f.Add(calendarWith("BEGIN:VEVENT\nRECURRENCE-ID:20270112T180000\nDTSTART:20270112T180000\nEND:VEVENT\n"))
	more, _ := filepath.Glob(filepath.Join("testdata", "calendars", "*.ics"))
	for _, name := range more {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		all, err := readCalendar(body, importNow)
		if (err == nil) == (len(all) == 0) || len(all) > maxImport {
			t.Fatalf("%d meetings, %v", len(all), err)
		}
		for i := range all {
			if all[i].End.Before(all[i].Start) || all[i].key() == "" {
				t.Fatalf("%+v", all[i])
			}
			if _, err := all[i].judge(); err != nil && all[i].Title != "" && all[i].From != "" && strings.Contains(err.Error(), "internal") {
				t.Fatal(err)
			}
		}
	})
}
