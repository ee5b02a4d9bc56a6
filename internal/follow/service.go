package follow

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/relation"
)

// Follow is one row: AccountID follows TargetID, or asks to.
type Follow struct {
	AccountID int64
	TargetID  int64
	ID        int64
	URI       string
	Accepted  bool
	Boosts    bool   // show the target's boosts in the home timeline
	Notify    bool   // notify of each post of the target
	Languages string // of the target's posts in the home timeline: ",fr,en,", "" for all
	CreatedAt int64
}

// Service holds the rules on follows.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
	Notify   *notify.Service
	Ties     *relation.Service

	// Fetcher asks other servers about who moves; nil finds nobody there.
	Fetcher route.Fetcher

	// Admits says whether a local target takes a follower at once or lets them wait;
	// an error refuses, also to follow somebody of another server. nil: whoever is not locked takes everyone.
	Admits func(ctx context.Context, tx *db.Tx, target, who *account.Account) (bool, error)

	// Vouches answers another server's question whether a server has a follower of a
	// closed group of ours; nil answers none.
	Vouches func(ctx context.Context, q db.Q, a *account.Account, of string, asker *route.Actor) (bool, error)

	// Began and Ended tell the slices above, inside the transaction.
	Began []func(ctx context.Context, tx *db.Tx, accountID, targetID int64) error
	Ended []func(ctx context.Context, tx *db.Tx, accountID, targetID int64) error
}

// Follow makes accountID follow targetID, or ask to. Following again is no error.
// Following somebody of another server needs consent to be reachable by address:
// apperr.KindInvalid "follow.needs_address" without.
func (s *Service) Follow(ctx context.Context, accountID, targetID int64, boosts *bool) error {
	return s.FollowWith(ctx, accountID, targetID, Options{Boosts: boosts})
}

// FollowWith is Follow with the settings of the follow; of one that is there
// already it changes those given. Errors also: KindForbidden "relation.apart"
// when one of the two blocks the other, KindInvalid with the field "languages".
func (s *Service) FollowWith(ctx context.Context, accountID, targetID int64, o Options) error {
	languages, err := o.languages()
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		me, target, err := s.pair(ctx, tx, accountID, targetID)
		if err != nil {
			return err
		}
		have, err := find(ctx, tx, accountID, targetID)
		if err == nil {
			return s.again(ctx, tx, me, target, have, o, languages)
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		if apart, err := relation.Apart(ctx, tx, accountID, targetID); err != nil {
			return err
		} else if apart {
			return apperr.Forbidden("relation.apart")
		}
		if !target.Local() && !me.Reachable {
			// The movement may know of all our members; all others ask for a word first.
			if known, err := s.Accounts.KnownTo(ctx, tx, me, target.Host); err != nil {
				return err
			} else if !known {
				return apperr.Invalid("follow.needs_address")
			}
		}
		taken, err := s.admits(ctx, tx, target, me)
		if err != nil {
			return err
		}
		taken = taken && target.Local() // another server decides itself
		f := &Follow{
			AccountID: accountID, TargetID: targetID, ID: s.IDs.New(), URI: s.Accounts.Base + "/activities/" + ids.Key(),
			Accepted: taken, Boosts: o.Boosts == nil || *o.Boosts, Notify: o.Notify != nil && *o.Notify,
			Languages: languages, CreatedAt: time.Now().UnixMilli(),
		}
		if err := s.insert(ctx, tx, f); err != nil {
			return err
		}
		if !target.Local() {
			return s.sendFollow(ctx, tx, me, target, f)
		}
		return nil
	})
}

func (s *Service) pair(ctx context.Context, tx *db.Tx, accountID, targetID int64) (me, target *account.Account, err error) {
	if accountID == targetID {
		return nil, nil, apperr.Invalid("follow.self")
	}
	if me, err = account.ByID(ctx, tx, accountID); err != nil {
		return nil, nil, err
	}
	if target, err = account.ByID(ctx, tx, targetID); err != nil {
		return nil, nil, err
	}
	if target.Gone() || target.Kind == account.Application {
		return nil, nil, apperr.NotFound("account.not_found")
	}
	return me, target, nil
}

// again changes the settings of an existing follow, and repeats a request that
// the other server may have lost.
func (s *Service) again(ctx context.Context, tx *db.Tx, me, target *account.Account, f *Follow, o Options, languages string) error {
	if o.Boosts != nil {
		f.Boosts = *o.Boosts
	}
	if o.Notify != nil {
		f.Notify = *o.Notify
	}
	if o.Languages != nil {
		f.Languages = languages
	}
	if _, err := tx.Exec(ctx, `update follow set boosts = $1, notify = $2, languages = $3 where id = $4`, f.Boosts, f.Notify, f.Languages, f.ID); err != nil {
		return err
	}
	if !f.Accepted && !target.Local() {
		return s.sendFollow(ctx, tx, me, target, f)
	}
	return nil
}

