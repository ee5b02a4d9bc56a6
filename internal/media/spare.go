package media

import (
	"context"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// spare keeps the media of a post that its author deletes: apps that let it be
// written anew name them again. They are loose uploads from now on, tidied away
// within a day, and the addresses under which others had them are gone.
//
// Spec: Mastodon statuses#delete; Spec: ME6
func (s *Service) spare(ctx context.Context, tx *db.Tx, p *post.Post) error {
	list, err := byPosts(ctx, tx, []int64{p.ID})
	if err != nil {
		return err
	}
	for _, m := range list[p.ID] {
		if m.State != Ready {
			continue
		}
		now := s.Now()
		if err := retire(ctx, tx, m.Key, now); err != nil {
			return err
		}
		if err := exec(ctx, tx, `update media set post_id = 0, key = $1, created_at = $2 where id = $3`, blob.NewName(), now.UnixMilli(), m.ID); err != nil {
			return err
		}
	}
	return nil
}

// spared shows the media of a deleted post where they are now.
func (s *Service) spared(ctx context.Context, v *auth.Viewer, e *masto.Status) error {
	var kept []int64
	for _, m := range e.MediaAttachments {
		if id, ok := ids.Parse(m.ID); ok {
			kept = append(kept, id)
		}
	}
	list, err := s.Waiting(ctx, v.AccountID, kept)
	e.MediaAttachments = list
	return err
}
