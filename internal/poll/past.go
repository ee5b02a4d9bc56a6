package poll

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// revise keeps which options a post had before an edit.
func revise(ctx context.Context, tx *db.Tx, p *post.Post, revisionID int64) error {
	_, err := tx.Exec(ctx, `insert into poll_revision (revision_id, position, title)
		select $1, o.position, o.title from poll_option o where o.post_id = $2`, revisionID, p.ID)
	return err
}

// changed reports whether a received post asks something else than it did.
func changed(ctx context.Context, tx *db.Tx, p *post.Post, d *as.Doc) (bool, error) {
	next := Read(d)
	if next == nil {
		return false, nil
	}
	was, err := one(ctx, tx, 0, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return false, nil
	}
	return err == nil && !same(was, next), err
}

// past shows apps the options of the earlier versions of a post. Numbers are not
// kept of them, since other options began the vote anew: the rest of the poll is
// there because apps decode no less, and is that of today.
//
// Spec: Mastodon entities/StatusEdit
func past(ctx context.Context, q db.Q, w *post.View, versions []post.Revision, out []masto.StatusEdit) error {
	now := post.PartOf[*Poll](w, name)
	if now == nil {
		return nil
	}
	rows, err := db.All[struct {
		RevisionID int64
		Title      string
	}](ctx, q, `select r.revision_id, r.title from poll_revision r join post_revision v on v.id = r.revision_id
		where v.post_id = $1 order by r.revision_id, r.position`, w.ID)
	if err != nil {
		return err
	}
	at := make(map[int64]*masto.StatusEdit, len(versions))
	for i, v := range versions {
		at[v.ID] = &out[i]
	}
	for _, r := range rows {
		e := at[r.RevisionID]
		if e == nil {
			continue
		}
		if e.Poll == nil {
			e.Poll = &masto.Poll{ID: masto.ID(now.PostID), ExpiresAt: masto.AtOrNil(now.ClosesAt), Expired: now.Closed(), Multiple: now.Multiple}
		}
		e.Poll.Options = append(e.Poll.Options, masto.PollOption{Title: r.Title})
	}
	return nil
}
