package group

import (
	"context"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// gather takes the answers to a post that came before it into its group, and
// the answers to those. An answer that is refused or waits is so in take.
func (s *Service) gather(ctx context.Context, tx *db.Tx, p *post.Post) error {
	// (That the address is not empty leads SQLite to the index.)
	early, err := db.All[int64](ctx, tx, `select c.id from post c where c.reply_to_uri = $1 and c.reply_to_uri <> '' and c.deleted_at = 0 and c.id <> $2
		and not exists (select 1 from group_post g where g.post_id = c.id) order by c.id limit 200`, p.URI, p.ID)
	if err != nil {
		return err
	}
	for _, id := range early {
		c, err := post.Raw(ctx, tx, id)
		if err != nil {
			return err
		}
		d, err := s.Posts.Document(ctx, tx, id)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		c.ReplyToID, c.ThreadID = p.ID, p.ThreadID
		if err := s.take(ctx, tx, c, d); err != nil {
			return err
		}
	}
	return nil
}
