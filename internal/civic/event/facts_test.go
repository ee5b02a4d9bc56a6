package event

import (
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/text"
)

// TestFactsOfEvents: what apps show of another server's meeting says when it is, in the
// language of the meeting, and nothing twice.
//
// Spec: FEP-8a8e
func TestFactsOfEvents(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 12, 27, 18, 30, 0, 0, paris)
	m := Meeting{StartsAt: start.UnixMilli(), EndsAt: start.Add(2 * time.Hour).UnixMilli(), Zone: "Europe/Paris", Place: "Salle", City: "Arras", Website: "https://visio.example/salle"}
	for _, c := range []struct {
		lang, content string
		hours         time.Duration
		want          []string
	}{
		{"fr", "<p>Venez !</p>", 2, []string{"dim. 27 déc. 2026, 18 h 30 – 20 h 30 (Europe/Paris)", "Venez", "Salle, Arras"}},
		{"fr-FR", "", 30, []string{"dim. 27 déc. 2026, 18 h 30 – mar. 29 déc. 2026, 0 h 30 (Europe/Paris)"}},
		{"en", "<p>Come!</p>", 2, []string{"Sun 27 Dec 2026, 6:30 pm – 8:30 pm (Europe/Paris)"}},
		{"de", "<p>Kommt!</p>", 2, []string{"2026-12-27 18:30 – 20:30 (Europe/Paris)"}},
		{"", "", 2, []string{"2026-12-27 18:30 – 20:30 (Europe/Paris)"}},
		{"fr", "<p>dim. 27 déc. 2026, 18 h 30 – 20 h 30 (Europe/Paris) – Salle, Arras</p>", 2, []string{"dim. 27 déc. 2026, 18 h 30 – 20 h 30 (Europe/Paris)", "Salle, Arras", "Europe/Paris"}},
	} {
		x := m
		x.EndsAt = start.Add(c.hours * time.Hour).UnixMilli()
		got := text.Words(factsOf(&x, c.lang, text.Words(c.content)) + c.content)
		for _, want := range append(c.want, "https://visio.example/salle") {
			if strings.Count(got, want) != 1 {
				t.Errorf("%s %q: %q, not once %q", c.lang, c.content, got, want)
			}
		}
	}
}
