package post

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/notify"
)

// Delete erases a post of one's own. The row stays, empty, so that it never comes back.
//
// Spec: AP 7.4; Spec: Mastodon statuses#delete
func (s *Service) Delete(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
	return s.delete(ctx, v, id, false)
}

// delete is Delete; spare keeps for a while what its author may want to write anew with.
func (s *Service) delete(ctx context.Context, v *auth.Viewer, id int64, spare bool) (*Post, error) {
	var out *Post
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.mine(ctx, tx, v, id)
		if err != nil {
			return err
		}
		out = p
		for _, part := range s.Parts {
			if part.Holds != nil {
				if err := part.Holds(ctx, tx, p); err != nil {
					return err
				}
			}
		}
		for _, part := range s.Parts {
			if spare && part.Spare != nil {
				if err := part.Spare(ctx, tx, p); err != nil {
					return err
				}
			}
		}
		return s.erase(ctx, tx, p)
	})
	return out, err
}

// erase buries a post and tells whoever has it.
func (s *Service) erase(ctx context.Context, tx *db.Tx, p *Post) error {
	if p.Local && p.Audience.Leaves() {
		if err := s.publishDelete(ctx, tx, p); err != nil {
			return err
		}
	}
	return s.buryPost(ctx, tx, p)
}

// buryPost empties a post and takes it out of what counts and shows it.
func (s *Service) buryPost(ctx context.Context, tx *db.Tx, p *Post) error {
	if err := s.buryParts(ctx, tx, p); err != nil {
		return err
	}
	if err := bury(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := notify.ForgetPost(ctx, tx, p.ID); err != nil {
		return err
	}
	if err := countReply(ctx, tx, p, -1); err != nil {
		return err
	}
	if p.Audience == Public {
		if err := account.Count(ctx, tx, p.AccountID, -1, 0, 0); err != nil {
			return err
		}
	}
	for _, hook := range s.Buried {
		if err := hook(ctx, tx, p); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `delete from post_mention where post_id = $1`, p.ID)
	return err
}
