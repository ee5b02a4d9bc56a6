package event

import (
	"strings"
	"time"

	"github.com/maillage/maillage/internal/i18n"
)

// Zones are those that the form offers: where the movement has sections, the
// most used first.
var Zones = []string{"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "Indian/Mayotte",
	"America/Miquelon", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Marquesas", "Pacific/Gambier", "Pacific/Wallis",
	"Europe/Brussels", "Europe/Zurich", "Europe/London", "America/Montreal", "UTC"}

// homeZone is the one that pages need not name.
const homeZone = "Europe/Paris"

// zoneWords names a zone: « heure de La Réunion ».
func zoneWords(l *i18n.Localizer, zone string) string {
	if key := "event.zone." + strings.ReplaceAll(zone, "/", "_"); l.Has(key) {
		return l.T(key)
	}
	_, city, _ := strings.Cut(zone, "/")
	if city == "" {
		city = zone
	}
	return l.T("event.zone_of", "City", strings.ReplaceAll(city, "_", " "))
}

// whenWords says when a meeting is, in the clock of its place: « samedi 12
// décembre, de 18 h à 20 h 30 ».
func whenWords(l *i18n.Localizer, m *Meeting, now time.Time) string {
	start, end := m.Start(), m.ending()
	var s string
	switch {
	case !end.After(start):
		s = l.DateTime(start, now)
	case sameDay(start, end):
		s = l.T("event.when", "Day", l.Day(start, now), "From", l.Clock(start), "To", l.Clock(end))
	default:
		s = l.T("event.when_days", "From", l.DateTime(start, now), "To", l.DateTime(end, now))
	}
	if m.Zone != homeZone {
		s += " (" + zoneWords(l, m.Zone) + ")"
	}
	return s
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// whereWords is the place in one line, as all may know it who read of the meeting.
func (m *Meeting) whereWords() string { return m.whereTo(!m.Withheld) }

// whereTo is the place in one line, with the street for whom it is told.
func (m *Meeting) whereTo(told bool) string {
	street := ""
	if told {
		street = strings.TrimRight(m.Address, ". ")
	}
	return joined(", ", m.Place, street, joined(" ", m.Postcode, m.City))
}

func joined(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

// summaryOf is a meeting in one line, for readers elsewhere who show little
// else: « sam. 12 déc. 2026, 18 h – 20 h 30 (Europe/Paris) – Salle, rue ».
func summaryOf(l *i18n.Localizer, m *Meeting) string {
	start, end := m.Start(), m.ending()
	day := func(t time.Time) string {
		weekday, n, month := l.Block(t)
		return weekday + " " + n + " " + month + " " + t.Format("2006") + ", " + l.Clock(t)
	}
	s := day(start)
	if end.After(start) {
		if sameDay(start, end) {
			s += " – " + l.Clock(end)
		} else {
			s += " – " + day(end)
		}
	}
	s += " (" + m.Zone + ")"
	if where := m.whereWords(); where != "" {
		s += " – " + where
	}
	if m.Online {
		s += " – " + l.T("event.online_too."+yes(m.Place != ""))
	}
	if m.Status != Confirmed {
		s = l.T("event.status."+m.Status) + " – " + s
	}
	return s
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// readMoment reads a day and an hour on the clock of a place. ok is false for
// what is none, gap for an hour that the change to summer time leaves out.
func readMoment(day, hour string, loc *time.Location) (t time.Time, ok, gap bool) {
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+hour, loc)
	if err != nil {
		return t, false, false
	}
	return t, true, t.Format("2006-01-02 15:04") != day+" "+hour
}
