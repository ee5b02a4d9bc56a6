package event

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// A series is a meeting that comes again. Each date is a meeting of its own, with
// its own seats, questions and minutes; it is made some weeks before, and stands
// in the agenda from the rule until then. So one date may move, be cancelled or
// say something else, and people register to the dates at which they come.
type series struct {
	ID         int64
	AccountID  int64
	Rule       string
	Zone       string
	FirstAt    int64
	Template   string
	MadeUntil  int64
	StopAt     int64
	LastPostID int64
	CreatedAt  int64
}

const seriesColumns = `r.id, r.account_id, r.rule, r.zone, r.first_at, r.template, r.made_until, r.stop_at, r.last_post_id, r.created_at`

// occasion is one date of a series that has its meeting.
type occasion struct {
	PostID   int64
	SeriesID int64
	Original int64
	Own      bool
	StartsAt int64
	Status   string
}

const occasionColumns = `d.post_id, d.series_id, d.original, d.own, m.starts_at, m.status`

// makeAhead is how long before it a date gets its meeting.
const makeAhead = 35 * 24 * time.Hour

// within asks that a meeting become part of a series: of a new one, or of id.
type within struct {
	id       int64
	rule     string
	template string
	original int64
}

func (r *series) first() time.Time { return time.UnixMilli(r.FirstAt).In(location(r.Zone)) }

// next are the dates that have no meeting yet, at most n.
func (r *series) next(n int) []time.Time {
	all := dates(r.Rule, r.first(), time.UnixMilli(r.MadeUntil), n)
	for i, t := range all {
		if r.StopAt != 0 && t.UnixMilli() >= r.StopAt {
			return all[:i]
		}
	}
	return all
}

// draft is the meeting of a date.
func (r *series) draft(at time.Time) (Draft, error) {
	var d Draft
	if err := json.Unmarshal([]byte(r.Template), &d); err != nil {
		return d, err
	}
	d.on(at)
	return d, nil
}

// on moves a draft to another day and hour, as long as before.
func (d *Draft) on(at time.Time) {
	if d.EndDay != "" && d.EndDay != d.Day {
		was, err1 := time.Parse("2006-01-02", d.Day)
		end, err2 := time.Parse("2006-01-02", d.EndDay)
		if err1 == nil && err2 == nil {
			d.EndDay = at.AddDate(0, 0, int(end.Sub(was).Hours()/24)).Format("2006-01-02")
		}
	} else {
		d.EndDay = ""
	}
	d.Day, d.From = at.Format("2006-01-02"), at.Format("15:04")
}

// template is what each date of a series is made of.
func (d Draft) template() (string, error) {
	d.Items = slices.Clone(d.Items)
	for i := range d.Items {
		d.Items[i].Outcome = ""
	}
	d.Minutes, d.KeepList, d.Repeat, d.RepeatTimes, d.RepeatUntil, d.Scope = "", false, "", "", "", ""
	b, err := json.Marshal(d)
	return string(b), err
}

