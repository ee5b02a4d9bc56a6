package timeline

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
)

// Conversation is a thread of posts that are direct to somebody or by them.
type Conversation struct {
	ID     int64 // that of the thread
	Last   *post.View
	People []*account.Account // with whom: the others of the last post, or oneself alone
	Unread bool
}

type conversationRow struct{ ThreadID, Last, ReadUpTo int64 }

// threads selects the threads of direct posts that concern account $1 and that
// it did not put away, with the last post of each.
const threads = `select p.thread_id as thread_id, max(p.id) as last, max(coalesce(s.read_up_to, 0)) as read_up_to from (
		select o.id, o.thread_id from post o where o.account_id = $1 and o.audience = 'direct' and o.deleted_at = 0
		union select d.id, d.thread_id from post_mention m join post d on d.id = m.post_id
			where m.account_id = $1 and d.audience = 'direct' and d.deleted_at = 0) as p
	left join conversation_state s on s.account_id = $1 and s.thread_id = p.thread_id`

// Conversations gives one page, the one that was last written to first; it is
// paged by the ids of the last posts.
//
// Spec: Mastodon conversations#get
func (s *Service) Conversations(ctx context.Context, v *auth.Viewer, r page.Range) ([]Conversation, error) {
	rows, err := db.All[conversationRow](ctx, s.DB.Read(), threads+` group by p.thread_id
		having max(p.id) < $2 and max(p.id) > $3 and max(p.id) > max(coalesce(s.away_up_to, 0))
		order by max(p.id) `+r.Order()+` limit $4`, v.AccountID, r.Upper(), r.Lower(), r.Limit)
	if err != nil {
		return nil, err
	}
	return s.conversations(ctx, v, page.Fix(r, rows))
}

// Conversation finds one, apperr.KindNotFound when it does not concern v.
func (s *Service) Conversation(ctx context.Context, v *auth.Viewer, id int64) (*Conversation, error) {
	row, err := db.Get[conversationRow](ctx, s.DB.Read(), threads+` where p.thread_id = $2 group by p.thread_id`, v.AccountID, id)
	if err != nil {
		return nil, err
	}
	out, err := s.conversations(ctx, v, []conversationRow{row})
	if err == nil && len(out) == 0 {
		err = apperr.NotFound("post.not_found")
	}
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}

func (s *Service) conversations(ctx context.Context, v *auth.Viewer, rows []conversationRow) ([]Conversation, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.Last
	}
	views, err := s.Posts.Many(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*post.View, len(views))
	for _, w := range views {
		byID[w.ID] = w
	}
	out := make([]Conversation, 0, len(rows))
	for _, row := range rows {
		w := byID[row.Last]
		if w == nil {
			continue
		}
		c := Conversation{ID: row.ThreadID, Last: w, Unread: row.Last > row.ReadUpTo && !w.Mine}
		for _, a := range append([]*account.Account{w.Author}, w.Mentions...) {
			if a.ID != v.AccountID && !a.Gone() {
				c.People = append(c.People, a)
			}
		}
		if len(c.People) == 0 && w.Mine {
			c.People = []*account.Account{w.Author}
		}
		out = append(out, c)
	}
	return out, nil
}

// ReadConversation notes that v has read a conversation to its last post.
func (s *Service) ReadConversation(ctx context.Context, v *auth.Viewer, c *Conversation) error {
	return s.setConversation(ctx, v, c, "read_up_to")
}

// PutAway takes a conversation off the list until somebody writes in it again.
func (s *Service) PutAway(ctx context.Context, v *auth.Viewer, c *Conversation) error {
	return s.setConversation(ctx, v, c, "away_up_to")
}

func (s *Service) setConversation(ctx context.Context, v *auth.Viewer, c *Conversation, column string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into conversation_state (account_id, thread_id, `+column+`) values ($1, $2, $3)
			on conflict (account_id, thread_id) do update set `+column+` = excluded.`+column, v.AccountID, c.ID, c.Last.ID)
		return err
	})
}
