package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Bounds of what one calendar brings.
const (
	maxImport  = 200
	maxExpand  = 60                   // dates of a rhythm that is none of ours
	expandSpan = 366 * 24 * time.Hour // from now on
	oldestRule = 30                   // years ago
	maxSteps   = 200000               // dates gone through for one calendar, past ones too
	ourSteps   = 2000                 // at most for a rhythm of ours
)

// brought is a meeting that a calendar holds, as somebody may take it over.
type brought struct {
	Draft
	Start, End time.Time
	Every      string // the RRULE of ours that its rhythm is; "" for one date
	Rest       int    // how many dates more its own rhythm brought, each on its own
}

// key names it in the form that asks which to take over.
func (b *brought) key() string {
	sum := sha256.Sum256([]byte(b.Title + "\x00" + b.Start.UTC().Format(time.RFC3339)))
	return hex.EncodeToString(sum[:8])
}

// readCalendar reads the meetings of an iCalendar document; what has no date or
// was cancelled is passed over. A rhythm that we know comes as one, of any other
// the dates of the next year. Error: KindInvalid "event.bad_file".
//
// Spec: RFC 5545
func readCalendar(body []byte, now time.Time) ([]brought, error) {
	bad := func() error { return apperr.Invalid("event.bad_file").Field("calendar", "event.bad_file") }
	cal, err := ics.ParseCalendar(bytes.NewReader(body))
	if err != nil {
		return nil, bad()
	}
	usual := homeZone
	for _, p := range cal.CalendarProperties {
		if p.IANAToken == "X-WR-TIMEZONE" && knownZone(p.Value) != "" {
			usual = knownZone(p.Value)
		}
	}
	events := cal.Events()
	moved := map[string][]moment{} // dates of a series that have an entry of their own, by uid
	for _, e := range events {
		if p := e.GetProperty(ics.ComponentProperty(ics.PropertyRecurrenceId)); p != nil {
			if m, ok := readICSMoment(p, usual); ok {
				uid := valueOf(e, ics.ComponentPropertyUniqueId)
				moved[uid] = append(moved[uid], m)
			}
		}
	}
	var out []brought
	steps := maxSteps
	for _, e := range events {
		for _, b := range readEvent(e, usual, moved[valueOf(e, ics.ComponentPropertyUniqueId)], now, &steps) {
			if out = append(out, b); len(out) == maxImport {
				return out, nil
			}
		}
	}
	if len(out) == 0 {
		return nil, bad()
	}
	return out, nil
}

func valueOf(e *ics.VEvent, p ics.ComponentProperty) string {
	if x := e.GetProperty(p); x != nil {
		return strings.TrimSpace(x.Value)
	}
	return ""
}

// readEvent reads one entry; it is nothing, one meeting, a series, or several dates.
// steps is what may still be gone through for the whole calendar.
func readEvent(e *ics.VEvent, usual string, moved []moment, now time.Time, steps *int) []brought {
	if strings.EqualFold(valueOf(e, ics.ComponentPropertyStatus), "CANCELLED") {
		return nil
	}
	p := e.GetProperty(ics.ComponentPropertyDtStart)
	if p == nil {
		return nil
	}
	start, ok := readICSMoment(p, usual)
	if !ok {
		return nil
	}
	length := 2 * time.Hour
	if p := e.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		if end, ok := readICSMoment(p, start.zone); ok && end.After(start.Time) {
			if length = end.Sub(start.Time); end.day {
				length -= time.Minute // the day named is the first that it is not on
			}
		}
	} else if p := e.GetProperty(ics.ComponentProperty(ics.PropertyDuration)); p != nil {
		if d, ok := readDuration(p.Value); ok {
			length = d
		}
	} else if start.day {
		length = 24*time.Hour - time.Minute
	}
	if length > maxLength {
		length = maxLength
	}
	b := brought{Draft: Draft{Kind: KindMeeting, Title: text.PlainName(valueOf(e, ics.ComponentPropertySummary), post.MaxTitle),
		Text: text.Clean(valueOf(e, ics.ComponentPropertyDescription), post.MaxText), Zone: start.zone,
		Place: text.PlainName(valueOf(e, ics.ComponentPropertyLocation), maxLine), Audience: post.Section}}
	if strings.HasPrefix(b.Place, "https://") || strings.HasPrefix(b.Place, "http://") {
		b.RemoteUrl, b.Place = b.Place, ""
	}
	b.Online = b.Place == ""
	b.at(start.Time, length)
	rule := ""
	if x := e.GetProperty(ics.ComponentPropertyRrule); x != nil && e.GetProperty(ics.ComponentProperty(ics.PropertyRecurrenceId)) == nil {
		rule = x.Value
	}
	if rule == "" {
		return []brought{b}
	}
	var out []time.Time // dates that it leaves out
	for _, x := range e.GetProperties(ics.ComponentPropertyExdate) {
		for _, v := range strings.Split(x.Value, ",") {
			one := *x
			one.Value = v
			if m, ok := readICSMoment(&one, start.zone); ok {
				out = append(out, m.Time)
			}
		}
	}
	for _, m := range moved {
		out = append(out, m.Time)
	}
	return repeated(b, rule, start.Time, length, out, now, steps)
}

