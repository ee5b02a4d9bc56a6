package poll

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

const (
	kindClose   = "poll.close"
	kindTell    = "poll.tell"
	kindRefresh = "poll.refresh"

	// stale is the age beyond which the numbers of another server are asked for anew.
	stale = 3 * time.Minute
)

// about is the payload of every job here.
type about struct{ PostID int64 }

// Jobs are the kinds of work of polls.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindClose, Handle: jobs.JSON(s.close), MaxTries: 10},
		{Name: kindTell, Handle: jobs.JSON(s.tell)},
		{Name: kindRefresh, Handle: jobs.JSON(s.refresh), MaxTries: 1, Timeout: 30 * time.Second, Concurrency: 2},
	}
}

// closeAt has the end of a poll told when it comes.
func closeAt(ctx context.Context, tx *db.Tx, p *Poll) error {
	if p.ClosesAt == 0 || p.EndedAt != 0 {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindClose, about{p.PostID}, jobs.Key(ids.String(p.PostID)), jobs.At(time.UnixMilli(p.ClosesAt)))
}

// closeIfAwaited is closeAt when somebody here voted.
func (s *Service) closeIfAwaited(ctx context.Context, tx *db.Tx, p *Poll) error {
	n, err := db.Get[int](ctx, tx, `select count(*) from (select 1 from poll_voter where post_id = $1 limit 1) as v`, p.PostID)
	if err != nil || n == 0 {
		return err
	}
	return closeAt(ctx, tx, p)
}

// close tells the author and who voted here that a poll has closed, and other
// servers the last numbers.
//
// Spec: Mastodon entities/Notification#poll
func (s *Service) close(ctx context.Context, j about) error {
	p, err := post.Raw(ctx, s.DB.Read(), j.PostID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if !p.Local {
		s.ask(ctx, p) // the last numbers; what cannot be had is told as it is
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, j.PostID); err != nil {
			return err
		}
		have, err := one(ctx, tx, 0, j.PostID)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && have.EndedAt != 0 {
			return jobs.Done(ctx, tx)
		} else if err != nil {
			return err
		}
		if !have.Closed() { // moved by an edit
			if err := jobs.Done(ctx, tx); err != nil {
				return err
			}
			return closeAt(ctx, tx, have)
		}
		if _, err := tx.Exec(ctx, `update poll set ended_at = $1 where post_id = $2`, time.Now().UnixMilli(), j.PostID); err != nil {
			return err
		}
		told, err := db.All[int64](ctx, tx, `select v.account_id from poll_voter v join account a on a.id = v.account_id
			where v.post_id = $1 and a.host = '' order by v.account_id`, j.PostID)
		if err != nil {
			return err
		}
		for _, id := range append(told, p.AccountID) {
			if err := s.Notify.Add(ctx, tx, id, notify.Poll, p.AccountID, p.ID); err != nil {
				return err
			}
		}
		if err := s.Posts.Refresh(ctx, tx, p); err != nil {
			return err
		}
		return jobs.Done(ctx, tx)
	})
}

// tellSoon has other servers told of the votes in a poll of ours; votes within
// some minutes are told at once.
func (s *Service) tellSoon(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if !p.Audience.Leaves() {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindTell, about{p.ID}, jobs.Key(ids.String(p.ID)), jobs.At(time.Now().Add(s.tellAfter())))
}

func (s *Service) tell(ctx context.Context, j about) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, j.PostID); err != nil {
			return err
		}
		p, err := post.Raw(ctx, tx, j.PostID)
		if apperr.Is(err, apperr.KindNotFound) {
			return jobs.Done(ctx, tx)
		} else if err != nil {
			return err
		}
		if err := s.Posts.Refresh(ctx, tx, p); err != nil {
			return err
		}
		return jobs.Done(ctx, tx)
	})
}

// refreshSoon has the numbers of another server's poll asked for when somebody
// opens it and they are old. That it cannot be done is no reason not to show it.
func (s *Service) refreshSoon(ctx context.Context, p *post.Post, have *Poll) {
	now := time.Now()
	if p.Local || s.Fetch == nil || have.EndedAt != 0 || now.Sub(time.UnixMilli(have.FetchedAt)) < stale ||
		have.ClosesAt != 0 && have.FetchedAt > have.ClosesAt {
		return
	}
	_ = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `update poll set fetched_at = $1 where post_id = $2 and fetched_at = $3`, now.UnixMilli(), p.ID, have.FetchedAt)
		if err != nil || n == 0 {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindRefresh, about{p.ID}, jobs.Key(ids.String(p.ID)))
	})
}

func (s *Service) refresh(ctx context.Context, j about) error {
	p, err := post.Raw(ctx, s.DB.Read(), j.PostID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	s.ask(ctx, p)
	return nil
}

// ask fetches a Question from its server and takes its numbers, if it still
// asks the same; an edit arrives as an edit.
func (s *Service) ask(ctx context.Context, p *post.Post) {
	if s.Fetch == nil || p.DeletedAt != 0 {
		return
	}
	d, err := s.Fetch.Fetch(ctx, p.URI)
	if err != nil || d.ID() != p.URI {
		return
	}
	told := Read(d)
	if told == nil {
		return
	}
	_ = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, p.ID); err != nil {
			return err
		}
		was, err := one(ctx, tx, 0, p.ID)
		if err != nil || !same(was, told) {
			return err
		}
		return s.take(ctx, tx, p, d)
	})
}
