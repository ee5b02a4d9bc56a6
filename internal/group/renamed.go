package group

import (
	"context"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// renamed follows an edit of a thread's first post that names its group no longer,
// or again: its author takes it out of the group so, and puts it back.
func (s *Service) renamed(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc, row *Post) error {
	if p.ReplyToID != 0 || p.DeletedAt != 0 {
		return nil
	}
	g, err := ByID(ctx, tx, row.GroupID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // the group's server sees to it
	} else if err != nil {
		return err
	}
	names := slices.Contains(addresses(d), g.Account.URI)
	state := row.State
	switch {
	case !names && row.State == Shown:
		state = Removed
	case names && row.State == Removed && row.ByID == p.AccountID:
		state = Shown
	}
	if state == row.State {
		return nil
	}
	if _, err := tx.Exec(ctx, `update group_post set state = $1, by_id = $2, reason = '', decided_at = $3 where post_id = $4`, state, p.AccountID, now(), p.ID); err != nil {
		return err
	}
	if err := s.show(ctx, tx, g, p, row.State, state); err != nil {
		return err
	}
	if err := s.govern(ctx, tx, g, g.AccountID, as.Activity{Type: "Delete", Object: p.URI}, state == Shown); err != nil {
		return err
	}
	return recount(ctx, tx, row.ThreadID)
}
