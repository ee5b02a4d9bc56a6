package event

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// The views of the agenda.
const (
	byMonth = "mois"
	byWeek  = "semaine"
	byList  = "liste"
)

// The sources of meetings, in the order of the filter.
const (
	fromSection   = "section"
	fromGroups    = "groupes"
	fromElsewhere = "ailleurs"
)

var sources = []string{fromSection, fromGroups, fromElsewhere}

// entry is a meeting in the agenda.
type entry struct {
	URL, Title    string
	Source, Words string // which, and its name
	Clock, When   string
	Where         string
	Block         block
	Mine          bool // the viewer comes
	Say           string
	Status        string
	start, end    time.Time
	view          *post.View
	found         *found
}

// source says from where a meeting is.
func (f *found) source(w *post.View) string {
	switch {
	case !w.Local:
		return fromElsewhere
	case f.GroupID != 0 || w.Audience == post.Group:
		return fromGroups
	}
	return fromSection
}

// list finds what stands in the agenda of v in a span of time: the meetings that
// v may read, from here and, for members, from those whom people here follow.
func (s *Service) list(c *httpx.Ctx, from, to time.Time, only []string) ([]entry, error) {
	posts, err := between(c.Context(), s.DB.Read(), post.ReaderOf(c.Viewer), from, to)
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Views(c.Context(), c.Viewer, posts)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var out []entry
	for _, w := range post.Showable(c, views) {
		f := of(w)
		if f == nil || len(only) > 0 && !slices.Contains(only, f.source(w)) {
			continue
		}
		e := entry{URL: path(w.ID), Title: w.Title, Source: f.source(w), Clock: c.Loc.Clock(f.Start()), When: hoursWords(c, &f.Meeting), Where: f.Place,
			Block: blockOf(c, &f.Meeting), Mine: f.Mine.registered(), start: f.Start(), end: f.End(), view: w, found: f}
		e.Words = c.T("event.source." + e.Source)
		if card := post.Card(c, w); card.Group != nil {
			e.Words = card.Group.Name
		} else if e.Source == fromElsewhere {
			e.Words = w.Author.Name()
		}
		if e.Where == "" && f.Online {
			e.Where = c.T("event.online")
		}
		switch {
		case f.Status != Confirmed:
			e.Status = c.T("event.status." + f.Status)
		case f.Over(now):
		case e.Mine:
			e.Say = c.T("event.you_come")
		case f.Capacity > 0 && f.Count.Room >= f.Capacity && w.Local:
			e.Say = c.T("event.full_wait")
		}
		out = append(out, e)
	}
	return out, nil
}

// hoursWords are the hours of a meeting, without its day.
func hoursWords(c *httpx.Ctx, m *Meeting) string {
	start, end := m.Start(), m.End()
	s := c.Loc.Clock(start)
	if sameDay(start, end) && end.After(start) {
		s = c.T("event.hours", "From", s, "To", c.Loc.Clock(end))
	} else if end.After(start) {
		s = whenWords(c.Loc, m, start)
		return s
	}
	if m.Zone != homeZone {
		s += " (" + zoneWords(c.Loc, m.Zone) + ")"
	}
	return s
}

// day is a cell of the grid.
type day struct {
	Number  int
	Label   string // « samedi 12 décembre », for who hears it
	URL     string
	Today   bool
	Outside bool // of another month
	Weekend bool
	Entries []entry
}

// agendaView is the page of the agenda.
type agendaView struct {
	Title                string
	View                 string
	Views                []web.Tab
	Previous, Next, Now  string
	PreviousSay, NextSay string
	Weekdays             []string
	Weeks                [][]day
	Upcoming             []entry
	UpcomingTitle        string
	Empty                *web.Empty
	Sources              []web.Choice
	Hidden               []web.HiddenField
	TextURL              string
	NewURL               string
	FeedURL              string
	Older, Newer         string
}

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
	case byList:
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

