package event_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/civic/event"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// published reads a calendar as strictly as the standard of what is published
// wants it, and gives who calls each meeting, by title.
//
// Spec: RFC 5546 3.2.1; Spec: RFC 5545 3.6
func published(t *testing.T, body string) map[string]string {
	t.Helper()
	lines := strings.Split(strings.ReplaceAll(strings.TrimSuffix(body, "\r\n"), "\r\n ", ""), "\r\n")
	if lines[0] != "BEGIN:VCALENDAR" || lines[len(lines)-1] != "END:VCALENDAR" || !slices.Contains(lines, "METHOD:PUBLISH") || !slices.Contains(lines, "VERSION:2.0") {
		t.Fatalf("no published calendar: %.300s", body)
	}
	out, zones, components := map[string]string{}, map[string]bool{}, 0
	var seen map[string][]string
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if strings.HasPrefix(line, "ORGANIZER") { // its name stands in quotes, colons too
			name, value = "ORGANIZER", line
		}
		name, params, _ := strings.Cut(name, ";")
		switch {
		case name == "BEGIN" && value != "VCALENDAR":
			components++
			seen = map[string][]string{}
		case name == "TZID":
			zones[value] = true
		case line == "END:VEVENT":
			for name, most := range map[string]int{"UID": 1, "DTSTAMP": 1, "DTSTART": 1, "DTEND": 1, "ORGANIZER": 1, "SUMMARY": 1, "SEQUENCE": 1, "STATUS": 1, "CREATED": 1, "LAST-MODIFIED": 1, "DESCRIPTION": 1, "URL": 1} {
				if len(seen[name]) != most {
					t.Errorf("%d of %s in one entry: %v", len(seen[name]), name, seen)
				}
			}
			if len(seen["ATTENDEE"])+len(seen["REQUEST-STATUS"]) > 0 {
				t.Errorf("who comes stands in what is published: %v", seen)
			}
			m := regexp.MustCompile(`^ORGANIZER;CN="([^"]*)":mailto:[^@ ]+@[^@ ]+$`).FindStringSubmatch(seen["ORGANIZER"][0])
			if m == nil {
				t.Fatalf("organizer: %q", seen["ORGANIZER"])
			}
			out[seen["SUMMARY"][0]] = m[1]
		}
		if zone, ok := strings.CutPrefix(params, "TZID="); ok && !zones[zone] {
			t.Errorf("the rules of %s are not there before it is used", zone)
		}
		if seen != nil {
			seen[name] = append(seen[name], value)
		}
	}
	if components == 0 {
		t.Error("a calendar without a component")
	}
	return out
}

// TestPublished: what calendars of ours publish is what the standard says, who calls
// a meeting is named there and is never a person; and any program may fetch them,
// Google's too, which asks robots.txt first and says nothing of what it takes.
func TestPublished(t *testing.T) {
	n := testkit.New(t)
	o, _ := bureau(t, n)
	empty, _ := get(t, n.URL+"/agenda/agenda.ics")
	published(t, empty)
	g, err := n.Groups.Create(ctx, n.Viewer("ana"), group.New{Username: "climat", Rules: group.Rules{Name: "Climat: agir", Access: group.Section, Joining: group.Free, Posting: group.Everyone}})
	if err != nil {
		t.Fatal(err)
	}
	make1(t, n, "ana", func(d *event.Draft) { d.Title, d.Audience = "De la section", post.Public })
	make1(t, n, "ana", func(d *event.Draft) { d.Title, d.Audience, d.GroupID = "Du groupe", post.Group, g.AccountID })
	make1(t, n, "bob", func(d *event.Draft) { d.Title, d.Audience, d.OrganeID = "De l’organe", post.Public, o.AccountID })
	weeklyMeeting(t, n, func(d *event.Draft) { d.Audience = post.Public })
	set, err := n.Instance.Settings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := n.SignIn("ana").Open("/agenda/abonnement").Submit("/agenda/abonnement", map[string]string{"act": "make"})
	private := regexp.MustCompile(`http[^<" ]*/agenda/prive/[a-z0-9]+\.ics`).FindString(b.Body)
	want := map[string]string{"De la section": set.Name, "De l’organe": "Bureau de la section", "Permanence du mardi": set.Name}
	for _, address := range []string{n.URL + "/agenda/agenda.ics", private} {
		res, err := http.DefaultClient.Do(request(t, address))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/calendar; charset=utf-8" || res.Header.Get("Content-Disposition") != "" {
			t.Errorf("%d %q %q", res.StatusCode, kind, res.Header.Get("Content-Disposition"))
		}
		if hidden := strings.Contains(res.Header.Get("X-Robots-Tag"), "noindex"); hidden != (address == private) {
			t.Errorf("%s may be in the results of searches: %v", address, !hidden)
		}
		body, _ := get(t, address)
		if address == private {
			want["Du groupe"] = "Climat: agir"
		}
		got := published(t, body)
		for title, by := range want {
			if got[title] != by {
				t.Errorf("%s is called by %q, not %q", title, got[title], by)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v", got)
		}
	}
	robots, status := get(t, n.URL+"/robots.txt")
	if status != http.StatusOK {
		t.Fatalf("robots.txt: %d", status) // without one, Google takes nothing
	}
	for _, line := range strings.Split(robots, "\n") {
		if at, ok := strings.CutPrefix(line, "Disallow: "); ok && at != "" && (strings.HasPrefix("/agenda/agenda.ics", at) || strings.HasPrefix("/agenda/prive/", at)) {
			t.Errorf("robots.txt keeps calendars from Google: %s", line)
		}
	}
}

// request asks as Google's calendar does: it names itself, and no kind that it wants.
func request(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Google-Calendar-Importer")
	return r
}
