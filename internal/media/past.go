package media

import (
	"context"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// revise keeps which media a post had before an edit, and their descriptions.
func revise(ctx context.Context, tx *db.Tx, p *post.Post, revisionID int64) error {
	return exec(ctx, tx, `insert into media_revision (revision_id, media_id, place, description)
		select $1, m.id, m.place, m.description from media m where m.post_id = $2 and m.post_id <> 0`, revisionID, p.ID)
}

// past shows apps the media of the earlier versions of a post, described as they
// were. What an edit took out is erased: someone may have wanted just that.
//
// Spec: Mastodon entities/StatusEdit
func (s *Service) past(ctx context.Context, q db.Q, w *post.View, versions []post.Revision, out []masto.StatusEdit) error {
	now := map[int64]*Media{}
	for _, m := range post.PartOf[[]*Media](w, PartName) {
		now[m.ID] = m
	}
	rows, err := db.All[struct {
		RevisionID, MediaID int64
		Description         string
	}](ctx, q, `select r.revision_id, r.media_id, r.description from media_revision r join post_revision v on v.id = r.revision_id
		where v.post_id = $1 order by r.revision_id, r.place, r.media_id`, w.ID)
	if err != nil {
		return err
	}
	x := shownIn(w)
	at := map[int64]int{}
	for i, v := range versions {
		at[v.ID] = i
	}
	for _, r := range rows {
		i, ok := at[r.RevisionID]
		if m := now[r.MediaID]; ok && m != nil {
			was := *m
			was.Description = r.Description
			out[i].MediaAttachments = append(out[i].MediaAttachments, s.Entity(&was, x))
		}
	}
	return nil
}
