package timeline

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

// firstLang is the language of a post without its region, as follows name languages.
func firstLang(lang string) string {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	return lang
}

// announce notifies those who want every post of its author, as far as they may
// read it: what is for the section is told to members only.
//
// Spec: Mastodon accounts#follow
func (s *Service) announce(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.Audience == post.Direct || p.Audience == post.Group {
		return nil
	}
	sql := `select f.account_id from follow f join login l on l.account_id = f.account_id
		where f.target_id = $1 and f.accepted and f.notify`
	if p.Audience != post.Public && p.Audience != post.Followers {
		sql += ` and l.member`
	}
	people, err := db.All[int64](ctx, tx, sql, p.AccountID)
	if err != nil {
		return err
	}
	for _, id := range people {
		if err := s.Posts.Notify.Add(ctx, tx, id, notify.Status, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	return nil
}
