package group

import (
	"context"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

const (
	perThreadPage = 100  // posts
	maxThread     = 5000 // posts of one thread that are put in order
)

// Told is a post of a thread with its number and what the group says of it.
// View is nil for a post that was removed.
type Told struct {
	Post
	Number    int // 0 for one that waits
	ReplyTo   int // number
	ReplyToID int64
	AuthorID  int64
	CreatedAt int64
	View      *post.View
}

// Reading is a page of a thread.
type Reading struct {
	First *Told // the thread's first post, whatever the page; nil when the reader may not see it
	Items []Told
	Total int // numbered posts
	Page  int // from 1
	Pages int

	numbers []int64         // post ids, by number - 1
	byPost  map[int64]int32 // numbers, by post id
}

// Where is the page and the post of a number; ok is false when there is none.
func (r *Reading) Where(number int) (page int, postID int64, ok bool) {
	if number < 1 || number > len(r.numbers) {
		return 0, 0, false
	}
	return (number-1)/perThreadPage + 1, r.numbers[number-1], true
}

// Which says which page of a thread to read: that of a post, or a number of page,
// the last for less than 0.
type Which struct {
	Page   int
	PostID int64
}

type toldRow struct {
	PostID, GroupID, ThreadID int64
	State                     string
	ByID                      int64
	Reason                    string
	DecidedAt                 int64
	ReplyToID, AccountID      int64
	CreatedAt                 int64
	URI                       string
}

// Read gives a page of a thread as v may read it: the posts in the one order that
// all servers share, with numbers. What was removed keeps its number; what waits
// is seen by its author, at the end. The number of queries does not depend on that of posts.
func (s *Service) Read(ctx context.Context, v *auth.Viewer, t *Thread, w Which) (*Reading, error) {
	q, reader := s.DB.Read(), post.ReaderOf(v)
	rows, err := db.All[toldRow](ctx, q, `select `+postColumns+`, p.reply_to_id, p.account_id, p.created_at, p.uri from group_post g join post p on p.id = g.post_id
		where g.thread_id = $1 and g.group_id = $2 and (g.state in ('shown', 'removed') or g.state in ('waiting', 'refused') and p.account_id = $3 and p.local)
		order by p.id limit $4`, t.PostID, t.GroupID, reader.AccountID, maxThread)
	if err != nil {
		return nil, err
	}
	out := &Reading{byPost: make(map[int64]int32, len(rows))}
	byID := make(map[int64]*toldRow, len(rows))
	var order []placeIn
	var mine []int64
	for i := range rows {
		row := &rows[i]
		byID[row.PostID] = row
		if row.State == Waiting || row.State == Refused {
			mine = append(mine, row.PostID)
			continue
		}
		order = append(order, placeIn{row.PostID, row.ReplyToID, row.CreatedAt, row.URI})
	}
	out.numbers = inOrder(order)
	for i, id := range out.numbers {
		out.byPost[id] = int32(i + 1)
	}
	out.Total = len(out.numbers)
	out.Pages = max(1, (out.Total+perThreadPage-1)/perThreadPage)
	switch n := out.byPost[w.PostID]; {
	case n > 0:
		out.Page = int(n-1)/perThreadPage + 1
	case w.Page < 0 || w.Page > out.Pages:
		out.Page = out.Pages
	default:
		out.Page = max(1, w.Page)
	}
	shown := out.numbers[(out.Page-1)*perThreadPage : min(out.Page*perThreadPage, out.Total)]
	if out.Page == out.Pages {
		shown = append(shown[:len(shown):len(shown)], mine...)
	}
	return out, s.tell(ctx, v, t, out, shown, byID)
}

// tell fills a page with its posts.
func (s *Service) tell(ctx context.Context, v *auth.Viewer, t *Thread, out *Reading, shown []int64, byID map[int64]*toldRow) error {
	posts, err := post.ByIDs(ctx, s.DB.Read(), post.ReaderOf(v), append(shown[:len(shown):len(shown)], t.PostID))
	if err != nil {
		return err
	}
	list := make([]*post.Post, 0, len(posts))
	for id, p := range posts {
		if byID[id] != nil && byID[id].State != Removed {
			list = append(list, p)
		}
	}
	views, err := s.Posts.Views(ctx, v, list)
	if err != nil {
		return err
	}
	viewOf := make(map[int64]*post.View, len(views))
	for _, w := range views {
		viewOf[w.ID] = w
	}
	make1 := func(id int64) *Told {
		row := byID[id]
		if row == nil {
			return nil
		}
		x := &Told{Post: Post{row.PostID, row.GroupID, row.ThreadID, row.State, row.ByID, row.Reason, row.DecidedAt},
			Number: int(out.byPost[id]), ReplyTo: int(out.byPost[row.ReplyToID]), ReplyToID: row.ReplyToID,
			AuthorID: row.AccountID, CreatedAt: row.CreatedAt, View: viewOf[id]}
		if x.View == nil && x.State != Removed {
			return nil // v may not read it
		}
		return x
	}
	for _, id := range shown {
		if x := make1(id); x != nil {
			out.Items = append(out.Items, *x)
		}
	}
	if out.First = make1(t.PostID); out.First != nil && out.First.View == nil {
		out.First = nil
	}
	return nil
}
