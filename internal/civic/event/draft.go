package event

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Draft is a meeting that somebody writes, as typed.
type Draft struct {
	Kind, Title, Text, Lang        string
	Day, From, EndDay, To, Zone    string // "2026-12-12", "18:00"; EndDay "" is the same day
	Place, Address, Postcode, City string
	RemoteUrl, Website             string
	Withheld                       bool
	Online                         bool
	Capacity, Companions           string
	Audience                       post.Audience
	GroupID                        int64
	OrganeID                       int64    // in whose name it is called, 0 for oneself
	Picture                        *Picture `json:"-"` // nil leaves it as it is
	author                         int64    // of the meeting that is changed
	Items                          []Item
	Minutes                        string
	KeepList                       bool
	Repeat                         string // one of repeats
	RepeatUntil, RepeatTimes       string // a day; a number
	Scope                          string // of an edit: scopeOne or scopeFollowing
	form                           bool   // somebody types it now: days that are past are refused
	had                            int64  // but for the start that the meeting had
}

// What an edit of a date of a series concerns.
const (
	scopeOne       = "one"
	scopeFollowing = "following"
)

// readDraft reads the form.
func readDraft(f url.Values) Draft {
	d := Draft{Kind: f.Get("kind"), Title: f.Get("title"), Text: f.Get("text"), Day: f.Get("day"), From: f.Get("from"), EndDay: f.Get("end_day"), To: f.Get("to"),
		Zone: f.Get("zone"), Place: f.Get("place"), Address: f.Get("address"), Postcode: f.Get("postcode"), City: f.Get("city"), RemoteUrl: strings.TrimSpace(f.Get("remote_url")),
		Online: f.Get("online") != "", Capacity: strings.TrimSpace(f.Get("capacity")), Companions: strings.TrimSpace(f.Get("companions")),
		Minutes: f.Get("minutes"), KeepList: f.Get("keep_list") != "",
		Repeat: f.Get("repeat"), RepeatUntil: f.Get("repeat_until"), RepeatTimes: strings.TrimSpace(f.Get("repeat_times")), Scope: f.Get("scope"),
		Withheld: f.Get("withheld") != "", Website: strings.TrimSpace(f.Get("website")), Picture: readPicture(f), form: true}
	if d.Repeat == choiceName(once) {
		d.Repeat = once
	}
	at := func(name string, i int) string {
		if all := f[name]; i < len(all) {
			return all[i]
		}
		return ""
	}
	for i := range f["item_title"] {
		if len(d.Items) > MaxItems {
			break
		}
		x := Item{At: at("item_at", i), Title: at("item_title", i), Note: at("item_note", i), Outcome: at("item_outcome", i)}
		for _, v := range f["item_decision"] {
			x.Decision = x.Decision || v == strconv.Itoa(i)
		}
		if strings.TrimSpace(x.At+x.Title+x.Note+x.Outcome) != "" {
			d.Items = append(d.Items, x)
		}
	}
	d.OrganeID, _ = ids.Parse(f.Get("as"))
	switch audience, id, _ := strings.Cut(f.Get("audience"), ":"); audience {
	case "group":
		d.Audience = post.Group
		d.GroupID, _ = strconv.ParseInt(id, 10, 64)
	default:
		d.Audience = post.Audience(audience)
	}
	return d
}

