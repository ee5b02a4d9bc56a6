package event

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// The views of the agenda.
const (
	byMonth = "mois"
	byWeek  = "semaine"
	byList  = "liste"
	byMap   = "carte"
)

var agendaViews = []string{byMonth, byWeek, byList, byMap}

// entry is a line of the agenda.
type entry struct {
	ID            string // of its line
	URL, Title    string
	Source, Words string // its shape, and its name
	Clock, When   string
	Where         string
	Far           string // « à 12 km »
	Kind          string
	Block         web.DateBlock
	Mine          bool // the viewer comes
	Say           string
	Status        string
	start, end    time.Time
	view          *post.View // nil for a date that has no meeting yet, and a vote
	found         *found
	spot          *spot
}

// ask is what a page of the agenda wants to know.
type ask struct {
	from, to time.Time
	filter   filter
	sources  []source // of the movement
	wants    func(key string) bool
	level    string // of this server
	// brief is for a few days ahead, in which each date of a series has its meeting:
	// nothing is looked up but what a line of words needs.
	brief bool
}

// askOf reads the address, but for the span of time.
func (s *Service) askOf(c *httpx.Ctx) (ask, error) {
	a := ask{filter: readFilter(c.R.URL.Query())}
	set, err := s.Instance.Settings(c.Context())
	if err != nil {
		return a, err
	}
	a.level = set.Level
	if c.Viewer != nil {
		if a.sources, err = s.movementSources(c.Context()); err != nil {
			return a, err
		}
	}
	a.wants, err = s.chosen(c, a.sources)
	return a, err
}

