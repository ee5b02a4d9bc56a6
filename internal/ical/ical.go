// Package ical writes calendars that any calendar program reads.
//
// Times stand in the zone of the place, with the rules of that zone beside them,
// so that a program that knows no zone by name shows the right hour too. What is
// written depends on what is given alone, not on when: two calendars of the same
// events are the same bytes.
//
// Spec: RFC 5545; Spec: RFC 7986
package ical

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Type is the media type of a calendar.
const Type = "text/calendar; charset=utf-8"

// The states of an event.
const (
	Confirmed = "CONFIRMED"
	Tentative = "TENTATIVE"
	Cancelled = "CANCELLED"
)

// Event is one entry.
type Event struct {
	UID              string // never changes
	Sequence         int64  // grows with each change that calendars must take
	Start, End       time.Time
	Zone             string // IANA name; "UTC" needs no rules
	Summary          string
	Status           string
	Location         string
	Description      string
	URL              string
	Created, Changed time.Time
	More             [][2]string // further properties, as they are to stand: ORGANIZER, ATTENDEE
}

// Write gives a calendar. name is what it is called, "" for a single entry that is
// not to be refreshed; method is PUBLISH, REQUEST or CANCEL.
func Write(name, method string, all []Event) []byte {
	var c writer
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Maillage//Agenda//FR")
	c.line("CALSCALE", "GREGORIAN")
	c.line("METHOD", method)
	if name != "" {
		c.line("X-WR-CALNAME", escape(name))
		c.line("NAME", escape(name))
		c.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
		c.line("X-PUBLISHED-TTL", "PT1H")
	}
	years := map[string][2]int{}
	var zones []string
	for _, e := range all {
		if e.Zone == "UTC" {
			continue
		}
		y := [2]int{e.Start.Year(), e.End.Year()}
		if have, ok := years[e.Zone]; ok {
			y[0], y[1] = min(have[0], y[0]), max(have[1], y[1])
		} else {
			zones = append(zones, e.Zone)
		}
		years[e.Zone] = y
	}
	for _, z := range zones {
		c.zone(z, years[z][0], years[z][1])
	}
	if len(all) == 0 {
		c.zone("UTC", 1971, 1971) // a calendar has one component at least
	}
	for _, e := range all {
		c.event(e)
	}
	c.line("END", "VCALENDAR")
	return []byte(c.b.String())
}

type writer struct{ b strings.Builder }

const utc = "20060102T150405Z"

func (c *writer) event(e Event) {
	c.line("BEGIN", "VEVENT")
	c.line("UID", escape(e.UID))
	c.line("SEQUENCE", fmt.Sprint(e.Sequence))
	c.line("DTSTAMP", e.Changed.UTC().Format(utc))
	c.line("LAST-MODIFIED", e.Changed.UTC().Format(utc))
	c.line("CREATED", e.Created.UTC().Format(utc))
	c.moment("DTSTART", e.Start, e.Zone)
	if e.End.After(e.Start) {
		c.moment("DTEND", e.End, e.Zone)
	}
	c.line("SUMMARY", escape(e.Summary))
	c.line("STATUS", e.Status)
	if e.Location != "" {
		c.line("LOCATION", escape(e.Location))
	}
	c.line("DESCRIPTION", escape(e.Description))
	if e.URL != "" {
		c.line("URL", e.URL)
	}
	for _, x := range e.More {
		c.line(x[0], x[1])
	}
	c.line("END", "VEVENT")
}

func (c *writer) moment(name string, t time.Time, zone string) {
	if zone == "UTC" {
		c.line(name, t.UTC().Format(utc))
		return
	}
	c.line(name+";TZID="+zone, t.In(location(zone)).Format("20060102T150405"))
}

func location(zone string) *time.Location {
	if loc, err := time.LoadLocation(zone); err == nil {
		return loc
	}
	return time.UTC
}

// zone writes the rules of a zone as the changes that it makes in the years meant.
func (c *writer) zone(name string, first, last int) {
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
func (c *writer) period(t, before time.Time) {
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
func (c *writer) line(name, value string) {
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
