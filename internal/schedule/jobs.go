package schedule

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

const kindPublish = "schedule.publish"

// due is the payload of the job of one post; At is the moment that it was made
// for, 0 in older ones.
type due struct{ ID, At int64 }

// Jobs are the kinds of work of posts that wait.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: kindPublish, Handle: jobs.JSON(s.publish), MaxTries: 10}}
}

// publish publishes one whose moment has come. Killed after the post is stored
// and before this row is gone, it finds the same post by its key and forgets the row.
func (s *Service) publish(ctx context.Context, j due) error {
	w, err := one(ctx, s.DB.Read(), j.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // cancelled
	} else if err != nil {
		return err
	}
	if w.Problem != "" || j.At != 0 && j.At != w.At { // moved as this began
		return nil
	}
	err = s.post(ctx, w)
	if err != nil && temporary(err) {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, ferr := one(ctx, tx, j.ID)
		switch {
		case apperr.Is(ferr, apperr.KindNotFound):
			return jobs.Done(ctx, tx)
		case ferr != nil:
			return ferr
		}
		if err == nil {
			_, err := tx.Exec(ctx, `delete from scheduled_post where id = $1`, j.ID)
			if err != nil {
				return err
			}
			return jobs.Done(ctx, tx)
		}
		if now.At == w.At { // not moved meanwhile
			if _, err := tx.Exec(ctx, `update scheduled_post set problem = $1 where id = $2`, problemOf(err), j.ID); err != nil {
				return err
			}
		}
		return jobs.Done(ctx, tx)
	})
}

func temporary(err error) bool {
	return apperr.Is(err, apperr.KindInternal) || apperr.Is(err, apperr.KindUnavailable)
}

func problemOf(err error) string {
	if e, ok := apperr.As(err); ok {
		return e.Key
	}
	return "schedule.failed"
}

// post publishes with the rights that its author has now, for those for whom it was written.
func (s *Service) post(ctx context.Context, w *Scheduled) error {
	l, err := s.Login(ctx, s.DB.Read(), w.AccountID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && l.Disabled {
		return apperr.Forbidden("account.gone")
	} else if err != nil {
		return err
	}
	v := &auth.Viewer{AccountID: l.AccountID, Role: l.Role, Member: l.Member, Lang: l.Lang, AppID: w.AppID}
	p, err := w.params()
	if err != nil {
		return apperr.Invalid("schedule.failed").Wrap(err)
	}
	d, err := s.draft(ctx, v, w, p)
	if err != nil {
		return err
	}
	judged, err := s.draft(ctx, v, w, p)
	if err != nil {
		return err
	}
	if err := s.Posts.Judge(ctx, v, &judged); err != nil {
		return err
	}
	if string(judged.Audience) != w.Audience || judged.ScopeID != w.ScopeID {
		// What was for a group that its author is not in any more would go to everybody.
		return apperr.Invalid("schedule.other_readers")
	}
	d.AppID, d.IdempotencyKey = w.AppID, "scheduled:"+ids.String(w.ID)
	_, err = s.Posts.Create(ctx, v, d)
	return err
}

// draft reads what waits, for the audience that its author had chosen, or had by their settings then.
func (s *Service) draft(ctx context.Context, v *auth.Viewer, w *Scheduled, p masto.Params) (post.Draft, error) {
	d, err := s.Posts.DraftOf(ctx, v, p)
	if a := post.Audience(w.Audience); err == nil && a.Offered() {
		d.Audience, d.Unlisted = a, w.Visibility == "unlisted"
	}
	return d, err
}
