package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
)

// noticeGone tells somebody of ours that a meeting to which they go is no more:
// another server deleted it, moderators took it down, its organiser left.
const noticeGone = "event.gone"

// goneFor is how long what it was is remembered.
const goneFor = 90 * 24 * time.Hour

// gone is what is left of a meeting for those who wanted to come.
type gone struct {
	ID               int64
	Title            string
	StartsAt, EndsAt int64
	Zone             string
	CreatedAt        int64
}

// tellGone notifies those of ours who come to a meeting that goes with its post. The
// instance tells them: nothing of the meeting, nor perhaps its organiser, is left.
func (s *Service) tellGone(ctx context.Context, tx *db.Tx, m *Meeting, title string) error {
	all, err := seats(ctx, tx, m.PostID)
	if err != nil {
		return err
	}
	var people []int64
	for _, x := range all {
		if x.AccountID != 0 && x.Answer != No && x.State != Refused {
			people = append(people, x.AccountID)
		}
	}
	if len(people) == 0 {
		return nil
	}
	from, err := s.Groups.App(ctx)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // an instance that is only being made
	} else if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from meeting_gone where created_at < $1`, now()-goneFor.Milliseconds()); err != nil {
		return err
	}
	g := gone{ID: s.IDs.New(), Title: title, StartsAt: m.StartsAt, EndsAt: m.EndsAt, Zone: m.Zone, CreatedAt: now()}
	if err := db.Insert(ctx, tx, "meeting_gone", &g); err != nil {
		return err
	}
	for _, id := range people {
		if err := s.Notify.Add(ctx, tx, id, noticeGone, from.ID, g.ID); err != nil {
			return err
		}
	}
	return nil
}

// goneOf says in one line what is remembered of some meetings that are no more.
func goneOf(ctx context.Context, q db.Q, all []int64) (map[int64]func(*i18n.Localizer) string, error) {
	frag, args := db.In(1, all)
	rows, err := db.All[gone](ctx, q, `select id, title, starts_at, ends_at, zone, created_at from meeting_gone where id in `+frag, args...)
	out := map[int64]func(*i18n.Localizer) string{}
	for _, g := range rows {
		m := &Meeting{StartsAt: g.StartsAt, EndsAt: g.EndsAt, Zone: g.Zone}
		out[g.ID] = func(l *i18n.Localizer) string { return joined(", ", g.Title, whenWords(l, m, time.Now())) }
	}
	return out, err
}
