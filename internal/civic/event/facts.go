package event

import (
	"html"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/text"
)

// factsOf says to apps, which know of no meetings, when and where one of another server
// is and where it has pages, in its language if that is one of ours, but for what its
// text says itself. Our own pages show these facts apart from the text.
//
// Spec: FEP-8a8e; Spec: Mobilizon
func factsOf(m *Meeting, lang, said string) string {
	var lines []string
	if when := whenOf(m, lang); !strings.Contains(said, text.Words(when)) {
		lines = append(lines, "<strong>"+html.EscapeString(when)+"</strong>")
	}
	if where := m.whereWords(); where != "" && !strings.Contains(said, text.Words(where)) {
		lines = append(lines, html.EscapeString(where))
	}
	for _, u := range []string{m.RemoteUrl, m.Website, m.RegisterUrl} {
		if u != "" && !strings.Contains(said, u) {
			lines = append(lines, `<a href="`+html.EscapeString(u)+`">`+html.EscapeString(u)+`</a>`)
		}
	}
	if m.Status == Cancelled {
		word := "Cancelled"
		if strings.HasPrefix(lang, "fr") {
			word = "Annulé"
		}
		lines = append([]string{"<strong>" + word + "</strong>"}, lines...)
	}
	if len(lines) == 0 {
		return ""
	}
	return "<p>" + strings.Join(lines, "<br>") + "</p>"
}

// withoutFacts is the text of a meeting without the paragraph of facts that stood before it
// in what was stored earlier, and stands there until the meeting changes.
func withoutFacts(m *Meeting, lang, content string) string {
	rest, ok := strings.CutPrefix(content, "<p>")
	for _, word := range []string{"Annulé", "Cancelled"} {
		rest = strings.TrimPrefix(rest, "<strong>"+word+"</strong><br>")
	}
	if !ok || !strings.HasPrefix(rest, "<strong>"+html.EscapeString(whenOf(m, lang))+"</strong>") {
		return content
	}
	_, rest, ok = strings.Cut(rest, "</p>")
	if !ok {
		return content
	}
	return rest
}

// calendar has the names of days and months, and nothing else.
var calendar = sync.OnceValue(func() *i18n.Bundle { return i18n.New(nil) })

// whenOf is when a meeting is, on the clock of its place: « sam. 12 déc. 2026, 18 h
// – 20 h 30 (Europe/Paris) », or in numbers where we do not speak its language.
func whenOf(m *Meeting, lang string) string {
	lang, _, _ = strings.Cut(lang, "-")
	day, clock := numbers("2006-01-02"), numbers("15:04")
	if i18n.Known(lang) {
		l := calendar().Localizer(lang)
		clock = l.Clock
		day = func(t time.Time) string {
			weekday, n, month := l.Block(t)
			return weekday + " " + n + " " + month + t.Format(" 2006,")
		}
	}
	start, end := m.Start(), m.ending()
	when := day(start) + " " + clock(start)
	if end.After(start) {
		until := clock(end)
		if !sameDay(start, end) {
			until = day(end) + " " + until
		}
		when += " – " + until
	}
	return when + " (" + m.Zone + ")"
}

func numbers(layout string) func(time.Time) string {
	return func(t time.Time) string { return t.Format(layout) }
}
