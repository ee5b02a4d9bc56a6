package event

import (
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/maillage/maillage/internal/i18n"
)

// How a meeting comes again, in the words of the form.
const (
	once        = ""
	weekly      = "weekly"
	biweekly    = "biweekly"
	monthly     = "monthly"      // the 2nd Tuesday, say
	monthlyLast = "monthly_last" // the last Tuesday
	monthly13   = "monthly_13"   // the 1st and the 3rd
	monthly24   = "monthly_24"
)

// repeats are all of them, in the order of the form.
var repeats = []string{once, weekly, biweekly, monthly, monthlyLast, monthly13, monthly24}

// maxTimes is how often a series that counts may come.
const maxTimes = 200

// weekdayCodes are the days of RFC 5545, from Sunday.
var weekdayCodes = [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// ruleOf makes the rule of a series from its first day; ok is false when that day is
// none that the rhythm knows, as a 15th for « les 1er et 3e ».
//
// Spec: RFC 5545 3.3.10
func ruleOf(repeat string, first time.Time) (rule string, ok bool) {
	day, rank := weekdayCodes[first.Weekday()], (first.Day()+6)/7
	last := first.AddDate(0, 0, 7).Month() != first.Month()
	ranked := func(all ...int) string {
		parts := make([]string, len(all))
		for i, n := range all {
			parts[i] = strconv.Itoa(n) + day
		}
		return "FREQ=MONTHLY;BYDAY=" + strings.Join(parts, ",")
	}
	switch repeat {
	case weekly:
		return "FREQ=WEEKLY;BYDAY=" + day, true
	case biweekly:
		return "FREQ=WEEKLY;INTERVAL=2;BYDAY=" + day, true
	case monthly:
		return ranked(rank), rank < 5
	case monthlyLast:
		return ranked(-1), last
	case monthly13:
		return ranked(1, 3), rank == 1 || rank == 3
	case monthly24:
		return ranked(2, 4), rank == 2 || rank == 4
	}
	return "", false
}

// bounded ends a rule: after a number of times, or with a day.
func bounded(rule string, times int, until time.Time) string {
	switch {
	case times > 0:
		return rule + ";COUNT=" + strconv.Itoa(times)
	case !until.IsZero():
		return rule + ";UNTIL=" + until.UTC().Format("20060102T150405Z")
	}
	return rule
}

// rhythm is what a rule says of the form's questions: the inverse of ruleOf and bounded.
func rhythm(rule string) (repeat string, times int, until time.Time) {
	o, err := rrule.StrToROption(rule)
	if err != nil {
		return once, 0, until
	}
	repeat = once
	var ranks []int
	for _, d := range o.Byweekday {
		ranks = append(ranks, d.N())
	}
	switch {
	case o.Freq == rrule.WEEKLY && o.Interval == 2:
		repeat = biweekly
	case o.Freq == rrule.WEEKLY:
		repeat = weekly
	case len(ranks) == 1 && ranks[0] == -1:
		repeat = monthlyLast
	case len(ranks) == 1:
		repeat = monthly
	case len(ranks) == 2 && ranks[0] == 1:
		repeat = monthly13
	case len(ranks) == 2:
		repeat = monthly24
	}
	return repeat, o.Count, o.Until
}

// dates gives what a rule says from first on, those after a moment, at most n. The
// hour is that of first on the clock of its place, in winter and in summer; an
// hour that a change of clocks leaves out is the one that the clock then shows.
func dates(rule string, first, after time.Time, n int) []time.Time {
	o, err := rrule.StrToROption(rule)
	if err != nil {
		return nil
	}
	o.Dtstart = first
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return nil
	}
	var out []time.Time
	for next := r.Iterator(); len(out) < n; {
		t, ok := next()
		if !ok {
			break
		}
		if t.After(after) {
			out = append(out, t)
		}
	}
	return out
}

// repeatWords says how a meeting comes again: « tous les mardis », « le 2e mardi
// de chaque mois, jusqu'au 30 juin ».
func repeatWords(l *i18n.Localizer, rule string, first, now time.Time) string {
	repeat, times, until := rhythm(rule)
	if repeat == once {
		return ""
	}
	day := strings.Fields(l.T("cal.weekdays"))[first.Weekday()]
	days := strings.Fields(l.T("event.weekdays"))[first.Weekday()]
	rank := l.T("event.rank_of_month." + strconv.Itoa((first.Day()+6)/7))
	s := l.T("event.repeats."+repeat, "Day", day, "Days", days, "Rank", rank)
	switch {
	case times > 0:
		s = l.T("event.repeats_times", "Repeat", s, "Times", times)
	case !until.IsZero():
		s = l.T("event.repeats_until", "Repeat", s, "Day", l.Date(until.In(first.Location()), now))
	}
	return s
}
