package event

import (
	"context"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// Part is what this slice adds to posts.
func (s *Service) Part() post.Part {
	return post.Part{
		Name: Kind, Stands: true, Store: s.store, Write: s.write, Take: s.take, Holds: holds, Bury: s.bury, Load: s.load,
		Entity: s.entity, Card: s.card,
	}
}

// asked is the meeting that somebody wants, already judged.
type asked struct {
	Meeting
	Items []Item
	// tell has those who come told of it.
	tell bool
	// series makes it part of one; nil leaves it as it is.
	series *within
	// own says that it is changed by itself, if it is part of one.
	own bool
}

// store writes the meeting of a post of ours. Other seats than before are given out.
func (s *Service) store(ctx context.Context, tx *db.Tx, p *post.Post, v any) error {
	a := *v.(*asked)
	a.PostID, a.ChangedAt = p.ID, time.Now().UnixMilli()
	if err := hold(ctx, tx, p.ID); err != nil {
		return err
	}
	was, err := one(ctx, tx, p.ID)
	switch {
	case apperr.Is(err, apperr.KindNotFound):
		a.Uid, a.NextRank = p.URI[strings.LastIndexByte(p.URI, '/')+1:]+"@"+s.Accounts.Host, 1
		if a.series != nil && a.series.id != 0 {
			a.Uid = s.uid(a.series.id, time.UnixMilli(a.series.original).In(a.Location()))
		}
	case err != nil:
		return err
	default:
		a.Uid, a.Sequence, a.GroupID = was.Uid, was.Sequence+1, was.GroupID
	}
	all, err := itemsOf(ctx, tx, []int64{p.ID})
	if err != nil {
		return err
	}
	if err := put(ctx, tx, &a.Meeting, keepTimes(all[p.ID], a.Items)); err != nil {
		return err
	}
	if err := putSpot(ctx, tx, p.ID, spotOf(&a.Meeting)); err != nil {
		return err
	}
	if a.series != nil {
		w := *a.series
		if err := s.join(ctx, tx, &a.Meeting, &w); err != nil {
			return err
		}
	}
	if a.own {
		if err := detach(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	if err := schedule(ctx, tx, &a.Meeting); err != nil || was == nil {
		return err
	}
	if a.forgottenAt() > was.forgottenAt() {
		if err := s.holdVisitors(ctx, tx, &a.Meeting); err != nil {
			return err
		}
	}
	if err := s.moveUp(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := s.tellLive(tx, p.ID, toldStage); err != nil {
		return err
	}
	if was.RemoteUrl != a.RemoteUrl || a.Withheld && (!was.Withheld || was.whereTo(true) != a.whereTo(true)) {
		if err := s.tellAllInside(ctx, tx, p, &a.Meeting); err != nil {
			return err
		}
	}
	if a.tell {
		return s.tellAll(ctx, tx, p, &a.Meeting, newsOf(was, &a.Meeting))
	}
	return nil
}

func setKind(ctx context.Context, tx *db.Tx, p *post.Post) error {
	p.Kind = Kind
	_, err := tx.Exec(ctx, `update post set kind = $1 where id = $2`, Kind, p.ID)
	return err
}

// take reads the meeting of a received post.
//
// Spec: FEP-8a8e; Spec: Mobilizon
func (s *Service) take(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) error {
	was, err := one(ctx, tx, p.ID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	e := (*as.Event)(nil)
	if d.Is("Event") {
		e = as.ReadEvent(d)
	}
	if e == nil || e.Start.IsZero() {
		if was != nil {
			return remove(ctx, tx, p.ID)
		}
		return nil
	}
	m := readMeeting(d, e)
	m.PostID, m.Uid, m.NextRank, m.ChangedAt = p.ID, uidOf(d, p), 1, time.Now().UnixMilli()
	if was != nil {
		m.Uid, m.Sequence = was.Uid, was.Sequence+1
	}
	if err := setKind(ctx, tx, p); err != nil {
		return err
	}
	if err := put(ctx, tx, m, nil); err != nil {
		return err
	}
	at := toldSpot(d, p.ID)
	if at == nil {
		at = spotOf(m)
	}
	if err := putSpot(ctx, tx, p.ID, at); err != nil {
		return err
	}
	if err := schedule(ctx, tx, m); err != nil {
		return err
	}
	if was != nil && differs(was, m) {
		return s.tellAll(ctx, tx, p, m, newsOf(was, m))
	}
	return nil
}

// uidOf is the name of another server's meeting in calendars: always the same for one post.
func uidOf(_ *as.Doc, p *post.Post) string { return ids.String(p.ID) + "@" + as.Host(p.URI) }

func readMeeting(d *as.Doc, e *as.Event) *Meeting {
	m := &Meeting{Kind: KindMeeting, StartsAt: e.Start.UnixMilli(), EndsAt: e.Start.Add(usualLength).UnixMilli(), OpenEnd: e.OpenEnd, Zone: e.Zone,
		Status: Confirmed, RegisterUrl: e.Register, NoJoin: e.NoJoin, Online: e.MovedOnline || d.Bool("isOnline")}
	if m.Zone == "" {
		m.Zone = "UTC"
	}
	if !e.End.IsZero() {
		m.EndsAt = e.End.UnixMilli()
	}
	switch {
	case e.Cancelled:
		m.Status = Cancelled
	case e.Postponed:
		m.Status = Postponed
	case e.Tentative:
		m.Status = Tentative
	}
	for _, p := range e.Places {
		if p.URL != "" {
			if m.Online = true; m.RemoteUrl == "" && linkable(p.URL) {
				m.RemoteUrl = p.URL
			}
			continue
		}
		if m.Place == "" {
			m.Place, m.Address = line(p.Name), line(p.Address)
			if m.Place == "" {
				m.Place, m.Address = m.Address, ""
			}
		}
	}
	for _, r := range d.Refs("location") {
		if r.Doc == nil || m.City != "" {
			continue
		}
		if a := r.Doc.Refs("address").Doc(); a != nil {
			m.Address, m.Postcode, m.City = line(a.String("streetAddress")), line(a.String("postalCode")), line(a.String("addressLocality"))
		}
	}
	if k := d.String("meetingKind"); slices.Contains(Kinds, k) {
		m.Kind = k
	}
	if linkable(e.Website) {
		m.Website = e.Website
	}
	if n, ok := d.Int("maximumAttendeeCapacity"); ok && n > 0 {
		m.Capacity = min(n, MaxCapacity)
	}
	return m
}

// line is one line of text, bounded.
func line(s string) string { return text.PlainName(text.Plain(s), maxLine) }

// holds has a meeting to come cancelled before its organiser deletes it: those who
// come are told so, and of what is gone nobody can be told.
func holds(ctx context.Context, tx *db.Tx, p *post.Post) error {
	m, err := one(ctx, tx, p.ID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (m.Status == Cancelled || m.Over(time.Now())) {
		return nil
	} else if err != nil {
		return err
	}
	all, err := seats(ctx, tx, p.ID)
	for _, x := range all {
		if x.coming() && x.AccountID != p.AccountID {
			return apperr.Invalid("event.cancel_first")
		}
	}
	return err
}

// bury forgets a meeting. Those who come to one that is taken down or deleted
// elsewhere, or whose organiser leaves, hear that it is cancelled.
func (s *Service) bury(ctx context.Context, tx *db.Tx, p *post.Post) error {
	m, err := one(ctx, tx, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if m.Status != Cancelled && !m.Over(time.Now()) {
		m.Status, m.StatusNote = Cancelled, ""
		m.Sequence++
		if err := s.tellAll(ctx, tx, p, m, newsStatus); err != nil {
			return err
		}
		if err := s.tellGone(ctx, tx, m, p.Title); err != nil {
			return err
		}
	}
	return remove(ctx, tx, p.ID)
}

func (s *Service) load(ctx context.Context, q db.Q, v *auth.Viewer, views []*post.View) error {
	var posts []int64
	for _, w := range views {
		if w.Kind == Kind {
			posts = append(posts, w.ID)
		}
	}
	if len(posts) == 0 {
		return nil
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[Meeting](ctx, q, `select `+columns+` from meeting m where m.post_id in `+frag, args...)
	if err != nil {
		return err
	}
	items, err := itemsOf(ctx, q, posts)
	if err != nil {
		return err
	}
	n, err := counts(ctx, q, posts)
	if err != nil {
		return err
	}
	mine := map[int64]*Seat{}
	if v != nil {
		frag, args := db.In(2, posts)
		own, err := db.All[Seat](ctx, q, `select `+seatColumns+` from meeting_seat s where s.account_id = $1 and s.post_id in `+frag, append([]any{v.AccountID}, args...)...)
		if err != nil {
			return err
		}
		for i := range own {
			mine[own[i].PostID] = &own[i]
		}
	}
	byPost := map[int64]Meeting{}
	for _, m := range rows {
		byPost[m.PostID] = m
	}
	for _, w := range views {
		if m, ok := byPost[w.ID]; ok {
			f := &found{Meeting: m, Items: items[w.ID]}
			if !w.Left { // else it is no more theirs to know
				f.Count, f.Mine = n[w.ID], mine[w.ID]
			}
			if !w.Local {
				w.Content = withoutFacts(&m, w.Lang, w.Content)
			}
			w.SetPart(Kind, f)
		}
	}
	return nil
}

// path is our page of a meeting.
func path(postID int64) string { return Path + "/" + ids.String(postID) }

// bare reports whether the text of another server's meeting is but the line in which our
// servers say when and where it is: who called it wrote none.
func (s *Service) bare(w *post.View, f *found) bool {
	return !w.Local && text.Words(w.Content) == text.Words(summaryOf(s.words(w.Lang), &f.Meeting))
}

// entity shows a meeting to apps, which know of none: its facts stand before the text.
func (s *Service) entity(v *auth.Viewer, w *post.View, e *masto.Status) {
	f := of(w)
	if f == nil {
		return
	}
	if !w.Local {
		title, body := "", e.Content
		if after, ok := strings.CutPrefix(e.Content, titleHTML(w.Title)); ok {
			title, body = titleHTML(w.Title), after
		}
		e.Content = title + factsOf(&f.Meeting, w.Lang, text.Words(body)) + body
		return
	}
	e.Content = s.facts(s.words(w.Lang), &f.Meeting, w.Title, w.ID) + strings.TrimPrefix(e.Content, titleHTML(w.Title))
}

// facts are the title of a meeting, when and where it is and its page, for readers
// who know of no meetings.
func (s *Service) facts(l *i18n.Localizer, m *Meeting, title string, postID int64) string {
	return titleHTML(title) + "<p><strong>" + html.EscapeString(summaryOf(l, m)) + "</strong><br><a href=\"" + html.EscapeString(s.Accounts.Base+path(postID)) + "\">" +
		html.EscapeString(l.T("event.see")) + "</a></p>"
}

func titleHTML(title string) string {
	return "<p><strong>" + html.EscapeString(title) + "</strong></p>"
}

// card says on pages when, where and how many, and takes an answer.
func (s *Service) card(c *httpx.Ctx, w *post.View, card *web.PostCard) {
	f := of(w)
	if f == nil {
		return
	}
	card.Kind, card.At = Kind, path(w.ID)
	if s.bare(w, f) {
		card.HTML = ""
	}
	if w.Local {
		card.CanEdit = false // the plain form of a post knows nothing of dates
	}
	m := &web.Meeting{DateBlock: blockOf(c, &f.Meeting), Kicker: c.T("event.kind." + f.Kind), Of: ofWords(c, w, card)}
	if f.Status != Confirmed {
		m.Status = c.T("event.status." + f.Status)
	}
	m.Facts = append(m.Facts, web.Fact{Icon: "clock", Text: whenWords(c.Loc, &f.Meeting, time.Now())})
	switch where := f.whereWords(); {
	case where != "" && f.Online:
		m.Facts = append(m.Facts, web.Fact{Icon: "map-pin", Text: c.T("event.and_online", "Place", where)})
	case where != "":
		m.Facts = append(m.Facts, web.Fact{Icon: "map-pin", Text: where})
	case f.Online:
		m.Facts = append(m.Facts, web.Fact{Icon: "link", Text: c.T("event.online")})
	}
	if w.Local && f.Capacity+f.Count.Room+f.Count.Remote > 0 {
		m.Facts = append(m.Facts, web.Fact{Icon: "armchair", Text: countWords(c, f)})
	}
	card.Meeting = m
	if c.Viewer == nil || m.Past || f.Status == Cancelled {
		return
	}
	if f.NoJoin && !f.Mine.coming() {
		return // its page takes registrations, or nothing does
	}
	m.Action = path(w.ID) + "/reponse"
	answer := ""
	if f.Mine != nil && f.Mine.State != Refused {
		answer, m.Companions = f.Mine.Answer, int(f.Mine.Companions)
	}
	add := func(value, key string) {
		m.Answers = append(m.Answers, web.Answer{Value: value, Label: c.T(key), Chosen: value == answer})
	}
	if f.HasRoom() {
		add("room", "event.i_come")
	}
	if offersRemote(w, f) {
		add("remote", "event.i_remote")
	}
	add("no", "event.i_cannot")
}

// offersRemote reports whether one can say that one follows from afar. A server elsewhere
// takes a Join without it being said how: nothing else than this where there is no room.
func offersRemote(w *post.View, f *found) bool { return f.Online && (w.Local || !f.HasRoom()) }

// ofWords is whose meeting it is.
func ofWords(c *httpx.Ctx, w *post.View, card *web.PostCard) string {
	switch {
	case card.Group != nil:
		return c.T("event.of_group", "Name", card.Group.Name)
	case w.Local && !ofOrgane(w.Author):
		return c.T("event.of_section")
	}
	return c.T("event.proposed."+of(w).Kind, "Name", w.Author.Name())
}

// countWords is how many come to a meeting of ours.
func countWords(c *httpx.Ctx, f *found) string {
	room := c.Loc.N("event.come", int(f.Count.Room))
	if f.Capacity > 0 {
		room = c.T("event.seats", "Taken", f.Count.Room, "Of", f.Capacity)
	}
	switch {
	case !f.Online:
		return room
	case !f.HasRoom():
		return c.Loc.N("event.come_remote", int(f.Count.Remote))
	}
	return c.T("event.and_remote", "Room", room, "Remote", f.Count.Remote)
}
