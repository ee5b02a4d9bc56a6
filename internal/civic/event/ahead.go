package event

import (
	"time"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/timeline"
	"github.com/maillage/maillage/web"
)

// What the home page says of the days ahead: the next meetings beside the feed,
// and those that still want an answer in « À faire ».
const (
	aheadShown = 4
	aheadAsked = 2

	aheadDays = 7
	askDays   = 14
)

// ahead is what stands on the home page of somebody signed in.
func (s *Service) ahead(c *httpx.Ctx) (timeline.Beside, error) {
	now := time.Now()
	list, _, err := s.list(c, ask{from: now, to: now.AddDate(0, 0, askDays), brief: true})
	if err != nil {
		return timeline.Beside{}, err
	}
	week := web.Module{Title: c.T("event.ahead"), More: &web.Link{Name: c.T("event.ahead_all"), URL: Path}}
	var out timeline.Beside
	for _, e := range list {
		if len(week.Rows) < aheadShown && e.start.Before(now.AddDate(0, 0, aheadDays)) && e.Status == "" {
			e.Block.Small = true
			week.Rows = append(week.Rows, web.ModuleRow{Block: e.Block, Title: e.Title, URL: e.URL, Text: aheadWords(e)})
		}
		if len(out.Tasks) < aheadAsked && e.wantsAnswer() {
			out.Tasks = append(out.Tasks, web.Task{Verb: c.T("event.ahead_verb"), Title: c.T("event.ahead_ask", "Title", e.Title),
				Text: askWords(c, e.found, now), URL: e.URL})
		}
	}
	if len(week.Rows) > 0 {
		out.Modules = []web.Module{week}
	}
	return out, nil
}

// wantsAnswer reports whether a meeting of our section or of a group of the
// viewer waits for their word.
func (e *entry) wantsAnswer() bool {
	f := e.found
	return e.view != nil && e.view.Local && f.Status == Confirmed && f.Mine == nil && (f.HasRoom() || f.Online) &&
		!organises(e.view) && e.start.After(time.Now())
}

// askWords is when it is, and how many come once somebody does.
func askWords(c *httpx.Ctx, f *found, now time.Time) string {
	words := capital(whenWords(c.Loc, &f.Meeting, now)) + "."
	if f.Count.Room+f.Count.Remote > 0 {
		words += " " + capital(countWords(c, f)) + "."
	}
	return words
}

func aheadWords(e entry) string {
	words := e.When
	if e.Where != "" {
		words += ", " + e.Where
	}
	if e.Say != "" {
		words += ", " + e.Say
	}
	return words
}
