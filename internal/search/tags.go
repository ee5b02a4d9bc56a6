package search

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// maxTagRows bounds the uses of hashtags that one search counts.
const maxTagRows = 5000

// Tags finds the hashtags that begin with a text, the most used first, among
// the posts that v may read.
func (s *Service) Tags(ctx context.Context, v *auth.Viewer, begin string, limit, offset int) ([]post.Tag, error) {
	folded := text.Fold(strings.TrimLeft(strings.TrimSpace(begin), "#"))
	if folded == "" || strings.ContainsAny(folded, " \t\n@/") {
		return nil, nil
	}
	args := []any{folded, folded + "\U0010ffff", maxTagRows, limit, offset}
	cond, args := post.Visible(post.ReaderOf(v), "p", args)
	return db.All[post.Tag](ctx, s.DB.Read(), `select tag, max(shown) as shown from (
			select t.tag as tag, t.shown as shown from post_tag t join post p on p.id = t.post_id
			where t.tag >= $1 and t.tag < $2 and `+cond+` limit $3) as found
		group by tag order by count(*) desc, tag limit $4 offset $5`, args...)
}
