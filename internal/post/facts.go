package post

import (
	"html"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/text"
)

// factsOf says when and where an event is, in its language if that is one of
// ours, but for what its text says itself.
//
// Spec: FEP-8a8e; Spec: Mobilizon
func factsOf(e *as.Event, lang, said string) string {
	var lines []string
	if when := whenOf(e, lang); when != "" && !strings.Contains(said, words(when)) {
		lines = append(lines, "<strong>"+html.EscapeString(when)+"</strong>")
	}
	for _, p := range e.Places[:min(len(e.Places), 4)] {
		where := text.PlainName(text.Plain(strings.Trim(p.Name+", "+p.Address, ", ")), account.MaxName)
		if p.URL != "" {
			lines = append(lines, linkTo(p.URL, where))
		} else if where != "" && !strings.Contains(said, words(where)) {
			lines = append(lines, html.EscapeString(where))
		}
	}
	for _, u := range []string{e.Website, e.Register} {
		if u != "" {
			lines = append(lines, linkTo(u, ""))
		}
	}
	if e.Cancelled {
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

// calendar has the names of days and months, and nothing else.
var calendar = sync.OnceValue(func() *i18n.Bundle { return i18n.New(nil) })

// whenOf is when an event is, on the clock of its place: « sam. 12 déc. 2026, 18 h
// – 20 h 30 (Europe/Paris) », or in numbers where we do not speak its language.
func whenOf(e *as.Event, lang string) string {
	if e.Start.IsZero() {
		return ""
	}
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
	when := day(e.Start) + " " + clock(e.Start)
	if !e.OpenEnd && !e.End.Equal(e.Start) {
		until := clock(e.End)
		if day(e.End) != day(e.Start) {
			until = day(e.End) + " " + until
		}
		when += " – " + until
	}
	zone := text.PlainName(e.Zone, 64)
	if zone == "" {
		zone = e.Start.Format("UTC-07:00")
		if _, offset := e.Start.Zone(); offset == 0 {
			zone = "UTC"
		}
	}
	return when + " (" + zone + ")"
}

func numbers(layout string) func(time.Time) string {
	return func(t time.Time) string { return t.Format(layout) }
}

// words is a text as it reads: without markup, with single spaces.
func words(s string) string { return strings.Join(strings.Fields(text.Plain(s)), " ") }