// at puts it to a moment, for some time.
func (b *brought) at(start time.Time, length time.Duration) {
	b.Start, b.End = start, start.Add(length)
	b.Day, b.From, b.EndDay, b.To = start.Format("2006-01-02"), start.Format("15:04"), b.End.Format("2006-01-02"), b.End.Format("15:04")
}

// repeated takes over a rhythm: as one of ours where it is one and leaves nothing
// out, else as the dates that it has within a year. Rhythms beyond what one
// calendar may cost are left out: their first date stands alone.
func repeated(b brought, rule string, start time.Time, length time.Duration, but []time.Time, now time.Time, steps *int) []brought {
	o, err := rrule.StrToROption(rule)
	if err != nil || !tame(o) || *steps <= 0 || start.Year() < now.Year()-oldestRule {
		return []brought{b}
	}
	repeat := ours(o, start)
	if repeat != once && len(but) == 0 && o.Count <= maxTimes {
		*steps -= ourSteps
		b.Repeat = repeat
		if o.Count > 0 {
			b.RepeatTimes = strconv.Itoa(o.Count)
		} else if !o.Until.IsZero() {
			b.RepeatUntil = o.Until.In(start.Location()).Format("2006-01-02")
		}
		// Let it begin with its next date.
		base, _ := ruleOf(repeat, start)
		if next := dates(bounded(base, o.Count, o.Until), start, now, 1); start.Before(now) && o.Count == 0 {
			if len(next) == 0 {
				return []brought{b}
			}
			b.at(next[0], length)
		}
		b.Every, _ = ruleOf(repeat, b.Start)
		return []brought{b}
	}
	until := now.Add(expandSpan)
	if o.Until.IsZero() || o.Until.After(until) {
		o.Until = until
	}
	o.Dtstart = start
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return []brought{b}
	}
	var out []brought
	for next := r.Iterator(); len(out) < maxExpand && *steps > 0; *steps-- {
		t, ok := next()
		if !ok {
			break
		}
		left := t.Before(now)
		for _, x := range but {
			left = left || x.Equal(t)
		}
		if left {
			continue
		}
		one := b
		one.at(t, length)
		out = append(out, one)
	}
	if len(out) > 0 {
		out[0].Rest = len(out) - 1
	}
	return out
}

// tame reports whether a rule is one that may be followed: by days, weeks, months or
// years, and without what calendars hardly use. The library runs long on some of
// the rest and out of its bounds on others (a tenth Tuesday of the month).
func tame(o *rrule.ROption) bool {
	if o.Freq > rrule.DAILY || o.Interval > 1000 || len(o.Byyearday)+len(o.Byweekno)+len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Byeaster) > 0 {
		return false
	}
	for _, d := range o.Byweekday {
		if d.N() < -5 || d.N() > 5 {
			return false
		}
	}
	for _, all := range []struct {
		values      []int
		least, most int
	}{{o.Bymonth, 1, 12}, {o.Bymonthday, -31, 31}, {o.Bysetpos, -366, 366}} {
		for _, n := range all.values {
			if n < all.least || n > all.most || n == 0 {
				return false
			}
		}
	}
	return true
}

