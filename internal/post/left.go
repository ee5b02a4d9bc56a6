package post

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// Whoever left a closed group keeps what they wrote there, and may delete it, but
// learns nothing new of it: who likes it, how many answer.

// left tells to which of the groups that some of accountID's own posts are for
// they belong no more.
func left(ctx context.Context, q db.Q, accountID int64, posts map[int64]*Post) (map[int64]bool, error) {
	out := map[int64]bool{}
	var scopes []int64
	for _, p := range posts {
		if p.Audience == Group && p.AccountID == accountID && !out[p.ScopeID] {
			out[p.ScopeID] = true
			scopes = append(scopes, p.ScopeID)
		}
	}
	if len(scopes) == 0 {
		return nil, nil
	}
	frag, args := db.In(2, scopes)
	in, err := db.All[int64](ctx, q, `select scope_id from audience_account where account_id = $1 and scope_id in `+frag, append([]any{accountID}, args...)...)
	for _, id := range in {
		delete(out, id)
	}
	return out, err
}

// Left reports whether accountID wrote a post for a closed group to which they
// belong no more.
func Left(ctx context.Context, q db.Q, accountID int64, p *Post) (bool, error) {
	out, err := left(ctx, q, accountID, map[int64]*Post{p.ID: p})
	return out[p.ScopeID], err
}

// asLeft is a post as its author sees it who belongs to its audience no more.
func (p *Post) asLeft() *Post {
	q := *p
	q.RepliesCount, q.LikesCount, q.LikesSaid, q.BoostsCount, q.BoostsSaid = 0, 0, 0, 0, 0
	return &q
}
