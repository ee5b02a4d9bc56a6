package post

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// Reportable finds those of many posts that are by an account and that v may
// read, or could if v did not block their author: whoever blocks somebody may
// still complain of them.
func (s *Service) Reportable(ctx context.Context, q db.Q, v *auth.Viewer, authorID int64, ids []int64) ([]*Post, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	frag, args := db.In(3, ids)
	// What is not for everyone or the section is asked about one by one.
	rows, err := db.All[Post](ctx, q, `select `+columns+` from post p where p.account_id = $1 and p.deleted_at = 0 and p.id in `+frag+`
		and not exists (select 1 from block b where b.account_id = $1 and b.target_id = $2)`, append([]any{authorID, v.AccountID}, args...)...)
	if err != nil {
		return nil, err
	}
	var out []*Post
	for i := range rows {
		p := &rows[i]
		if _, err := readable(ctx, q, ReaderOf(v), p.ID); apperr.Is(err, apperr.KindNotFound) {
			mentioned, merr := db.Get[int](ctx, q, `select count(*) from post_mention where post_id = $1 and account_id = $2`, p.ID, v.AccountID)
			if merr != nil {
				return nil, merr
			}
			if open := p.Audience == Public || p.Audience == Section && v.Member; !open && mentioned == 0 {
				continue
			}
		} else if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// RemoveByStaff erases a post, ours everywhere it went, one of another server
// here. Removing again is no error. The caller has checked who may.
func (s *Service) RemoveByStaff(ctx context.Context, tx *db.Tx, id int64) (*Post, error) {
	p, err := Raw(ctx, tx, id)
	if err != nil || p.DeletedAt != 0 {
		return p, err
	}
	if p.BoostOfID != 0 {
		return nil, apperr.NotFound("post.not_found")
	}
	if !p.Local { // it does not come back when somebody boosts it
		if err := entomb(ctx, tx, p.URI, certain); err != nil {
			return nil, err
		}
	}
	return p, s.erase(ctx, tx, p)
}