// judge makes the meeting of a draft. All that is wrong is told at once.
func (d *Draft) judge() (*asked, error) {
	bad := apperr.Invalid("event.look_again")
	wrong := func(field, key string, args ...any) { bad = bad.Field(field, key, args...) }
	short := func(field, typed string, most int) string {
		s, fits := text.Fitting(typed, most)
		if !fits {
			wrong(field, "event.too_long", most)
		}
		return s
	}
	m := Meeting{Kind: d.Kind, Zone: d.Zone, Place: short("place", d.Place, maxLine), Address: short("address", d.Address, maxLine),
		Postcode: short("postcode", d.Postcode, 20), City: short("city", d.City, 100), Status: Confirmed, KeepList: d.KeepList, Withheld: d.Withheld,
		Minutes: text.Clean(d.Minutes, post.MaxStored), GroupID: d.GroupID}
	if m.Minutes != text.Clean(d.Minutes, post.MaxStored+1) {
		wrong("minutes", "event.too_long", post.MaxStored)
	}
	if m.Kind == "" {
		m.Kind = KindMeeting
	} else if !slices.Contains(Kinds, m.Kind) {
		wrong("kind", "event.bad_choice")
	}
	if d.form && !slices.Contains([]string{"", scopeOne, scopeFollowing}, d.Scope) {
		wrong("scope", "event.bad_choice")
	}
	if d.Title = text.PlainName(d.Title, post.MaxTitle+1); d.Title == "" {
		wrong("title", "event.no_title")
	}
	loc, err := time.LoadLocation(d.Zone)
	if err != nil || d.Zone == "" || d.Zone == "Local" {
		wrong("zone", "event.bad_zone")
		loc = time.UTC
	}
	start, ok, gap := readMoment(d.Day, d.From, loc)
	switch {
	case !ok:
		wrong("day", "event.no_day")
	case gap:
		wrong("from", "event.no_such_hour")
	}
	endDay := d.EndDay
	if endDay == "" {
		endDay = d.Day
	}
	end := start
	if d.To != "" {
		var endOK bool
		if end, endOK, gap = readMoment(endDay, d.To, loc); !endOK && endDay == d.Day && !ok {
			// the day is what is wrong, and told
		} else if !endOK {
			wrong("to", "event.bad_end")
		} else if gap {
			wrong("to", "event.no_such_hour")
		} else if ok && d.EndDay == "" && !end.After(start) && d.form {
			wrong("to", "event.bad_end_day") // the day of the end is asked for, not guessed
			end = start.Add(usualLength)
		} else if ok && d.EndDay == "" && end.Before(start) {
			end, _, _ = readMoment(start.AddDate(0, 0, 1).Format("2006-01-02"), d.To, loc) // after midnight
		}
	} else if ok {
		end = start.Add(usualLength)
	}
	if ok && (!end.After(start) || end.Sub(start) > maxLength) {
		wrong("to", "event.bad_end")
	}
	if now := time.Now(); d.form && ok && start.Before(now) && end.Before(now) && start.UnixMilli()/60_000 != d.had/60_000 { // forms know minutes
		wrong("day", "event.past_day")
	}
	m.StartsAt, m.EndsAt = start.UnixMilli(), end.UnixMilli()
	if d.RemoteUrl != "" {
		if !linkable(d.RemoteUrl) {
			wrong("remote_url", "event.bad_link")
		} else {
			m.RemoteUrl = d.RemoteUrl
		}
	}
	if d.Website != "" && !linkable(d.Website) {
		wrong("website", "event.bad_link")
	}
	m.Website = d.Website
	if d.OrganeID != 0 && d.Audience == post.Group {
		wrong("audience", "event.organe_no_group")
	}
	if m.Online = d.Online || m.RemoteUrl != ""; m.Place == "" && !m.Online {
		wrong("place", "event.no_place")
	}
	number := func(field, typed string, most int64) int64 {
		if typed == "" {
			return 0
		}
		n, err := strconv.ParseInt(typed, 10, 64)
		if err != nil || n < 0 || n > most {
			wrong(field, "event.bad_number", most)
			return 0
		}
		return n
	}
	m.Capacity, m.Companions = number("capacity", d.Capacity, MaxCapacity), number("companions", d.Companions, MaxCompanions)
	a := &asked{}
	for _, x := range d.Items {
		fits := true
		line := func(typed string, most int) string {
			s, ok := text.Fitting(typed, most)
			fits = fits && ok
			return s
		}
		x.At, x.Title, x.Note, x.Outcome = line(x.At, maxAt), line(x.Title, maxLine), line(x.Note, maxLine), line(x.Outcome, maxLine)
		switch a.Items = append(a.Items, x); {
		case !fits:
			wrong("items", "event.item_long", len(a.Items), maxLine, maxAt)
		case x.Title == "":
			wrong("items", "event.item_no_title", len(a.Items))
		}
	}
	if len(d.Items) > MaxItems {
		wrong("items", "event.many_items", MaxItems)
	}
	if d.Repeat != once && !slices.Contains(repeats, d.Repeat) {
		wrong("repeat", "event.bad_choice")
	} else if d.Repeat != once && ok {
		rule, fits := ruleOf(d.Repeat, start)
		if !fits {
			wrong("repeat", "event.repeat_other_day")
		}
		var until time.Time
		if d.RepeatUntil != "" {
			day, err := time.ParseInLocation("2006-01-02", d.RepeatUntil, loc)
			if until = day.AddDate(0, 0, 1).Add(-time.Second); err != nil || until.Before(start) {
				wrong("repeat_until", "event.bad_until")
			}
		}
		times := number("repeat_times", d.RepeatTimes, maxTimes)
		a.series = &within{rule: bounded(rule, int(times), until)}
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	d.Items = a.Items
	if a.Meeting = m; a.series != nil {
		if a.series.template, err = d.template(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// linkable reports whether an address is one that pages may link to.
func linkable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && len(address) <= 1000
}

// post is the post of a meeting.
func (d *Draft) post(a *asked) post.Draft {
	out := post.Draft{Title: d.Title, Kind: Kind, Text: d.Text, Lang: d.Lang, Audience: d.Audience}
	if d.Audience == post.Group {
		out.Parts = group.Into(d.GroupID)
		out.ScopeID = d.GroupID
	}
	if out.Parts == nil {
		out.Parts = map[string]any{}
	}
	out.Parts[Kind] = a
	return out
}

// mayBeFor refuses a meeting for an audience that its form does not offer. Whether v may
// write for the section, the movement or the group is for those to say.
func mayBeFor(a post.Audience) error {
	switch a {
	case post.Section, post.Movement, post.Group, post.Public:
		return nil
	}
	return apperr.Invalid("event.bad_audience").Field("audience", "event.bad_audience")
}

// Create publishes a meeting. Errors: KindInvalid with the fields of the form;
// what [post.Service.Create] says.
func (s *Service) Create(ctx context.Context, v *auth.Viewer, d Draft) (*post.Post, error) {
	a, err := d.judge()
	if err != nil {
		return nil, err
	}
	if err := mayBeFor(d.Audience); err != nil {
		return nil, err
	}
	out, me := d.post(a), v
	if d.OrganeID != 0 {
		if v, err = s.Organes.As(ctx, s.DB.Read(), me, d.OrganeID); err != nil {
			return nil, err
		}
		organe.By(&out, me)
	}
	if err := s.pictures(ctx, me, v, nil, d.Picture, out.Parts); err != nil {
		return nil, err
	}
	return s.Posts.Create(ctx, v, out)
}

// mine finds a meeting that v organises, by themselves or in the name of a body.
func (s *Service) mine(ctx context.Context, v *auth.Viewer, postID int64) (*post.Post, *Meeting, []Item, error) {
	p, err := s.Posts.Get(ctx, v, postID)
	if err != nil || !p.Local {
		return nil, nil, nil, unknown()
	}
	if _, err := s.author(ctx, v, p); err != nil {
		return nil, nil, nil, unknown()
	}
	m, err := one(ctx, s.DB.Read(), postID)
	if err != nil {
		return nil, nil, nil, err
	}
	items, err := itemsOf(ctx, s.DB.Read(), []int64{postID})
	return p, m, items[postID], err
}

// Edit changes a meeting of one's own; those who come are told when the date or
// the place is another. A postponed one with a new date takes place again.
func (s *Service) Edit(ctx context.Context, v *auth.Viewer, postID int64, d Draft) error {
	p, was, _, err := s.mine(ctx, v, postID)
	if err != nil {
		return err
	}
	r, _, err := s.following(ctx, postID)
	if err != nil {
		return err
	}
	if r != nil {
		d.Repeat = once // it has its rhythm
	}
	a, err := d.judge()
	if err != nil {
		return err
	}
	a.own = d.Scope == scopeOne
	a.Status, a.StatusNote, a.ReplayUrl = was.Status, was.StatusNote, was.ReplayUrl
	if was.Status == Postponed && was.StartsAt != a.StartsAt {
		a.Status, a.StatusNote = Confirmed, ""
	}
	a.tell = differs(was, &a.Meeting)
	parts := map[string]any{Kind: a}
	author, err := s.author(ctx, v, p)
	if err != nil {
		return err
	}
	if err := s.pictures(ctx, v, author, p, d.Picture, parts); err != nil {
		return err
	}
	return s.change(ctx, v, p, post.Draft{Title: d.Title, Text: d.Text, Parts: parts})
}

// SetStatus cancels or postpones a meeting of one's own, or has it take place
// after all, and tells all who come. KindInvalid with the field "note" for too long a reason.
func (s *Service) SetStatus(ctx context.Context, v *auth.Viewer, postID int64, status, note string) error {
	p, m, items, err := s.mine(ctx, v, postID)
	if err != nil {
		return err
	}
	if status != Confirmed && status != Postponed && status != Cancelled {
		return apperr.BadRequest("httpx.bad_request")
	}
	note, fits := text.Fitting(note, maxLine)
	if !fits {
		return apperr.Invalid("event.look_again").Field("note", "event.too_long", maxLine)
	}
	a := &asked{Meeting: *m, Items: items, tell: true}
	a.Status, a.StatusNote = status, note
	a.own = true
	return s.change(ctx, v, p, post.Draft{Title: p.Title, Text: p.Source, Warning: p.Warning, Parts: map[string]any{Kind: a}})
}

// differs reports whether those who come want to know of a change: another date,
// another place, another state.
func differs(was, is *Meeting) bool {
	return was.StartsAt != is.StartsAt || was.EndsAt != is.EndsAt || was.Place != is.Place || was.Address != is.Address || was.City != is.City || was.Status != is.Status
}
