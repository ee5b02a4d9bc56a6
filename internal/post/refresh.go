package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// Refresh makes the document of a post of ours anew and sends it to whoever has
// it, without that being an edit: a part of it has changed, votes have come in.
// It does nothing for what is not ours, was deleted or does not leave.
//
// Spec: AP 6.3
func (s *Service) Refresh(ctx context.Context, tx *db.Tx, p *Post) error {
	if !p.Local || p.DeletedAt != 0 || p.BoostOfID != 0 || !p.Audience.Leaves() {
		return nil
	}
	return s.sendUpdate(ctx, tx, p, time.Now())
}

// ByURI finds a post by its ActivityPub id, if r may read it.
func ByURI(ctx context.Context, q db.Q, r Reader, uri string) (*Post, error) {
	cond, args := Visible(r, "p", []any{uri})
	return one(ctx, q, `p.uri = $1 and p.boost_of_id = 0 and `+cond, args...)
}

// TakeLike stores a like of another server's account that arrived otherwise
// than by a Like: with the request for it. Twice is once.
func (s *Service) TakeLike(ctx context.Context, tx *db.Tx, accountID int64, uri string, p *Post) error {
	if gone, err := Entombed(ctx, tx, uri, accountID); err != nil || gone {
		return err
	}
	_, err := s.addLike(ctx, tx, &Like{accountID, p.ID, s.IDs.New(), uri, time.Now().UnixMilli()}, p)
	return err
}

func (s *Service) permit(ctx context.Context, q db.Q, accountID int64, p *Post, act string) error {
	if s.Permit == nil || p == nil {
		return nil
	}
	return s.Permit(ctx, q, accountID, p, act)
}
