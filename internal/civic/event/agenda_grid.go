package event

import (
	"strings"
	"time"

	"github.com/maillage/maillage/internal/httpx"
)

// day is a cell of the grid.
type day struct {
	Number  int
	Label   string // « samedi 12 décembre », for who hears it
	URL     string // of its first line in the list below; "" when it has none
	Today   bool
	Outside bool // of another month
	Weekend bool
	Entries []entry
}

func capital(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

// grid draws the days of a span in weeks. A meeting stands on each day on which
// it is, on the calendar of its own place.
func grid(c *httpx.Ctx, sp span, all, listed []entry, now time.Time) (weekdays []string, weeks [][]day) {
	today := now.In(sp.from.Location()).Format("2006-01-02")
	for d := sp.from; d.Before(sp.to); d = d.AddDate(0, 0, 1) {
		if len(weeks) == 0 {
			weekday, _, _ := c.Loc.Block(d)
			weekdays = append(weekdays, weekday)
		}
		if d.Weekday() == time.Monday {
			weeks = append(weeks, nil)
			if len(weeks) == 1 {
				weekdays = nil
				for i := range 7 {
					weekday, _, _ := c.Loc.Block(d.AddDate(0, 0, i))
					weekdays = append(weekdays, weekday)
				}
			}
		}
		key := d.Format("2006-01-02")
		x := day{Number: d.Day(), Label: c.Loc.Day(d, now), Today: key == today, Weekend: d.Weekday() == time.Saturday || d.Weekday() == time.Sunday,
			Outside: sp.view == byMonth && d.Month() != sp.anchor.Month()}
		for _, e := range all {
			first, last := e.start.Format("2006-01-02"), e.end.Add(-time.Second).Format("2006-01-02")
			if key >= first && (key <= last || key == first) {
				x.Entries = append(x.Entries, e)
			}
		}
		for _, e := range listed {
			if x.URL == "" && e.start.Format("2006-01-02") == key {
				x.URL = "#" + e.ID
			}
		}
		weeks[len(weeks)-1] = append(weeks[len(weeks)-1], x)
	}
	return weekdays, weeks
}