// insert writes a new follow with its notification, and its counters when it is accepted at once.
func (s *Service) insert(ctx context.Context, tx *db.Tx, f *Follow) error {
	if err := db.Insert(ctx, tx, "follow", f); err != nil {
		return err
	}
	kind := notify.FollowRequest
	if f.Accepted {
		kind = notify.Follow
	}
	if err := s.Notify.Add(ctx, tx, f.TargetID, kind, f.AccountID, 0); err != nil {
		return err
	}
	if f.Accepted {
		return s.began(ctx, tx, f)
	}
	return nil
}

func (s *Service) began(ctx context.Context, tx *db.Tx, f *Follow) error {
	if err := account.Count(ctx, tx, f.AccountID, 0, 0, 1); err != nil {
		return err
	}
	if err := account.Count(ctx, tx, f.TargetID, 0, 1, 0); err != nil {
		return err
	}
	for _, hook := range s.Began {
		if err := hook(ctx, tx, f.AccountID, f.TargetID); err != nil {
			return err
		}
	}
	return nil
}

// accept turns a request into a follow; it does nothing when it already is one.
func (s *Service) accept(ctx context.Context, tx *db.Tx, f *Follow) error {
	if f.Accepted {
		return nil
	}
	if _, err := tx.Exec(ctx, `update follow set accepted = true where id = $1`, f.ID); err != nil {
		return err
	}
	f.Accepted = true
	return s.began(ctx, tx, f)
}

// remove takes a follow or a request away, with its notification.
func (s *Service) remove(ctx context.Context, tx *db.Tx, f *Follow) error {
	if _, err := tx.Exec(ctx, `delete from follow where id = $1`, f.ID); err != nil {
		return err
	}
	for _, kind := range []string{notify.Follow, notify.FollowRequest} {
		if err := s.Notify.Take(ctx, tx, f.TargetID, kind, f.AccountID, 0); err != nil {
			return err
		}
	}
	if !f.Accepted {
		return nil
	}
	if err := relation.EndorseNoMore(ctx, tx, f.AccountID, f.TargetID); err != nil {
		return err
	}
	if err := account.Count(ctx, tx, f.AccountID, 0, 0, -1); err != nil {
		return err
	}
	if err := account.Count(ctx, tx, f.TargetID, 0, -1, 0); err != nil {
		return err
	}
	for _, hook := range s.Ended {
		if err := hook(ctx, tx, f.AccountID, f.TargetID); err != nil {
			return err
		}
	}
	return nil
}

// Unfollow ends a follow or withdraws a request; ending what is not is no error.
func (s *Service) Unfollow(ctx context.Context, accountID, targetID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err := find(ctx, tx, accountID, targetID)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		me, target, err := s.pair(ctx, tx, accountID, targetID)
		if err != nil {
			return err
		}
		if err := s.remove(ctx, tx, f); err != nil {
			return err
		}
		if !target.Local() {
			return s.sendUndo(ctx, tx, me, target, f)
		}
		return nil
	})
}

// Answer accepts or refuses the request of followerID to follow accountID.
func (s *Service) Answer(ctx context.Context, accountID, followerID int64, yes bool) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err := find(ctx, tx, followerID, accountID)
		if err != nil {
			return err
		}
		if f.Accepted {
			return nil
		}
		me, err := account.ByID(ctx, tx, accountID)
		if err != nil {
			return err
		}
		follower, err := account.ByID(ctx, tx, followerID)
		if err != nil {
			return err
		}
		if yes {
			if err := s.accept(ctx, tx, f); err != nil {
				return err
			}
			if err := s.Notify.Take(ctx, tx, accountID, notify.FollowRequest, followerID, 0); err != nil {
				return err
			}
			if err := s.Notify.Add(ctx, tx, accountID, notify.Follow, followerID, 0); err != nil {
				return err
			}
		} else if err := s.remove(ctx, tx, f); err != nil {
			return err
		}
		if follower.Local() {
			return nil
		}
		return s.sendAnswer(ctx, tx, me, follower, f.URI, yes)
	})
}

// RemoveFollower makes followerID no longer follow accountID.
func (s *Service) RemoveFollower(ctx context.Context, accountID, followerID int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err := find(ctx, tx, followerID, accountID)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		follower, me, err := s.pair(ctx, tx, followerID, accountID)
		if err != nil {
			return err
		}
		if err := s.remove(ctx, tx, f); err != nil {
			return err
		}
		if follower.Local() {
			return nil
		}
		return s.sendAnswer(ctx, tx, me, follower, f.URI, false)
	})
}

// Erase tells those elsewhere who know an account that it is gone, and ends all
// its follows.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	a, err := account.ByID(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if err := s.SendActorDelete(ctx, tx, a); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from suggestion_refused where account_id = $1 or target_id = $1`, a.ID); err != nil {
		return err
	}
	rows, err := db.All[Follow](ctx, tx, `select `+columns+` from follow where account_id = $1 or target_id = $1`, a.ID)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.remove(ctx, tx, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}
