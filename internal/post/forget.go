package post

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// Forget empties what is here of a post of another server, or of a boost, and tells
// nobody: it may no longer be kept here.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, id int64) error {
	p, err := Raw(ctx, tx, id)
	if err != nil || p.DeletedAt != 0 {
		return err
	}
	if p.BoostOfID != 0 {
		return s.buryBoost(ctx, tx, p)
	}
	if p.Local {
		return nil
	}
	return s.buryPost(ctx, tx, p)
}