// join makes a meeting that is being stored part of its series.
func (s *Service) join(ctx context.Context, tx *db.Tx, m *Meeting, w *within) error {
	if w.id == 0 {
		w.id, w.original = s.IDs.New(), m.StartsAt
		p, err := post.Raw(ctx, tx, m.PostID)
		if err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "meeting_series", &series{ID: w.id, AccountID: p.AccountID, Rule: w.rule, Zone: m.Zone, FirstAt: m.StartsAt, Template: w.template,
			MadeUntil: m.StartsAt, LastPostID: m.PostID, CreatedAt: now()}); err != nil {
			return err
		}
		if err := extendAt(ctx, tx, w.id, time.Now()); err != nil {
			return err
		}
	} else if _, err := tx.Exec(ctx, `update meeting_series set made_until = $2, last_post_id = $3 where id = $1`, w.id, w.original, m.PostID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into meeting_date (post_id, series_id, original, own) values ($1, $2, $3, false)`, m.PostID, w.id, w.original)
	return err
}

// uid names a date of a series in calendars, whether or not it has its meeting.
func (s *Service) uid(seriesID int64, at time.Time) string {
	return ids.String(seriesID) + "-" + at.Format("20060102T1504") + "@" + s.Accounts.Host
}

// ofSeries is a job about a series.
type ofSeries struct{ SeriesID int64 }

func extendAt(ctx context.Context, tx *db.Tx, id int64, at time.Time) error {
	return jobs.Enqueue(ctx, tx, kindExtend, ofSeries{id}, jobs.Key(fmt.Sprint(id)), jobs.At(at))
}

// extend makes the meetings of the dates that have come near, and comes back for the next.
// A series whose organiser may not publish any more ends.
func (s *Service) extend(ctx context.Context, job ofSeries) error {
	for {
		r, err := seriesBy(ctx, s.DB.Read(), `r.id = $1`, job.SeriesID)
		if err != nil {
			return err
		}
		var next []time.Time
		if r != nil {
			next = r.next(1)
		}
		if len(next) == 0 || time.Until(next[0]) > makeAhead {
			return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if len(next) > 0 {
					if err := extendAt(ctx, tx, r.ID, next[0].Add(-makeAhead)); err != nil {
						return err
					}
				}
				return jobs.Done(ctx, tx)
			})
		}
		if err := s.makeDate(ctx, r, next[0]); apperr.Is(err, apperr.KindInvalid) || apperr.Is(err, apperr.KindForbidden) || apperr.Is(err, apperr.KindNotFound) {
			s.Log.Warn("a series of meetings ends", "series", r.ID, "error", err)
			if err := s.stop(ctx, r.ID, next[0].UnixMilli()); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
}

// makeDate makes the meeting of a date. One that has passed meanwhile gets none.
func (s *Service) makeDate(ctx context.Context, r *series, at time.Time) error {
	if at.Before(time.Now()) {
		return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update meeting_series set made_until = $2 where id = $1`, r.ID, at.UnixMilli())
			return err
		})
	}
	d, err := r.draft(at)
	if err != nil {
		return err
	}
	v, err := s.itself(ctx, r.AccountID)
	if err != nil {
		return err
	}
	a, err := d.judge()
	if err != nil {
		return err
	}
	a.series = &within{id: r.ID, original: at.UnixMilli()}
	if d.Picture, err = s.ofDates(ctx, r); err != nil {
		return err
	}
	draft := d.post(a)
	if err := s.pictures(ctx, v, v, nil, d.Picture, draft.Parts); err != nil {
		return err
	}
	// The first date was announced; the others wait where they are looked for.
	draft.Unlisted, draft.IdempotencyKey = true, fmt.Sprint("series ", r.ID, " ", at.Unix())
	_, err = s.Posts.Create(ctx, v, draft)
	return err
}