// ours is the rhythm of the form that a rule says from start on; once for none.
func ours(o *rrule.ROption, start time.Time) string {
	if len(o.Bymonthday)+len(o.Bymonth)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Byeaster) > 0 {
		return once
	}
	days := map[string]bool{}
	for _, d := range o.Byweekday {
		n := d.N()
		if n == 0 && len(o.Bysetpos) == 1 {
			n = o.Bysetpos[0]
		}
		name := weekdayCodes[(d.Day()+1)%7]
		if n != 0 {
			name = strconv.Itoa(n) + name
		}
		days[name] = true
	}
	for _, repeat := range repeats[1:] {
		rule, ok := ruleOf(repeat, start)
		if !ok {
			continue
		}
		x, err := rrule.StrToROption(rule)
		if err != nil || x.Freq != o.Freq || max(1, x.Interval) != max(1, o.Interval) {
			continue
		}
		_, want, _ := strings.Cut(rule, "BYDAY=")
		all := strings.Split(want, ",")
		same := len(all) == len(days) || o.Freq == rrule.WEEKLY && len(days) == 0
		for _, d := range all {
			same = same && (days[d] || o.Freq == rrule.WEEKLY && len(days) == 0)
		}
		if same {
			return repeat
		}
	}
	return once
}

// moment is a time of a calendar on the clock of a place.
type moment struct {
	time.Time
	zone string
	day  bool // it names a day, without an hour
}

// readICSMoment reads a time; one without a zone, or in that of Greenwich, is of usual.
func readICSMoment(p *ics.IANAProperty, usual string) (moment, bool) {
	m := moment{zone: usual}
	if names := p.ICalParameters["TZID"]; len(names) > 0 && knownZone(names[0]) != "" {
		m.zone = knownZone(names[0])
	}
	loc := location(m.zone)
	v := strings.TrimSpace(p.Value)
	var err error
	switch {
	case len(v) == len("20060102"):
		m.Time, err = time.ParseInLocation("20060102", v, loc)
		m.day = true
	case strings.HasSuffix(v, "Z"):
		m.Time, err = time.Parse("20060102T150405Z", v)
		m.Time = m.In(loc)
	default:
		m.Time, err = time.ParseInLocation("20060102T150405", v, loc)
	}
	return m, err == nil && m.Year() >= 1900 && m.Year() < 2200
}

// outlook are the names that Microsoft gives to the zones of our places.
var outlook = map[string]string{
	"Romance Standard Time": "Europe/Paris", "W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "GMT Standard Time": "Europe/London",
	"SA Western Standard Time": "America/Guadeloupe", "SA Eastern Standard Time": "America/Cayenne", "Mauritius Standard Time": "Indian/Reunion",
	"E. Africa Standard Time": "Indian/Mayotte", "Saint Pierre Standard Time": "America/Miquelon", "Central Pacific Standard Time": "Pacific/Noumea",
	"Hawaiian Standard Time": "Pacific/Tahiti", "Eastern Standard Time": "America/Montreal", "UTC": "UTC",
}

// knownZone is the IANA name behind that of a calendar, "" for none.
func knownZone(name string) string {
	name = strings.Trim(strings.TrimSpace(name), `"`)
	if z := outlook[name]; z != "" {
		return z
	}
	// Older programs put an address in front: /mozilla.org/20050126_1/Europe/Paris.
	for parts := strings.Split(strings.Trim(name, "/"), "/"); len(parts) > 0; parts = parts[1:] {
		z := strings.Join(parts, "/")
		if _, err := time.LoadLocation(z); err == nil && z != "" && z != "Local" && (strings.Contains(z, "/") || z == "UTC") {
			return z
		}
	}
	return ""
}

// readDuration reads P1DT2H30M.
//
// Spec: RFC 5545 3.3.6
func readDuration(s string) (time.Duration, bool) {
	s, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(s), "+"), "P")
	var total time.Duration
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	for n := 0; ok && s != ""; s = s[1:] {
		switch c := s[0]; {
		case c >= '0' && c <= '9' && n < 100000:
			n = n*10 + int(c-'0')
		case c == 'T':
		case units[c] != 0:
			total += time.Duration(n) * units[c]
			n = 0
		default:
			return 0, false
		}
	}
	return total, ok && total > 0
}
