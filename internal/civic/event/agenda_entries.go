package event

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

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