// stop ends a series with the dates before a moment.
func (s *Service) stop(ctx context.Context, id, at int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update meeting_series set stop_at = $2 where id = $1 and (stop_at = 0 or stop_at > $2)`, id, at)
		return err
	})
}

// following are the dates of a series from a meeting on, that one first, past ones left out.
func (s *Service) following(ctx context.Context, postID int64) (*series, []occasion, error) {
	r, err := seriesBy(ctx, s.DB.Read(), `r.id = (select d.series_id from meeting_date d where d.post_id = $1)`, postID)
	if err != nil || r == nil {
		return nil, nil, err
	}
	all, err := db.All[occasion](ctx, s.DB.Read(), `select `+occasionColumns+` from meeting_date d join meeting m on m.post_id = d.post_id
		where d.series_id = $1 and d.original >= (select e.original from meeting_date e where e.post_id = $2) order by d.original`, r.ID, postID)
	return r, all, err
}

// EditFollowing changes a date of a series and those after it, also their rhythm.
// Dates that were changed by themselves stay as they are.
func (s *Service) EditFollowing(ctx context.Context, v *auth.Viewer, postID int64, d Draft) error {
	if _, _, _, err := s.mine(ctx, v, postID); err != nil {
		return err
	}
	r, all, err := s.following(ctx, postID)
	if err != nil {
		return err
	}
	if r == nil {
		return s.Edit(ctx, v, postID, d)
	}
	if d.Repeat == once {
		d.Repeat, _, _ = rhythm(r.Rule)
	}
	a, err := d.judge()
	if err != nil {
		return err
	}
	template, err := d.template()
	if err != nil {
		return err
	}
	first := a.Start()
	when := append([]time.Time{first}, dates(a.series.rule, first, first, len(all))...)
	made := first.UnixMilli()
	// Each date has its own file. They are made while the first date still tells
	// whether the picture is another.
	copies := make([]*Picture, len(all))
	for i, o := range all {
		if i == 0 || i >= len(when) || o.Own {
			continue
		}
		if copies[i], err = s.sameAgain(ctx, v, r.AccountID, postID, o.PostID, d.Picture); err != nil {
			return err
		}
	}
	for i, o := range all {
		if i >= len(when) {
			if !o.Own {
				if err := s.SetStatus(ctx, v, o.PostID, Cancelled, ""); err != nil {
					return err
				}
			}
			continue
		}
		made = when[i].UnixMilli()
		if o.Own && i > 0 {
			continue
		}
		each := d
		each.Repeat = once
		if i > 0 {
			each.Minutes, each.KeepList, each.Picture = "", false, copies[i]
			each.on(when[i])
		}
		if err := s.Edit(ctx, v, o.PostID, each); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		// Out of the way first: two dates of a series are never the same.
		for _, sign := range []int64{-1, 1} {
			for i, o := range all {
				at := o.Original
				if i < len(when) {
					at = when[i].UnixMilli()
				}
				if _, err := tx.Exec(ctx, `update meeting_date set original = $2 where post_id = $1`, o.PostID, sign*at); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(ctx, `update meeting_series set rule = $2, zone = $3, first_at = $4, template = $5, made_until = $6 where id = $1`,
			r.ID, a.series.rule, a.Zone, first.UnixMilli(), template, made); err != nil {
			return err
		}
		return extendAt(ctx, tx, r.ID, time.Now())
	})
}

// CancelFollowing cancels a date of a series and all after it; there will be no more.
func (s *Service) CancelFollowing(ctx context.Context, v *auth.Viewer, postID int64, note string) error {
	if _, _, _, err := s.mine(ctx, v, postID); err != nil {
		return err
	}
	r, all, err := s.following(ctx, postID)
	if err != nil {
		return err
	}
	if _, fits := text.Fitting(note, maxLine); !fits {
		return apperr.Invalid("event.look_again").Field("note", "event.too_long", maxLine)
	}
	if r != nil && len(all) > 0 {
		if err := s.stop(ctx, r.ID, all[0].Original); err != nil {
			return err
		}
	} else {
		all = []occasion{{PostID: postID, Status: Confirmed}}
	}
	for _, o := range all {
		if o.Status == Cancelled {
			continue
		}
		if err := s.SetStatus(ctx, v, o.PostID, Cancelled, note); err != nil {
			return err
		}
	}
	return nil
}

// detach notes that a date of a series was changed by itself.
func detach(ctx context.Context, tx *db.Tx, postID int64) error {
	_, err := tx.Exec(ctx, `update meeting_date set own = true where post_id = $1`, postID)
	return err
}

// seriesBy finds a series; nil when there is none.
func seriesBy(ctx context.Context, q db.Q, where string, args ...any) (*series, error) {
	r, err := db.Get[series](ctx, q, `select `+seriesColumns+` from meeting_series r where `+where, args...)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &r, err
}

// coming is a date of a series that has no meeting yet.
type coming struct {
	found
	title string
	last  *post.Post // the meeting before it, whose readers may know of it
}

// promised gives the dates of series in a span of time that have no meeting yet,
// to who may read the last one that has.
func (s *Service) promised(ctx context.Context, r post.Reader, from, to time.Time) ([]coming, error) {
	cond, args := post.Visible(r, "p", []any{to.UnixMilli()})
	all, err := db.All[series](ctx, s.DB.Read(), `select `+seriesColumns+` from meeting_series r join post p on p.id = r.last_post_id
		where r.made_until < $1 and (r.stop_at = 0 or r.stop_at > r.made_until) and `+cond+` order by r.id limit 200`, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	posts := make([]int64, len(all))
	for i, r := range all {
		posts[i] = r.LastPostID
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[post.Post](ctx, s.DB.Read(), `select `+post.Columns+` from post p where p.id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	last := map[int64]*post.Post{}
	for i := range rows {
		last[rows[i].ID] = &rows[i]
	}
	var out []coming
	for _, r := range all {
		for _, at := range r.next(maxTimes) {
			if !at.Before(to) {
				break
			}
			if at.Before(from) {
				continue
			}
			d, err := r.draft(at)
			if err != nil {
				return nil, err
			}
			a, err := d.judge()
			if err != nil {
				continue // what the form took once
			}
			f := coming{found: found{Meeting: a.Meeting}, title: d.Title, last: last[r.LastPostID]}
			f.Uid, f.ChangedAt, f.GroupID = s.uid(r.ID, at), r.CreatedAt, d.GroupID
			out = append(out, f)
		}
	}
	return out, nil
}
