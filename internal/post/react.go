package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
)

// Like marks a post as liked by an account; URI is the id of the Like.
type Like struct {
	AccountID int64
	PostID    int64
	ID        int64
	URI       string
	CreatedAt int64
}

// Like likes a post that v may read; liking twice is no error.
//
// Spec: AP 6.8; Spec: Mastodon statuses#favourite
func (s *Service) Like(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return s.react(ctx, v, id, func(ctx context.Context, tx *db.Tx, me *account.Account, p *Post) error {
		if err := s.permit(ctx, tx, me.ID, p, "like"); err != nil {
			return err
		}
		l := &Like{me.ID, p.ID, s.IDs.New(), s.Accounts.Base + "/activities/" + ids.Key(), time.Now().UnixMilli()}
		added, err := s.addLike(ctx, tx, l, p)
		if err != nil || !added || p.Local {
			return err
		}
		return s.sendLike(ctx, tx, me, p, l.URI, false)
	})
}

// Unlike takes a like back.
func (s *Service) Unlike(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return s.react(ctx, v, id, func(ctx context.Context, tx *db.Tx, me *account.Account, p *Post) error {
		uri, err := s.dropLike(ctx, tx, me.ID, p)
		if err != nil || uri == "" || p.Local {
			return err
		}
		return s.sendLike(ctx, tx, me, p, uri, true)
	})
}

func (s *Service) react(ctx context.Context, v *auth.Viewer, id int64, do func(context.Context, *db.Tx, *account.Account, *Post) error) (*Post, error) {
	var out *Post
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := readable(ctx, tx, ReaderOf(v), id)
		if err != nil {
			return err
		}
		if p.BoostOfID != 0 {
			if p, err = readable(ctx, tx, ReaderOf(v), p.BoostOfID); err != nil {
				return err
			}
		}
		me, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if !p.Local && !me.Reachable && p.Audience != Group {
			return apperr.Invalid("follow.needs_address")
		}
		if err := do(ctx, tx, me, p); err != nil {
			return err
		}
		out, err = readable(ctx, tx, ReaderOf(v), p.ID)
		return err
	})
	return out, err
}

func (s *Service) addLike(ctx context.Context, tx *db.Tx, l *Like, p *Post) (bool, error) {
	n, err := db.Exec(ctx, tx, `insert into post_like (account_id, post_id, id, uri, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		l.AccountID, l.PostID, l.ID, l.URI, l.CreatedAt)
	if err != nil || n == 0 {
		return false, err
	}
	if err := count(ctx, tx, p.ID, "likes_count", 1); err != nil {
		return false, err
	}
	return true, s.Notify.Add(ctx, tx, p.AccountID, notify.Favourite, l.AccountID, p.ID)
}

func (s *Service) dropLike(ctx context.Context, tx *db.Tx, accountID int64, p *Post) (uri string, err error) {
	uri, err = db.Get[string](ctx, tx, `delete from post_like where account_id = $1 and post_id = $2 returning uri`, accountID, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	if err := count(ctx, tx, p.ID, "likes_count", -1); err != nil {
		return "", err
	}
	return uri, s.Notify.Take(ctx, tx, p.AccountID, notify.Favourite, accountID, p.ID)
}

// Boost relays a post: to one's followers everywhere when both the post and the
// person are public, inside the section otherwise. Only what everyone or the
// whole section may read can be relayed. Boosting twice gives the same boost.
//
// Spec: Mastodon statuses#boost
func (s *Service) Boost(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return s.BoostFor(ctx, v, id, Public, false)
}

// BoostFor is Boost for no wider a circle than widest, Public or Section, or
// outside the lists of everybody.
func (s *Service) BoostFor(ctx context.Context, v *auth.Viewer, id int64, widest Audience, unlisted bool) (*Post, error) {
	var out *Post
	_, err := s.react(ctx, v, id, func(ctx context.Context, tx *db.Tx, me *account.Account, p *Post) error {
		have, err := one(ctx, tx, `p.boost_of_id = $1 and p.account_id = $2 and p.deleted_at = 0`, p.ID, me.ID)
		if err == nil {
			out = have
			return nil
		} else if !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		if err := s.permit(ctx, tx, me.ID, p, "announce"); err != nil {
			return err
		}
		b := &Post{
			ID: s.IDs.New(), URI: s.Accounts.Base + "/activities/" + ids.Key(), AccountID: me.ID, Local: true, Kind: KindBoost,
			BoostOfID: p.ID, CreatedAt: time.Now().UnixMilli(),
		}
		switch {
		case p.Audience == Public && me.Public && widest == Public:
			b.Audience, b.Listed = Public, p.Listed && !unlisted
		case v.Member && (p.Audience == Public || p.Audience == Section):
			b.Audience = Section
		case p.Audience == Public: // a guest's followers are all that is left
			b.Audience = Followers
		case p.Audience == Followers && p.AccountID == me.ID:
			b.Audience = Followers
		default:
			return apperr.Invalid("post.cannot_boost")
		}
		b.URL, b.ThreadID = p.URL, b.ID
		out = b
		return s.storeBoost(ctx, tx, b, p)
	})
	return out, err
}

func (s *Service) storeBoost(ctx context.Context, tx *db.Tx, b, p *Post) error {
	if err := s.store(ctx, tx, b, nil, nil, empty); err != nil {
		return err
	}
	if err := count(ctx, tx, p.ID, "boosts_count", 1); err != nil {
		return err
	}
	return s.Notify.Add(ctx, tx, p.AccountID, notify.Reblog, b.AccountID, p.ID)
}

// Unboost takes a boost back.
func (s *Service) Unboost(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return s.react(ctx, v, id, func(ctx context.Context, tx *db.Tx, me *account.Account, p *Post) error {
		b, err := one(ctx, tx, `p.boost_of_id = $1 and p.account_id = $2 and p.deleted_at = 0`, p.ID, me.ID)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		return s.unboost(ctx, tx, b)
	})
}

func (s *Service) unboost(ctx context.Context, tx *db.Tx, b *Post) error {
	if b.Local && b.Audience.Leaves() {
		if err := s.publishDelete(ctx, tx, b); err != nil {
			return err
		}
	}
	return s.buryBoost(ctx, tx, b)
}

func (s *Service) buryBoost(ctx context.Context, tx *db.Tx, b *Post) error {
	if err := bury(ctx, tx, b.ID); err != nil {
		return err
	}
	if err := count(ctx, tx, b.BoostOfID, "boosts_count", -1); err != nil {
		return err
	}
	if b.Audience == Public {
		if err := account.Count(ctx, tx, b.AccountID, -1, 0, 0); err != nil {
			return err
		}
	}
	p, err := Raw(ctx, tx, b.BoostOfID)
	if err != nil {
		return err
	}
	for _, hook := range s.Buried {
		if err := hook(ctx, tx, b); err != nil {
			return err
		}
	}
	return s.Notify.Take(ctx, tx, p.AccountID, notify.Reblog, b.AccountID, p.ID)
}
