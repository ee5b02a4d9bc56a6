package event

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/httpx"
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
