package event

import (
	"context"
	"fmt"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

const (
	kindRemind = "event.remind"
	kindForget = "event.forget"
	kindExtend = "event.extend"
	kindShred  = "event.shred"

	ahead = 24 * time.Hour      // of the start, those who come are reminded
	kept  = 30 * 24 * time.Hour // after the end, who came is forgotten
	// undated is how long after the day it had a postponed meeting waits for another
	// one, with the list of those who want to come.
	undated = 365 * 24 * time.Hour
)

// due is the payload of every job here: a meeting at the time it had when the
// job was made. One that moved has a job of its own.
type due struct{ PostID, At int64 }

// Jobs are the kinds of work of meetings.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindRemind, Handle: jobs.JSON(s.remind), MaxTries: 10},
		{Name: kindForget, Handle: jobs.JSON(s.forget), MaxTries: 20},
		{Name: kindNote, Handle: jobs.JSON(s.note), MaxTries: 10},
		{Name: kindExtend, Handle: jobs.JSON(s.extend), MaxTries: 20, Concurrency: 1},
		{Name: kindShred, Handle: jobs.JSON(s.shred), MaxTries: 20},
	}
}

// forgottenAt is when who comes is forgotten: some time after a date that holds, or
// when a postponed meeting has waited long enough for one.
func (m *Meeting) forgottenAt() int64 {
	if m.Status == Postponed {
		return m.EndsAt + undated.Milliseconds()
	}
	return m.EndsAt + kept.Milliseconds()
}

// schedule has those who come reminded, and forgotten after.
func schedule(ctx context.Context, tx *db.Tx, m *Meeting) error {
	enqueue := func(kind string, about, at int64) error {
		return jobs.Enqueue(ctx, tx, kind, due{m.PostID, about}, jobs.Key(fmt.Sprint(m.PostID, " ", about, " ", at)), jobs.At(time.UnixMilli(at)))
	}
	if at := m.StartsAt - ahead.Milliseconds(); at > now() {
		if err := enqueue(kindRemind, m.StartsAt, at); err != nil {
			return err
		}
	}
	at := m.forgottenAt()
	if at < now() { // what was postponed until now is cancelled, or took place after all
		at = now() + kept.Milliseconds()
	}
	return enqueue(kindForget, m.EndsAt, at)
}

// settled runs a job about a meeting that is still as the job says.
func (s *Service) settled(ctx context.Context, postID int64, as func(*Meeting) bool, do func(context.Context, *db.Tx, *Meeting) error) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, postID); err != nil {
			return err
		}
		m, err := one(ctx, tx, postID)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && !as(m) {
			return jobs.Done(ctx, tx)
		} else if err != nil {
			return err
		}
		if err := do(ctx, tx, m); err != nil {
			return err
		}
		return jobs.Done(ctx, tx)
	})
}

// remind tells those who come that it is tomorrow.
func (s *Service) remind(ctx context.Context, d due) error {
	return s.settled(ctx, d.PostID, func(m *Meeting) bool { return m.StartsAt == d.At && (m.Status == Confirmed || m.Status == Tentative) }, func(ctx context.Context, tx *db.Tx, m *Meeting) error {
		p, err := post.Raw(ctx, tx, m.PostID)
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, p, m, newsSoon, (*Seat).registered)
	})
}

// forget erases who came, unless the organiser keeps it on purpose, and in any
// case what those who came had among themselves: they were told that it goes.
func (s *Service) forget(ctx context.Context, d due) error {
	return s.settled(ctx, d.PostID, func(m *Meeting) bool {
		return m.EndsAt == d.At && (m.Status != Postponed || now() >= m.forgottenAt())
	}, func(ctx context.Context, tx *db.Tx, m *Meeting) error {
		tables := []string{"meeting_invite"}
		if !m.KeepList {
			tables = append(tables, "meeting_seat")
		}
		for _, table := range tables {
			if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, m.PostID); err != nil {
				return err
			}
		}
		return forgetTalk(ctx, tx, m.PostID)
	})
}
