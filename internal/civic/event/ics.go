package event

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// calendar writes iCalendar.
//
// Times stand in the zone of the place, with the rules of that zone beside them,
// so that a reader that knows no zone by name shows the right hour too.
//
// Spec: RFC 5545
type calendar struct{ b strings.Builder }

// icsEntry is one meeting for a calendar.
type icsEntry struct {
	m       *Meeting
	title   string
	text    string // plain
	url     string
	remote  string // shown to this reader
	created int64
	more    [][2]string // further properties
}

// writeCalendar gives meetings as an iCalendar document.
func writeCalendar(name, method string, all []icsEntry) []byte {
	var c calendar
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Maillage//Agenda//FR")
	c.line("CALSCALE", "GREGORIAN")
	c.line("METHOD", method)
	if name != "" {
		c.line("X-WR-CALNAME", escape(name))
		c.line("NAME", escape(name))
		c.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	}
	years := map[string][2]int{}
	var zones []string
	for _, e := range all {
		z := e.m.Zone
		if z == "UTC" {
			continue
		}
		y := [2]int{e.m.Start().Year(), e.m.End().Year()}
		if have, ok := years[z]; ok {
			y[0], y[1] = min(have[0], y[0]), max(have[1], y[1])
		} else {
			zones = append(zones, z)
		}
		years[z] = y
	}
	for _, z := range zones {
		c.zone(z, years[z][0], years[z][1])
	}
	for _, e := range all {
		c.event(e)
	}
	c.line("END", "VCALENDAR")
	return []byte(c.b.String())
}

func (c *calendar) event(e icsEntry) {
	const utc = "20060102T150405Z"
	c.line("BEGIN", "VEVENT")
	c.line("UID", escape(e.m.Uid))
	c.line("SEQUENCE", fmt.Sprint(e.m.Sequence))
	changed := time.UnixMilli(max(e.m.ChangedAt, e.created)).UTC().Format(utc)
	c.line("DTSTAMP", changed)
	c.line("LAST-MODIFIED", changed)
	c.line("CREATED", time.UnixMilli(e.created).UTC().Format(utc))
	c.moment("DTSTART", e.m.Start(), e.m.Zone)
	if e.m.EndsAt > e.m.StartsAt {
		c.moment("DTEND", e.m.End(), e.m.Zone)
	}
	c.line("SUMMARY", escape(e.title))
	c.line("STATUS", icalStatus[e.m.Status])
	where := e.m.whereWords()
	if where == "" && e.remote != "" {
		where = e.remote
	}
	if where != "" {
		c.line("LOCATION", escape(where))
	}
	said := e.text
	if e.m.StatusNote != "" {
		said = joined("\n\n", e.m.StatusNote, said)
	}
	if e.remote != "" {
		said = joined("\n\n", said, e.remote)
	}
	c.line("DESCRIPTION", escape(joined("\n\n", said, e.url)))
	c.line("URL", e.url)
	for _, x := range e.more {
		c.line(x[0], x[1])
	}
	c.line("END", "VEVENT")
}

func (c *calendar) moment(name string, t time.Time, zone string) {
	if zone == "UTC" {
		c.line(name, t.UTC().Format("20060102T150405Z"))
		return
	}
	c.line(name+";TZID="+zone, t.Format("20060102T150405"))
}

// zone writes the rules of a zone as the changes that it makes in the years meant.
func (c *calendar) zone(name string, first, last int) {
	loc := location(name)
	c.line("BEGIN", "VTIMEZONE")
	c.line("TZID", name)
	at := time.Date(first-1, 1, 1, 0, 0, 0, 0, time.UTC)
	c.period(at.In(loc), at)
	for end := time.Date(last+1, 12, 31, 0, 0, 0, 0, time.UTC); at.Before(end); {
		_, next := at.In(loc).ZoneBounds()
		if next.IsZero() || next.After(end) {
			break
		}
		at = next
		c.period(at.In(loc), at.Add(-time.Second))
	}
	c.line("END", "VTIMEZONE")
}

// period is the time from a change on; before is a moment of the time before it.
func (c *calendar) period(t, before time.Time) {
	kind := "STANDARD"
	if t.IsDST() {
		kind = "DAYLIGHT"
	}
	_, was := before.In(t.Location()).Zone()
	short, offset := t.Zone()
	c.line("BEGIN", kind)
	// The hour of a change is told on the clock before it.
	c.line("DTSTART", t.UTC().Add(time.Duration(was)*time.Second).Format("20060102T150405"))
	c.line("TZOFFSETFROM", offsetWords(was))
	c.line("TZOFFSETTO", offsetWords(offset))
	c.line("TZNAME", short)
	c.line("END", kind)
}

func offsetWords(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds%3600/60)
}

// escape writes a text as a value.
//
// Spec: RFC 5545 3.3.11
func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "").Replace(s)
}

// line writes a property, folded after 75 octets, never inside a character.
//
// Spec: RFC 5545 3.1
func (c *calendar) line(name, value string) {
	s := name + ":" + value
	most := 75
	for len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		c.b.WriteString(s[:cut] + "\r\n ")
		s, most = s[cut:], 74
	}
	c.b.WriteString(s + "\r\n")
}

// icsOf is a meeting as a calendar shows it to a reader.
func (s *Service) icsOf(w *post.View) icsEntry {
	f := of(w)
	e := icsEntry{m: &f.Meeting, title: w.Title, text: text.Plain(w.Content), url: s.Accounts.Base + path(w.ID), created: w.CreatedAt}
	if f.RemoteUrl != "" && (w.Mine || f.Mine.registered() && f.Mine.Answer == Remote) {
		e.remote = f.RemoteUrl
	}
	return e
}
