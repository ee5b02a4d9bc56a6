package event

import (
	"strings"
	"time"

	"github.com/maillage/maillage/internal/httpx"
)

// monthWords is « décembre 2026 ».
func monthWords(c *httpx.Ctx, t time.Time) string {
	return c.T("event.month", "Month", strings.Fields(c.T("cal.months"))[t.Month()-1], "Year", t.Format("2006"))
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// monday is the first day of the week of t.
func monday(t time.Time) time.Time {
	return midnight(t).AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// span is what the agenda shows: from, until before to, grid the first and last day drawn.
type span struct {
	view     string
	anchor   time.Time // the day that the address names
	from, to time.Time
	step     func(n int) time.Time
}

// spanOf reads the address: ?vue=mois&date=2026-12.
func spanOf(c *httpx.Ctx, now time.Time) span {
	loc := location(homeZone)
	at := midnight(now.In(loc))
	for _, layout := range []string{"2006-01-02", "2006-01"} {
		if t, err := time.ParseInLocation(layout, c.Query("date"), loc); err == nil && t.Year() > 1990 && t.Year() < 2200 {
			at = t
		}
	}
	s := span{view: c.Query("vue"), anchor: at}
	switch s.view {
	case byWeek:
		s.from = monday(at)
		s.to = s.from.AddDate(0, 0, 7)
		s.step = func(n int) time.Time { return s.from.AddDate(0, 0, 7*n) }
	case byList, byMap:
		s.from, s.to = at, at.AddDate(0, 3, 0)
		s.step = func(n int) time.Time { return at.AddDate(0, 3*n, 0) }
	default:
		s.view = byMonth
		first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, loc)
		s.from = monday(first)
		s.to = monday(first.AddDate(0, 1, 6)) // past the week of the last day
		s.anchor = first
		s.step = func(n int) time.Time { return first.AddDate(0, n, 0) }
	}
	return s
}