func (s *Service) getAgenda(c *httpx.Ctx) error {
	now := time.Now()
	sp := spanOf(c, now)
	only := c.R.URL.Query()["source"]
	address := func(view string, at time.Time) string {
		q := url.Values{"vue": {view}, "date": {at.Format("2006-01-02")}, "source": only}
		return Path + "?" + q.Encode()
	}
	all, err := s.list(c, sp.from.AddDate(0, 0, -1), sp.to.AddDate(0, 0, 1), only)
	if err != nil {
		return err
	}
	v := agendaView{View: sp.view, Previous: address(sp.view, sp.step(-1)), Next: address(sp.view, sp.step(1)), Now: address(sp.view, now),
		PreviousSay: c.T("event.previous." + sp.view), NextSay: c.T("event.next." + sp.view), TextURL: Path + "/texte?" + c.R.URL.RawQuery,
		UpcomingTitle: c.T("event.upcoming")}
	for _, view := range []string{byMonth, byWeek, byList} {
		v.Views = append(v.Views, web.Tab{Label: c.T("event.view." + view), URL: address(view, sp.anchor), Current: view == sp.view})
	}
	for _, src := range sources {
		if c.Viewer == nil && src != fromSection {
			continue
		}
		v.Sources = append(v.Sources, web.Choice{Value: src, Label: c.T("event.source." + src), Checked: len(only) == 0 || slices.Contains(only, src)})
	}
	v.Hidden = []web.HiddenField{{Name: "vue", Value: sp.view}, {Name: "date", Value: sp.anchor.Format("2006-01-02")}}
	if c.Viewer != nil {
		v.NewURL, v.FeedURL = Path+"/nouvelle", Path+"/abonnement"
	} else {
		v.FeedURL = Path + "/agenda.ics"
	}
	switch sp.view {
	case byMonth:
		v.Title = capital(monthWords(c, sp.anchor))
	case byWeek:
		v.Title = c.T("event.week_of", "Day", c.Loc.Date(sp.from, now))
	case byList:
		v.Title = c.T("event.from_day", "Day", c.Loc.Date(sp.from, now))
	}
	if sp.view != byList {
		v.Weekdays, v.Weeks = grid(c, sp, all, now)
	}
	for _, e := range all {
		inside := e.end.After(sp.from) && e.start.Before(sp.to)
		if sp.view == byMonth {
			inside = e.end.After(sp.anchor) && e.start.Before(sp.anchor.AddDate(0, 1, 0))
		}
		if inside && (!e.Block.Past || sp.to.Before(now)) {
			v.Upcoming = append(v.Upcoming, e)
		}
	}
	if sp.to.Before(now) {
		v.UpcomingTitle = c.T("event.past")
	}
	if len(v.Upcoming) == 0 {
		v.Empty = &web.Empty{Icon: "calendar", Title: c.T("event.none"), Text: c.T("event.none_text")}
		if v.NewURL != "" {
			v.Empty.Link = &web.Link{Name: c.T("event.new"), URL: v.NewURL}
		}
	}
	p := &web.Page{Name: "event/agenda", Title: c.T("event.agenda_of", "When", v.Title), Wide: true, Data: v,
		Alternates: []web.Alternate{{Type: "application/atom+xml", URL: Path + "/agenda.atom", Title: c.T("event.agenda")}, {Type: "text/calendar", URL: Path + "/agenda.ics"}}}
	return c.Page(p)
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
func grid(c *httpx.Ctx, sp span, all []entry, now time.Time) (weekdays []string, weeks [][]day) {
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
		x := day{Number: d.Day(), Label: c.Loc.Day(d, now), URL: "#jour-" + key, Today: key == today, Weekend: d.Weekday() == time.Saturday || d.Weekday() == time.Sunday,
			Outside: sp.view == byMonth && d.Month() != sp.anchor.Month()}
		for _, e := range all {
			first, last := e.start.Format("2006-01-02"), e.end.Add(-time.Second).Format("2006-01-02")
			if key >= first && (key <= last || key == first) {
				x.Entries = append(x.Entries, e)
			}
		}
		weeks[len(weeks)-1] = append(weeks[len(weeks)-1], x)
	}
	return weekdays, weeks
}

// textView is the agenda as words to copy.
type textView struct{ Text, Back string }

// getText gives what is to come, or one meeting, as plain words for a message or a leaflet.
func (s *Service) getText(c *httpx.Ctx) error {
	now := time.Now()
	v := textView{Back: Path}
	var all []entry
	if id, ok := ids.Parse(c.Query("id")); ok {
		one, err := s.entryOf(c, id)
		if err != nil {
			return err
		}
		all, v.Back = []entry{*one}, one.URL
	} else {
		sp := spanOf(c, now)
		from := sp.from
		if from.Before(now) && sp.to.After(now) {
			from = now
		}
		var err error
		if all, err = s.list(c, from, sp.to, c.R.URL.Query()["source"]); err != nil {
			return err
		}
	}
	var b strings.Builder
	for _, e := range all {
		if e.found.Status == Cancelled && len(all) > 1 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		if e.Status != "" {
			b.WriteString(e.Status + " : ")
		}
		b.WriteString(e.Title + "\n" + capital(whenWords(c.Loc, &e.found.Meeting, now)))
		if where := e.found.whereWords(); where != "" {
			b.WriteString("\n" + where)
		}
		if e.found.Online {
			b.WriteString("\n" + c.T("event.online_too."+yes(e.found.Place != "")))
		}
		b.WriteString("\n" + s.Accounts.Base + e.URL)
	}
	v.Text = b.String()
	return c.Page(&web.Page{Name: "event/text", Title: c.T("event.text"), NoIndex: true, Data: v})
}

func (s *Service) entryOf(c *httpx.Ctx, id int64) (*entry, error) {
	p, err := s.Posts.Get(c.Context(), c.Viewer, id)
	if err != nil {
		return nil, unknown()
	}
	w, err := s.Posts.View(c.Context(), c.Viewer, p)
	if err != nil || of(w) == nil || len(post.Showable(c, []*post.View{w})) == 0 {
		return nil, unknown()
	}
	return &entry{URL: path(id), Title: w.Title, found: of(w), view: w}, nil
}

// viewsFor are the meetings that somebody finds in their calendar: from half a
// year ago on.
func (s *Service) viewsFor(ctx context.Context, r post.Reader, now time.Time) ([]*post.Post, error) {
	return between(ctx, s.DB.Read(), r, now.AddDate(0, -6, 0), now.AddDate(3, 0, 0))
}
