package visitor

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
)

const (
	kindForget = "visitor.forget"
	kindClean  = "visitor.clean"
)

type who struct{ VisitorID int64 }

// Jobs are the kinds of work of visitors.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindForget, Handle: jobs.JSON(s.forgetDue), MaxTries: 20},
		{Name: kindClean, Handle: jobs.JSON(s.clean), MaxTries: 20},
	}
}

func forgetAt(ctx context.Context, tx *db.Tx, visitorID, at int64) error {
	return jobs.Enqueue(ctx, tx, kindForget, who{visitorID}, jobs.Key(ids.String(visitorID)), jobs.At(time.UnixMilli(at)))
}

func cleanAt(ctx context.Context, tx *db.Tx, at int64) error {
	return jobs.Enqueue(ctx, tx, kindClean, struct{}{}, jobs.Key("x"), jobs.At(time.UnixMilli(at)))
}

// forgetDue erases a visitor whom nothing holds any more.
func (s *Service) forgetDue(ctx context.Context, w who) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		expires, err := db.Get[int64](ctx, tx, `select expires_at from visitor where id = $1`, w.VisitorID)
		switch {
		case apperr.Is(err, apperr.KindNotFound):
		case err != nil:
			return err
		case expires > time.Now().UnixMilli():
			if err := jobs.Done(ctx, tx); err != nil {
				return err
			}
			return forgetAt(ctx, tx, w.VisitorID, expires)
		default:
			if err := s.erase(ctx, tx, w.VisitorID); err != nil {
				return err
			}
		}
		return jobs.Done(ctx, tx)
	})
}

// clean forgets the addresses that nobody confirmed, and sign-ins that were given up.
func (s *Service) clean(ctx context.Context, _ struct{}) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := time.Now().UnixMilli()
		for _, table := range []string{"visitor_ask", "visitor_signin"} {
			if _, err := tx.Exec(ctx, `delete from `+table+` where expires_at <= $1`, now); err != nil {
				return err
			}
		}
		next, err := db.Get[int64](ctx, tx, `select coalesce(min(x.expires_at), 0) from (select expires_at from visitor_ask union all select expires_at from visitor_signin) x`)
		if err != nil {
			return err
		}
		if err := jobs.Done(ctx, tx); err != nil || next == 0 {
			return err
		}
		return cleanAt(ctx, tx, next)
	})
}
