package post

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
)

// TestFactsOfEvents: what apps show of an event says when it is, in the language
// of the event, and nothing twice.
//
// Spec: FEP-8a8e
func TestFactsOfEvents(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 12, 27, 18, 30, 0, 0, paris)
	e := as.Event{Start: start, End: start.Add(2 * time.Hour), Zone: "Europe/Paris", Website: "https://visio.example/salle"}
	for _, c := range []struct {
		lang, content string
		end           time.Time
		want          []string
	}{
		{"fr", "<p>Venez !</p>", e.End, []string{"dim. 27 déc. 2026, 18 h 30 – 20 h 30 (Europe/Paris)", "Venez"}},
		{"fr-FR", "", start.Add(30 * time.Hour), []string{"dim. 27 déc. 2026, 18 h 30 – mar. 29 déc. 2026, 0 h 30 (Europe/Paris)"}},
		{"en", "<p>Come!</p>", e.End, []string{"Sun 27 Dec 2026, 6:30 pm – 8:30 pm (Europe/Paris)"}},
		{"de", "<p>Kommt!</p>", e.End, []string{"2026-12-27 18:30 – 20:30 (Europe/Paris)"}},
		{"", "", e.End, []string{"2026-12-27 18:30 – 20:30 (Europe/Paris)"}},
		{"fr", "<p>dim. 27 déc. 2026, 18 h 30 – 20 h 30 (Europe/Paris) – Salle</p>", e.End, []string{"dim. 27 déc. 2026, 18 h 30 – 20 h 30 (Europe/Paris) – Salle", "Europe/Paris"}},
	} {
		x := e
		x.End = c.end
		got := words(contentOf(&as.Meaning{Content: c.content, Language: c.lang, Event: &x}))
		for _, want := range append(c.want, "https://visio.example/salle") {
			if strings.Count(got, want) != 1 {
				t.Errorf("%s %q: %q, not once %q", c.lang, c.content, got, want)
			}
		}
	}
}
