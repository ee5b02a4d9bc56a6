package post

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// addWider notes the inboxes beyond those of readers to which slices above have a
// post sent: like all others they hear of edits and deletion.
func (s *Service) addWider(ctx context.Context, tx *db.Tx, p *Post) error {
	for _, hook := range s.Wider {
		inboxes, err := hook(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := Copied(ctx, tx, p.ID, inboxes); err != nil {
			return err
		}
	}
	return nil
}

// Copied notes that inboxes have, or are about to have, a copy of a post.
func Copied(ctx context.Context, tx *db.Tx, postID int64, inboxes []string) error {
	for _, in := range inboxes {
		if _, err := tx.Exec(ctx, `insert into post_copy (post_id, inbox) values ($1, $2) on conflict do nothing`, postID, in); err != nil {
			return err
		}
	}
	return nil
}
