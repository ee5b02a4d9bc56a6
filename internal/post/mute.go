package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
)

const mutePart = "mute"

// MutePart shows on each post whether the reader has muted its thread.
func (s *Service) MutePart() Part {
	return Part{
		Name: mutePart,
		Load: func(ctx context.Context, q db.Q, v *auth.Viewer, views []*View) error {
			if v == nil {
				return nil
			}
			threads := make([]int64, len(views))
			for i, w := range views {
				threads[i] = w.ThreadID
			}
			frag, args := db.In(2, unique(threads))
			muted, err := db.All[int64](ctx, q, `select thread_id from thread_mute where account_id = $1 and thread_id in `+frag,
				append([]any{v.AccountID}, args...)...)
			for _, id := range muted {
				for _, w := range views {
					if w.ThreadID == id {
						w.SetPart(mutePart, true)
					}
				}
			}
			return err
		},
		Entity: func(v *auth.Viewer, w *View, e *masto.Status) {
			if v != nil && PartOf[bool](w, mutePart) {
				e.Muted = masto.Ptr(true)
			}
		},
	}
}

// MuteThread says that v wants no more notifications of the thread of a post
// that v may read, or wants them again.
//
// Spec: Mastodon statuses#mute
func (s *Service) MuteThread(ctx context.Context, v *auth.Viewer, id int64, mute bool) (*Post, error) {
	var out *Post
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := readable(ctx, tx, ReaderOf(v), id)
		if err == nil && p.BoostOfID != 0 {
			p, err = readable(ctx, tx, ReaderOf(v), p.BoostOfID)
		}
		if err != nil {
			return err
		}
		out = p
		if mute {
			_, err = tx.Exec(ctx, `insert into thread_mute (account_id, thread_id, created_at) values ($1, $2, $3) on conflict do nothing`,
				v.AccountID, p.ThreadID, time.Now().UnixMilli())
			return err
		}
		_, err = tx.Exec(ctx, `delete from thread_mute where account_id = $1 and thread_id = $2`, v.AccountID, p.ThreadID)
		return err
	})
	return out, err
}

// Wanted is a gate of notify.Service: nothing of a thread that its owner muted, nor of a closed group to
// which they belong no more.
func (s *Service) Wanted(ctx context.Context, tx *db.Tx, accountID int64, _ string, _, postID int64) (bool, error) {
	if postID == 0 {
		return true, nil
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from post p where p.id = $1 and (exists (select 1 from thread_mute m where m.thread_id = p.thread_id and m.account_id = $2)
		or p.audience = 'group' and not exists (select 1 from audience_account g where g.scope_id = p.scope_id and g.account_id = $2))`, postID, accountID)
	return n == 0, err
}

// Ages from which on somebody is no longer new, to the place and as a follower.
const (
	newAccount  = 30 * 24 * time.Hour
	newFollower = 3 * 24 * time.Hour
)

// Weigh gives the facts that policies of notifications are about; see notify.Service.
//
// Spec: Mastodon entities/NotificationPolicy
func (s *Service) Weigh(ctx context.Context, tx *db.Tx, accountID, fromID, postID int64) (notify.Facts, error) {
	now := time.Now()
	f, err := db.Get[struct{ Following, Follower, New, Limited, Private, Staff bool }](ctx, tx, `select
		exists (select 1 from follow f where f.account_id = $1 and f.target_id = $2 and f.accepted) as following,
		exists (select 1 from follow g where g.account_id = $2 and g.target_id = $1 and g.accepted and g.created_at < $3) as follower,
		a.created_at > $4 as new, a.limited_at <> 0 as limited,
		exists (select 1 from post p where p.id = $5 and p.audience = 'direct' and p.reply_to_account <> $1) as private,
		exists (select 1 from login l where l.account_id = $2 and l.role in ('moderator', 'admin')) as staff
		from account a where a.id = $2`, accountID, fromID, now.Add(-newFollower).UnixMilli(), now.Add(-newAccount).UnixMilli(), postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return notify.Facts{}, nil
	}
	return notify.Facts(f), err
}

func (s *Service) apiMuteThread(mute bool) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		p, err := s.MuteThread(r.Context(), r.Viewer, id, mute)
		if err != nil {
			return err
		}
		w, err := s.View(r.Context(), r.Viewer, p)
		if err != nil {
			return err
		}
		return r.OK(s.Entity(r.Viewer, w))
	}
}
