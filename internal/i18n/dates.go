package i18n

import (
	"embed"
	"strconv"
	"strings"
	"time"
)

// calendar holds the names of months and days and the shapes of dates.
//
//go:embed calendar
var calendar embed.FS

// The times below are written in the location they carry: the caller converts
// them (t.In(loc)) first.

// Day is « samedi 12 décembre », with the year when it is not now's.
func (l *Localizer) Day(t, now time.Time) string {
	key := "cal.day"
	if t.Year() != now.In(t.Location()).Year() {
		key = "cal.day_year"
	}
	return l.words(key, "Weekday", l.name("cal.weekdays", int(t.Weekday())),
		"Day", l.dayNumber(t), "Month", l.name("cal.months", int(t.Month())-1), "Year", strconv.Itoa(t.Year()))
}

// Date is « 12 décembre », with the year when it is not now's.
func (l *Localizer) Date(t, now time.Time) string {
	key := "cal.date"
	if t.Year() != now.In(t.Location()).Year() {
		key = "cal.date_year"
	}
	return l.words(key, "Day", l.dayNumber(t), "Month", l.name("cal.months", int(t.Month())-1), "Year", strconv.Itoa(t.Year()))
}

// Clock is « 18 h 30 » or « 18 h ».
func (l *Localizer) Clock(t time.Time) string {
	key := "cal.clock"
	if t.Minute() == 0 {
		key = "cal.clock_round"
	}
	h12 := (t.Hour()+11)%12 + 1
	half := "am"
	if t.Hour() >= 12 {
		half = "pm"
	}
	return l.words(key, "H24", strconv.Itoa(t.Hour()), "H12", strconv.Itoa(h12), "Minute", t.Format("04"), "Half", half)
}

// DateTime is « samedi 12 décembre à 18 h ».
func (l *Localizer) DateTime(t, now time.Time) string {
	return l.words("cal.day_time", "Day", l.Day(t, now), "Clock", l.Clock(t))
}

// Ago is relative under a day (« à l’instant », « il y a 40 min », « il y a
// 2 h »), then the day. A time in the future reads as now for a minute, and
// as its date and hour beyond.
func (l *Localizer) Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < -time.Minute:
		return l.DateTime(t, now)
	case d < time.Minute:
		return l.T("cal.now")
	case d < time.Hour:
		return l.words("cal.minutes_ago", "Count", int(d/time.Minute))
	case d < 24*time.Hour:
		return l.words("cal.hours_ago", "Count", int(d/time.Hour))
	}
	return l.Day(t, now)
}

// Moment is relative under a day, then the day and the hour: « lundi 30
// novembre, 8 h 02 ».
func (l *Localizer) Moment(t, now time.Time) string {
	if now.Sub(t) < 24*time.Hour {
		return l.Ago(t, now)
	}
	return l.words("cal.moment", "Day", l.Day(t, now), "Clock", l.Clock(t))
}

// Block is what a date block shows: « sam. », « 12 », « déc. ».
func (l *Localizer) Block(t time.Time) (weekday, day, month string) {
	return l.name("cal.weekdays_short", int(t.Weekday())), strconv.Itoa(t.Day()), l.name("cal.months_short", int(t.Month())-1)
}

func (l *Localizer) dayNumber(t time.Time) string {
	if t.Day() == 1 {
		return l.T("cal.first")
	}
	return strconv.Itoa(t.Day())
}

func (l *Localizer) name(key string, i int) string {
	names := l.T(key)
	for ; i > 0; i-- {
		_, names, _ = strings.Cut(names, " ")
	}
	if names == "" {
		return l.b.miss(l.lang, key)
	}
	name, _, _ := strings.Cut(names, " ")
	return name
}