// list finds what stands in the agenda of the viewer in a span of time: the
// meetings that they may read, from here and from the servers whose posts are known
// here, the dates that have no meeting yet, and the ends of votes. known are the
// keys of all sources that have something, wanted or not.
func (s *Service) list(c *httpx.Ctx, a ask) (out []entry, known map[string]bool, err error) {
	r := post.ReaderOf(c.Viewer)
	posts, err := between(c.Context(), s.DB.Read(), r, a.from, a.to, a.filter)
	if err != nil {
		return nil, nil, err
	}
	views, err := s.views(c, a, posts)
	if err != nil {
		return nil, nil, err
	}
	var where map[int64]spot
	if a.brief {
		if slices.ContainsFunc(views, func(w *post.View) bool { return !w.Local }) {
			if a.sources, err = s.movementSources(c.Context()); err != nil {
				return nil, nil, err
			}
		}
		a.wants, err = s.chosen(c, a.sources)
	} else {
		where, err = s.spotsOf(c.Context(), views)
	}
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	known = map[string]bool{}
	for _, w := range post.Showable(c, views) {
		f := of(w)
		if f == nil {
			continue
		}
		src := sourceOf(w, f, a.sources)
		if src.Key == fromSection || src.Key == fromGroups || src.Key == fromOrganes {
			src.Level = a.level
		}
		known[src.Key] = true
		if !a.wants(src.Key) || a.filter.Level != "" && a.filter.Level != src.Level {
			continue
		}
		e := entryOf(c, w.ID, w.Title, f, src)
		e.view = w
		if p, ok := where[w.ID]; ok {
			e.spot = &p
			if a.filter.town != nil {
				km, near := a.filter.far(p)
				if !near {
					continue
				}
				if e.Far = c.T("event.far_near"); km >= 0.5 {
					e.Far = c.T("event.far", "Km", int(km+0.5))
				}
			}
		}
		if !a.brief {
			if card := post.Card(c, w); card.Group != nil {
				e.Words = card.Group.Name
			} else if src.Key == fromElsewhere {
				e.Words = w.Author.Name()
			}
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
	if !a.brief && (a.filter.Level == "" || a.filter.Level == a.level) {
		if out, err = s.addPromised(c, a, out, known); err != nil {
			return nil, nil, err
		}
	}
	if out, err = s.addVotes(c, a, out, known); err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(out, func(a, b entry) int { return a.start.Compare(b.start) })
	for i := range out {
		out[i].ID = "e" + strconv.Itoa(i)
	}
	return out, known, nil
}

func (s *Service) views(c *httpx.Ctx, a ask, posts []*post.Post) ([]*post.View, error) {
	if a.brief {
		return s.Posts.Brief(c.Context(), c.Viewer, posts, Kind, organe.PartName)
	}
	return s.Posts.Views(c.Context(), c.Viewer, posts)
}

func (s *Service) spotsOf(ctx context.Context, views []*post.View) (map[int64]spot, error) {
	all := make([]int64, len(views))
	for i, w := range views {
		all[i] = w.ID
	}
	return spots(ctx, s.DB.Read(), all)
}

// addPromised adds the dates of series that have no meeting yet.
func (s *Service) addPromised(c *httpx.Ctx, a ask, out []entry, known map[string]bool) ([]entry, error) {
	later, err := s.promised(c.Context(), post.ReaderOf(c.Viewer), a.from, a.to)
	if err != nil {
		return nil, err
	}
	var callers []int64
	for i := range later {
		callers = append(callers, later[i].last.AccountID)
	}
	bodies, err := bodiesAmong(c.Context(), s.DB.Read(), callers)
	if err != nil {
		return nil, err
	}
	for i := range later {
		x := &later[i]
		src := source{Key: fromSection, Sign: fromSection}
		if b := bodies[x.last.AccountID]; b != nil {
			src = source{Key: fromOrganes, Sign: fromOrganes, Name: b.Name()}
		} else if x.GroupID != 0 {
			src = source{Key: fromGroups, Sign: fromGroups}
		}
		known[src.Key] = true
		if !a.wants(src.Key) || !a.filter.takes(&x.Meeting) {
			continue
		}
		e := entryOf(c, x.last.ID, x.title, &x.found, src)
		e.Say, e.spot = c.T("event.later"), spotOf(&x.Meeting)
		out = append(out, e)
	}
	return out, nil
}

// addVotes adds when the votes end that the viewer may read.
func (s *Service) addVotes(c *httpx.Ctx, a ask, out []entry, known map[string]bool) ([]entry, error) {
	if c.Viewer == nil || a.filter.set() {
		return out, nil
	}
	cond, args := post.Visible(post.ReaderOf(c.Viewer), "p", []any{a.from.UnixMilli(), a.to.UnixMilli()})
	rows, err := db.All[post.Post](c.Context(), s.DB.Read(), `select `+post.Columns+` from poll v join post p on p.id = v.post_id
		where v.closes_at >= $1 and v.closes_at < $2 and p.local and `+cond+` order by v.closes_at, v.post_id limit 200`, args...)
	if err != nil || len(rows) == 0 {
		return out, err
	}
	known[fromVotes] = true
	if !a.wants(fromVotes) {
		return out, nil
	}
	var posts []*post.Post
	var all []int64
	for i := range rows {
		posts, all = append(posts, &rows[i]), append(all, rows[i].ID)
	}
	frag, in := db.In(1, all)
	ends, err := db.All[struct{ PostID, ClosesAt int64 }](c.Context(), s.DB.Read(), `select post_id, closes_at from poll where post_id in `+frag, in...)
	if err != nil {
		return nil, err
	}
	at := map[int64]int64{}
	for _, e := range ends {
		at[e.PostID] = e.ClosesAt
	}
	views, err := s.views(c, a, posts)
	if err != nil {
		return nil, err
	}
	for _, w := range post.Showable(c, views) {
		title := w.Title
		if title == "" {
			title = text.PlainName(text.Plain(w.Content), 80)
		}
		f := &found{Meeting: Meeting{StartsAt: at[w.ID], EndsAt: at[w.ID], Zone: homeZone, Status: Confirmed}}
		e := entryOf(c, 0, c.T("event.vote_ends", "Title", title), f, source{Key: fromVotes, Sign: fromVotes})
		e.URL, e.view = w.Path(), w
		out = append(out, e)
	}
	return out, nil
}

func entryOf(c *httpx.Ctx, postID int64, title string, f *found, src source) entry {
	e := entry{URL: path(postID), Title: title, Source: src.Sign, Words: src.Name, Clock: c.Loc.Clock(f.Start()), When: hoursWords(c, &f.Meeting), Where: f.Place,
		Block: blockOf(c, &f.Meeting), Mine: f.Mine.registered(), start: f.Start(), end: f.End(), found: f}
	if e.Words == "" {
		e.Words = c.T("event.source." + src.Sign)
	}
	if f.Kind != "" && f.Kind != KindMeeting {
		e.Words += ", " + strings.ToLower(c.T("event.kind."+f.Kind))
	}
	if f.City != "" && e.Where != "" {
		e.Where += ", " + f.City
	}
	if e.Where == "" && f.Online {
		e.Where = c.T("event.online")
	}
	return e
}

// hoursWords are the hours of a meeting, without its day.
func hoursWords(c *httpx.Ctx, m *Meeting) string {
	start, end := m.Start(), m.ending()
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
	URL     string // of its first line in the list below; "" when it has none
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
	Sources              []sourceChoice
	Keep                 []string // the sources to keep, when they are others than those kept
	Hidden               []web.HiddenField
	Narrowed             []web.HiddenField // by what else than a place
	Kinds, Levels        []web.Choice
	Filter               filter
	Filtered             bool
	AllURL               string // without the filter
	Radii                []web.Choice
	NearError            string
	NearName             string
	NearOthers           []web.Link
	Map                  *mapView
	TextURL              string
	NewURL               string
	FeedURL              string
}

// sourceChoice is a box to tick.
type sourceChoice struct {
	Key, Label, Sign string
	Checked          bool
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

// comingDays is how far the page of this month looks ahead.
const comingDays = 21

// address is that of a page of the agenda with what the viewer asked for.
func (a ask) address(c *httpx.Ctx, view string, at time.Time) string {
	q := url.Values{"vue": {view}, "date": {at.Format("2006-01-02")}}
	if only := c.R.URL.Query()["source"]; len(only) > 0 {
		q["source"] = only
	}
	a.filter.values(q)
	return Path + "?" + q.Encode()
}

func (s *Service) getAgenda(c *httpx.Ctx) error {
	now := time.Now()
	sp := spanOf(c, now)
	a, err := s.askOf(c)
	if err != nil {
		return err
	}
	// Of the month that runs, what is to come goes on beyond its end.
	last := sp.anchor.AddDate(0, 1, 0)
	if soon := now.AddDate(0, 0, comingDays); sp.view == byMonth && !now.Before(sp.anchor) && now.Before(last) && soon.After(last) {
		last = soon
	}
	a.from, a.to = sp.from.AddDate(0, 0, -1), sp.to.AddDate(0, 0, 1)
	if sp.view == byMonth && last.After(a.to) {
		a.to = last
	}
	all, known, err := s.list(c, a)
	if err != nil {
		return err
	}
	v := agendaView{View: sp.view, Previous: a.address(c, sp.view, sp.step(-1)), Next: a.address(c, sp.view, sp.step(1)), Now: a.address(c, sp.view, now),
		PreviousSay: c.T("event.previous." + sp.view), NextSay: c.T("event.next." + sp.view), TextURL: strings.TrimSuffix(Path+"/texte?"+c.R.URL.RawQuery, "?"),
		UpcomingTitle: c.T("event.upcoming"), Filter: a.filter, Filtered: a.filter.set()}
	for _, view := range agendaViews {
		v.Views = append(v.Views, web.Tab{Label: c.T("event.view." + view), URL: a.address(c, view, sp.anchor), Current: view == sp.view})
	}
	v.Hidden = []web.HiddenField{{Name: "vue", Value: sp.view}, {Name: "date", Value: sp.anchor.Format("2006-01-02")}}
	narrowed := url.Values{}
	a.filter.values(narrowed)
	for _, name := range []string{"genre", "niveau", "theme", "distance"} {
		if value := narrowed.Get(name); value != "" {
			v.Narrowed = append(v.Narrowed, web.HiddenField{Name: name, Value: value})
		}
	}
	v.AllURL = ask{}.address(c, sp.view, sp.anchor)
	s.offer(c, &v, a, known)
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
	default:
		v.Title = c.T("event.from_day", "Day", c.Loc.Date(sp.from, now))
	}
	for _, e := range all {
		inside := e.end.After(sp.from) && e.start.Before(sp.to) || e.end.Equal(e.start) && !e.start.Before(sp.from) && e.start.Before(sp.to)
		if sp.view == byMonth {
			inside = e.end.After(sp.anchor) && e.start.Before(last)
		}
		if inside && (!e.Block.Past || sp.to.Before(now)) {
			v.Upcoming = append(v.Upcoming, e)
		}
	}
	if sp.view == byMonth || sp.view == byWeek {
		v.Weekdays, v.Weeks = grid(c, sp, all, v.Upcoming, now)
	}
	if sp.view == byMap {
		v.Map = mapOf(c, v.Upcoming, a.filter)
	}
	if sp.to.Before(now) {
		v.UpcomingTitle = c.T("event.past")
	}
	if len(v.Upcoming) == 0 {
		v.Empty = s.empty(c, a, sp, v)
	}
	p := &web.Page{Name: "event/agenda", Title: c.T("event.agenda_of", "When", v.Title), Wide: true, Data: v, NoIndex: v.Filtered,
		Alternates: []web.Alternate{{Type: "application/atom+xml", URL: Path + "/agenda.atom", Title: c.T("event.agenda")}, {Type: "application/rss+xml", URL: Path + "/agenda.rss", Title: c.T("event.agenda")}, {Type: "text/calendar", URL: Path + "/agenda.ics"}}}
	return c.Page(p)
}

// offer fills what the page lets one choose.
func (s *Service) offer(c *httpx.Ctx, v *agendaView, a ask, known map[string]bool) {
	add := func(src source) {
		name := src.Name
		if name == "" {
			name = c.T("event.source." + src.Sign)
		}
		v.Sources = append(v.Sources, sourceChoice{src.Key, name, src.Sign, a.wants(src.Key)})
	}
	levels := map[string]bool{a.level: true}
	if c.Viewer != nil {
		add(source{Key: fromSection, Sign: fromSection})
		if known[fromOrganes] || len(c.R.URL.Query()["source"]) > 0 && a.wants(fromOrganes) {
			add(source{Key: fromOrganes, Sign: fromOrganes})
		}
		n := 0
		for _, src := range a.sources {
			if levels[src.Level] = true; n < maxSources && (src.Above || known[src.Key] || a.wants(src.Key)) {
				add(src)
				n++
			}
		}
		for _, key := range []string{fromGroups, fromVotes, fromElsewhere} {
			add(source{Key: key, Sign: key})
		}
		if len(c.R.URL.Query()["source"]) > 0 {
			for _, x := range v.Sources {
				if x.Checked {
					v.Keep = append(v.Keep, x.Key)
				}
			}
		}
	}
	v.Kinds = []web.Choice{{Value: "", Label: c.T("event.any_kind")}}
	for _, k := range Kinds {
		v.Kinds = append(v.Kinds, web.Choice{Value: k, Label: c.T("event.kind." + k), Checked: k == a.filter.Kind})
	}
	delete(levels, "")
	if len(levels) > 1 {
		v.Levels = []web.Choice{{Value: "", Label: c.T("event.any_level")}}
		for _, l := range slices.Sorted(maps.Keys(levels)) {
			label := l
			if key := "instance.level." + l; c.Loc.Has(key) {
				label = c.T(key)
			}
			v.Levels = append(v.Levels, web.Choice{Value: l, Label: label, Checked: l == a.filter.Level})
		}
	}
	for _, km := range radii {
		v.Radii = append(v.Radii, web.Choice{Value: strconv.Itoa(km), Label: c.T("event.radius", "Km", km), Checked: km == a.filter.Radius})
	}
	f := a.filter
	if f.town != nil {
		v.NearName = f.town.Name
		for _, t := range f.others {
			q := c.R.URL.Query()
			q.Set("pres", joined(" ", t.Postcode, t.Name))
			v.NearOthers = append(v.NearOthers, web.Link{Name: joined(" ", t.Postcode, t.Name), URL: Path + "?" + q.Encode()})
		}
	} else if f.Near != "" {
		v.NearError = c.T("event.no_such_town")
	}
}

// empty says what would be here, and the next act: further away, everything, or a
// date of one's own.
func (s *Service) empty(c *httpx.Ctx, a ask, sp span, v agendaView) *web.Empty {
	e := &web.Empty{Icon: "calendar", Title: c.T("event.none"), Text: c.T("event.none_text")}
	switch {
	case a.filter.town != nil && a.filter.Radius < radii[len(radii)-1]:
		wider := a
		wider.filter.Radius = radii[len(radii)-1]
		e.Title, e.Text = c.T("event.none_near", "Where", a.filter.words(c)), c.T("event.none_near_text")
		e.Link = &web.Link{Name: c.T("event.look_within", "Km", wider.filter.Radius), URL: wider.address(c, sp.view, sp.anchor)}
	case v.Filtered:
		e.Title, e.Text = c.T("event.none_such"), c.T("event.none_such_text")
		e.Link = &web.Link{Name: c.T("event.show_all"), URL: v.AllURL}
	case v.NewURL != "":
		e.Link = &web.Link{Name: c.T("event.new"), URL: v.NewURL}
	}
	return e
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

// textView is the agenda as words to copy.
type textView struct{ Text, Back string }

// getText gives what is to come, or one meeting, as plain words for a message or a leaflet.
func (s *Service) getText(c *httpx.Ctx) error {
	now := time.Now()
	v := textView{Back: Path}
	var all []entry
	if id, ok := ids.Parse(c.Query("id")); ok {
		one, err := s.entryBy(c, id)
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
		a, err := s.askOf(c)
		if err != nil {
			return err
		}
		a.from, a.to = from, sp.to
		if all, _, err = s.list(c, a); err != nil {
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

func (s *Service) entryBy(c *httpx.Ctx, id int64) (*entry, error) {
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
	return between(ctx, s.DB.Read(), r, now.AddDate(0, -6, 0), now.AddDate(3, 0, 0), filter{})
}
