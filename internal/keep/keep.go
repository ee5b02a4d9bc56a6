package keep

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
)

// MaxPins is how many posts somebody may pin.
const MaxPins = 5

// Service keeps bookmarks and pins.
type Service struct {
	DB      *db.DB
	IDs     *ids.Maker
	Posts   *post.Service
	Fetcher route.Fetcher // asks other servers what they pin; nil for never

	// More gives what else stands in the featured collection of one of ours, as addresses.
	More func(ctx context.Context, q db.Q, a *account.Account) ([]string, error)
}

// target finds what an act on a post means: a boost stands for the post inside.
func (s *Service) target(ctx context.Context, v *auth.Viewer, id int64) (*post.Post, error) {
	p, err := s.Posts.Get(ctx, v, id)
	if err != nil || p.BoostOfID == 0 {
		return p, err
	}
	return s.Posts.Get(ctx, v, p.BoostOfID)
}

// Bookmark puts a post aside; it does nothing the second time.
//
// Spec: Mastodon statuses#bookmark
func (s *Service) Bookmark(ctx context.Context, v *auth.Viewer, id int64) (*post.Post, error) {
	p, err := s.target(ctx, v, id)
	if err != nil {
		return nil, err
	}
	return p, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into bookmark (account_id, post_id, id) values ($1, $2, $3) on conflict (account_id, post_id) do nothing`,
			v.AccountID, p.ID, s.IDs.New())
		return err
	})
}

// Unbookmark puts a post back.
func (s *Service) Unbookmark(ctx context.Context, v *auth.Viewer, id int64) (*post.Post, error) {
	p, err := s.target(ctx, v, id)
	if err != nil {
		return nil, err
	}
	return p, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from bookmark where account_id = $1 and post_id = $2`, v.AccountID, p.ID)
		return err
	})
}

// Page is a page of posts that is paged by other ids than theirs.
type Page struct {
	Views       []*post.View
	First, Last int64 // 0 when empty
	Full        bool  // as many as asked for: more may follow
}

// Bookmarks lists what v put aside and may still read, the latest first, by the ids of the bookmarks.
//
// Spec: Mastodon bookmarks#get
func (s *Service) Bookmarks(ctx context.Context, v *auth.Viewer, r page.Range) (Page, error) {
	rows, err := db.All[struct{ ID, PostID int64 }](ctx, s.DB.Read(), `select id, post_id from bookmark
		where account_id = $1 and id < $2 and id > $3 order by id `+r.Order()+` limit $4`, v.AccountID, r.Upper(), r.Lower(), r.Limit)
	if err != nil {
		return Page{}, err
	}
	rows = page.Fix(r, rows)
	wanted := make([]int64, len(rows))
	for i, row := range rows {
		wanted[i] = row.PostID
	}
	var out Page
	if out.Views, err = s.Posts.Many(ctx, v, wanted); err != nil {
		return Page{}, err
	}
	if len(rows) > 0 {
		out.First, out.Last, out.Full = rows[0].ID, rows[len(rows)-1].ID, len(rows) >= r.Limit
	}
	return out, nil
}

// pinnable finds a post of v's own that may be pinned.
func (s *Service) pinnable(ctx context.Context, q db.Q, v *auth.Viewer, id int64) (*post.Post, error) {
	p, err := s.Posts.Get(ctx, v, id)
	switch {
	case err != nil:
		return nil, err
	case p.AccountID != v.AccountID:
		return nil, apperr.Invalid("keep.not_yours")
	case p.BoostOfID != 0:
		return nil, apperr.Invalid("keep.is_boost")
	case p.Audience == post.Direct, p.Audience == post.Group:
		return nil, apperr.Invalid("keep.too_narrow")
	}
	return p, nil
}

// Pin shows a post of v's own first on their profile. KindInvalid for what
// cannot be pinned, and beyond MaxPins.
//
// Spec: Mastodon statuses#pin
func (s *Service) Pin(ctx context.Context, v *auth.Viewer, id int64) (*post.Post, error) {
	p, err := s.pinnable(ctx, s.DB.Read(), v, id)
	if err != nil {
		return nil, err
	}
	return p, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		have, err := db.All[int64](ctx, tx, `select post_id from pin where account_id = $1`, v.AccountID)
		if err != nil {
			return err
		}
		for _, other := range have {
			if other == p.ID {
				return nil
			}
		}
		if len(have) >= MaxPins {
			return apperr.Invalid("keep.too_many", MaxPins)
		}
		if _, err := tx.Exec(ctx, `insert into pin (account_id, post_id, id) values ($1, $2, $3)`, v.AccountID, p.ID, s.IDs.New()); err != nil {
			return err
		}
		return s.tell(ctx, tx, p, "Add")
	})
}

// Unpin takes a post of v's own from the head of their profile.
//
// Spec: Mastodon statuses#unpin
func (s *Service) Unpin(ctx context.Context, v *auth.Viewer, id int64) (*post.Post, error) {
	p, err := s.pinnable(ctx, s.DB.Read(), v, id)
	if err != nil {
		return nil, err
	}
	return p, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from pin where account_id = $1 and post_id = $2`, v.AccountID, p.ID)
		if err != nil || n == 0 {
			return err
		}
		return s.tell(ctx, tx, p, "Remove")
	})
}

// Pinned lists what an account pinned and v may read, the latest pin first. For
// somebody of another server it has their collection asked for, now and then.
//
// Spec: Mastodon accounts#statuses
func (s *Service) Pinned(ctx context.Context, v *auth.Viewer, a *account.Account) ([]*post.View, error) {
	if !a.Local() && v != nil {
		if err := s.refresh(ctx, a); err != nil {
			return nil, err
		}
	}
	wanted, err := db.All[int64](ctx, s.DB.Read(), `select post_id from pin where account_id = $1 order by id desc limit $2`, a.ID, MaxPins)
	if err != nil || len(wanted) == 0 {
		return nil, err
	}
	return s.Posts.Many(ctx, v, wanted)
}

// Erase forgets what an account put aside and pinned.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"bookmark", "pin", "pin_fetch"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	return nil
}
