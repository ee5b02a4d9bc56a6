package post

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// seenNote writes down that a server fetched a post of ours, if it may read it:
// edits and the deletion go there too.
func (s *Service) seenNote(ctx context.Context, tx *db.Tx, r route.ObjectRequest, inbox string) error {
	p, err := s.served(ctx, tx, r, s.noteURI(r))
	if apperr.Is(err, apperr.KindNotFound) || apperr.Is(err, apperr.KindGone) {
		return nil
	} else if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into post_copy (post_id, inbox) values ($1, $2) on conflict do nothing`, p.ID, inbox)
	return err
}
