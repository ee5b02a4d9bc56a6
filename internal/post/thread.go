package post

import (
	"context"
	"strconv"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// Bounds of what one page shows of a thread; a longer one is cut at the far end.
const (
	maxAncestors   = 100
	maxDescendants = 400
)

// Thread gives what comes before and after a post, as far as v may read it:
// the chain of parents from the top, and the answers in reading order (each
// followed by its own).
//
// Spec: Mastodon statuses#context
func (s *Service) Thread(ctx context.Context, v *auth.Viewer, p *Post) (before, after []*Post, err error) {
	r := ReaderOf(v)
	if err := s.wantWhole(ctx, v, p); err != nil {
		return nil, nil, err
	}
	if before, err = s.ancestors(ctx, s.DB.Read(), r, p); err != nil {
		return nil, nil, err
	}
	after, err = s.descendants(ctx, s.DB.Read(), r, p)
	return before, after, err
}

// inThread is the condition on the posts of a thread, aliased p.
func (s *Service) inThread(r Reader, args []any) (string, []any) {
	may, args := Visible(r, "p", args)
	wants, args := Wanted(r, "p", args)
	args = append(args, r.AccountID)
	return may + " and " + wants + " and (p.account_id = $" + strconv.Itoa(len(args)) + " or " + s.inPlace("p") + ")", args
}

func (s *Service) inPlace(p string) string {
	if s.InPlace == nil {
		return "1 = 1"
	}
	return s.InPlace(p)
}

func (s *Service) ancestors(ctx context.Context, q db.Q, r Reader, p *Post) ([]*Post, error) {
	if p.ReplyToID == 0 {
		return nil, nil
	}
	cond, args := s.inThread(r, []any{p.ReplyToID, maxAncestors})
	rows, err := db.All[Post](ctx, q, `with recursive up (id, parent, depth) as (
			select a.id, a.reply_to_id, 1 from post a where a.id = $1
			union all
			select b.id, b.reply_to_id, up.depth + 1 from post b join up on b.id = up.parent where up.depth < $2)
		select `+columns+` from post p join up on up.id = p.id where `+cond+` order by up.depth desc`, args...)
	return pointers(rows), err
}

func (s *Service) descendants(ctx context.Context, q db.Q, r Reader, p *Post) ([]*Post, error) {
	cond, args := s.inThread(r, []any{p.ID, maxDescendants})
	rows, err := db.All[Post](ctx, q, `with recursive down (id, depth) as (
			select a.id, 1 from post a where a.reply_to_id = $1
			union all
			select b.id, down.depth + 1 from post b join down on b.reply_to_id = down.id where down.depth < 60)
		select `+columns+` from post p join down on down.id = p.id where `+cond+` order by p.id limit $2`, args...)
	if err != nil {
		return nil, err
	}
	return inReadingOrder(p.ID, pointers(rows)), nil
}

// inReadingOrder puts each answer after the post it answers. An answer whose
// parent is not readable is left out with its parent.
func inReadingOrder(root int64, rows []*Post) []*Post {
	children := make(map[int64][]*Post)
	for _, p := range rows {
		children[p.ReplyToID] = append(children[p.ReplyToID], p)
	}
	out := make([]*Post, 0, len(rows))
	var walk func(int64)
	walk = func(id int64) {
		below := children[id]
		delete(children, id) // each once, whatever the rows say
		for _, p := range below {
			out = append(out, p)
			walk(p.ID)
		}
	}
	walk(root)
	return out
}

func pointers(rows []Post) []*Post {
	out := make([]*Post, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
}
