package post

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
)

// Reactors is a page of people who liked or boosted a post; First and Last are
// the ids by which it is paged, 0 when empty.
type Reactors struct {
	Accounts    []*account.Account
	First, Last int64
	Full        bool // as many as asked for: more may follow
}

func reactors(ctx context.Context, q db.Q, r page.Range, sql string, postID int64) (Reactors, error) {
	// Its author does not see those with whom there is a block.
	sql += ` and account_id not in (` + apart(`(select account_id from post where id = $1)`) + `)`
	rows, err := db.All[struct{ ID, AccountID int64 }](ctx, q, sql+` and id < $2 and id > $3 order by id `+r.Order()+` limit $4`,
		postID, r.Upper(), r.Lower(), r.Limit)
	if err != nil {
		return Reactors{}, err
	}
	rows = page.Fix(r, rows)
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.AccountID
	}
	found, err := account.ByIDs(ctx, q, ids)
	if err != nil {
		return Reactors{}, err
	}
	var out Reactors
	for _, id := range ids {
		if a := found[id]; a != nil && !a.Gone() {
			out.Accounts = append(out.Accounts, a)
		}
	}
	if len(rows) > 0 {
		out.First, out.Last, out.Full = rows[0].ID, rows[len(rows)-1].ID, len(rows) >= r.Limit
	}
	return out, nil
}

// Likers lists who liked a post, the latest first. Only its author is shown them.
func (s *Service) Likers(ctx context.Context, postID int64, r page.Range) (Reactors, error) {
	return reactors(ctx, s.DB.Read(), r, `select id, account_id from post_like where post_id = $1`, postID)
}

// Boosters lists who boosted a post, the latest first. Only its author is shown them.
func (s *Service) Boosters(ctx context.Context, postID int64, r page.Range) (Reactors, error) {
	return reactors(ctx, s.DB.Read(), r, `select id, account_id from post where boost_of_id = $1 and deleted_at = 0`, postID)
}

// Liked is a page of the posts that v liked and may still read, by the ids of the likes.
type Liked struct {
	Views       []*View
	First, Last int64
	Full        bool
}

// Liked lists what v liked, the latest first.
//
// Spec: Mastodon favourites
func (s *Service) Liked(ctx context.Context, v *auth.Viewer, r page.Range) (Liked, error) {
	rows, err := db.All[struct{ ID, PostID int64 }](ctx, s.DB.Read(), `select id, post_id from post_like
		where account_id = $1 and id < $2 and id > $3 order by id `+r.Order()+` limit $4`, v.AccountID, r.Upper(), r.Lower(), r.Limit)
	if err != nil {
		return Liked{}, err
	}
	rows = page.Fix(r, rows)
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.PostID
	}
	var out Liked
	if out.Views, err = s.Many(ctx, v, ids); err != nil {
		return Liked{}, err
	}
	if len(rows) > 0 {
		out.First, out.Last, out.Full = rows[0].ID, rows[len(rows)-1].ID, len(rows) >= r.Limit
	}
	return out, nil
}

// Written counts all posts and boosts of an account, whoever may read them.
func (s *Service) Written(ctx context.Context, accountID int64) (int, error) {
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from post where account_id = $1 and deleted_at = 0`, accountID)
}

// WrittenFor counts the posts of an account that v may read.
func (s *Service) WrittenFor(ctx context.Context, v *auth.Viewer, accountID int64) (int, error) {
	cond, args := Visible(ReaderOf(v), "p", []any{accountID})
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from post p where p.account_id = $1 and `+cond, args...)
}

// Many gives those of many posts that v may read, in the order asked.
func (s *Service) Many(ctx context.Context, v *auth.Viewer, ids []int64) ([]*View, error) {
	found, err := ByIDs(ctx, s.DB.Read(), ReaderOf(v), ids)
	if err != nil {
		return nil, err
	}
	posts := make([]*Post, 0, len(ids))
	for _, id := range ids {
		if p := found[id]; p != nil {
			posts = append(posts, p)
		}
	}
	return s.Views(ctx, v, posts)
}
