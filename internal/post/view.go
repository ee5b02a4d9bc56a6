package post

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// View is a post with all that showing it needs; every page and every API
// answer is made from views, so that they agree.
type View struct {
	*Post
	Author   *account.Account
	ReplyTo  *account.Account // author of the parent, if known
	Mentions []*account.Account
	Tags     []Tag
	Boost    *View          // what a boost shows
	Parts    map[string]any // what each Part found, by its name

	// The reader's own state.
	Liked, Boosted, Mine bool
	Left                 bool // they wrote it for a closed group to which they belong no more

	For int64 // the account that reads it, 0 for a stranger

	parts []Part
}

// Views loads what showing posts needs, in a fixed number of queries however
// many posts there are. Boosts of posts that v may not read are left out.
func (s *Service) Views(ctx context.Context, v *auth.Viewer, posts []*Post) ([]*View, error) {
	q, r := s.DB.Read(), ReaderOf(v)
	all, err := withBoosted(ctx, q, r, posts)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(all))
	var people []int64
	for id, p := range all {
		ids = append(ids, id)
		people = append(people, p.AccountID)
		if p.ReplyToAccount != 0 {
			people = append(people, p.ReplyToAccount)
		}
	}
	mentions, err := mentionsByPost(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, m := range mentions {
		people = append(people, m...)
	}
	tags, err := tagsByPost(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	accounts, err := account.ByIDs(ctx, q, unique(people))
	if err != nil {
		return nil, err
	}
	liked, boosted, err := states(ctx, q, r.AccountID, ids)
	if err != nil {
		return nil, err
	}
	gone, err := left(ctx, q, r.AccountID, all)
	if err != nil {
		return nil, err
	}
	show := func(p *Post) *View {
		if a := accounts[p.AccountID]; a != nil && a.SensitiveAt != 0 && !p.Sensitive {
			covered := *p
			covered.Sensitive, p = true, &covered
		}
		mine := r.AccountID != 0 && r.AccountID == p.AccountID
		out := mine && p.Audience == Group && gone[p.ScopeID]
		if out {
			p = p.asLeft()
		}
		w := &View{Post: p, Author: accounts[p.AccountID], ReplyTo: accounts[p.ReplyToAccount], Tags: tags[p.ID],
			parts: s.Parts, Liked: liked[p.ID], Boosted: boosted[p.ID], Mine: mine, Left: out, For: r.AccountID}
		for _, id := range mentions[p.ID] {
			if a := accounts[id]; a != nil {
				w.Mentions = append(w.Mentions, a)
			}
		}
		return w
	}
	out := make([]*View, 0, len(posts))
	for _, p := range posts {
		w := show(p)
		if w.Author == nil {
			continue
		}
		if p.BoostOfID != 0 {
			inner := all[p.BoostOfID]
			if inner == nil {
				continue
			}
			if w.Boost = show(inner); w.Boost.Author == nil {
				continue
			}
			w.Liked, w.Boosted = w.Boost.Liked, w.Boost.Boosted
		}
		out = append(out, w)
	}
	return out, s.loadParts(ctx, q, v, out)
}

// Brief shows posts with their authors and the parts that are named, for a line of
// words on each: no card is made of them.
func (s *Service) Brief(ctx context.Context, v *auth.Viewer, posts []*Post, parts ...string) ([]*View, error) {
	people := make([]int64, len(posts))
	for i, p := range posts {
		people[i] = p.AccountID
	}
	accounts, err := account.ByIDs(ctx, s.DB.Read(), unique(people))
	if err != nil {
		return nil, err
	}
	me := ReaderOf(v).AccountID
	out := make([]*View, 0, len(posts))
	for _, p := range posts {
		if a := accounts[p.AccountID]; a != nil {
			out = append(out, &View{Post: p, Author: a, Mine: me != 0 && me == p.AccountID, For: me})
		}
	}
	if len(out) == 0 {
		return out, nil
	}
	for _, part := range s.Parts {
		if part.Load != nil && slices.Contains(parts, part.Name) {
			if err := part.Load(ctx, s.DB.Read(), v, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// View is Views for one post.
func (s *Service) View(ctx context.Context, v *auth.Viewer, p *Post) (*View, error) {
	vs, err := s.Views(ctx, v, []*Post{p})
	if err != nil {
		return nil, err
	}
	if len(vs) == 0 {
		return nil, db.ErrNoRows
	}
	return vs[0], nil
}

// withBoosted indexes posts by id, and adds those that the boosts among them show, if r may read them.
func withBoosted(ctx context.Context, q db.Q, r Reader, posts []*Post) (map[int64]*Post, error) {
	all := make(map[int64]*Post, len(posts))
	var missing []int64
	for _, p := range posts {
		all[p.ID] = p
		if p.BoostOfID != 0 {
			missing = append(missing, p.BoostOfID)
		}
	}
	inner, err := ByIDs(ctx, q, r, unique(missing))
	if err != nil {
		return nil, err
	}
	for id, p := range inner {
		all[id] = p
	}
	return all, nil
}

func mentionsByPost(ctx context.Context, q db.Q, ids []int64) (map[int64][]int64, error) {
	out := make(map[int64][]int64)
	if len(ids) == 0 {
		return out, nil
	}
	frag, args := db.In(1, db.Pad(ids))
	rows, err := db.All[struct{ PostID, AccountID int64 }](ctx, q, `select post_id, account_id from post_mention where post_id in `+frag+` order by post_id, account_id`, args...)
	for _, row := range rows {
		out[row.PostID] = append(out[row.PostID], row.AccountID)
	}
	return out, err
}

func tagsByPost(ctx context.Context, q db.Q, ids []int64) (map[int64][]Tag, error) {
	out := make(map[int64][]Tag)
	if len(ids) == 0 {
		return out, nil
	}
	frag, args := db.In(1, db.Pad(ids))
	rows, err := db.All[struct {
		PostID     int64
		Tag, Shown string
	}](ctx, q, `select post_id, tag, shown from post_tag where post_id in `+frag+` order by post_id, tag`, args...)
	for _, row := range rows {
		out[row.PostID] = append(out[row.PostID], Tag{row.Tag, row.Shown})
	}
	return out, err
}

// states tells which of the posts accountID has liked and boosted, in one query.
func states(ctx context.Context, q db.Q, accountID int64, ids []int64) (liked, boosted map[int64]bool, err error) {
	liked, boosted = make(map[int64]bool), make(map[int64]bool)
	if accountID == 0 || len(ids) == 0 {
		return liked, boosted, nil
	}
	frag, args := db.In(2, db.Pad(ids))
	rows, err := db.All[struct {
		PostID int64
		Boost  bool
	}](ctx, q, `select post_id, false as boost from post_like where account_id = $1 and post_id in `+frag+`
		union all select boost_of_id, true from post where account_id = $1 and deleted_at = 0 and boost_of_id in `+frag,
		append([]any{accountID}, args...)...)
	for _, row := range rows {
		if row.Boost {
			boosted[row.PostID] = true
		} else {
			liked[row.PostID] = true
		}
	}
	return liked, boosted, err
}

func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if id != 0 && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Revision is one state of an edited post.
type Revision struct {
	ID        int64
	PostID    int64
	Content   string
	Source    string
	Warning   string
	Sensitive bool
	CreatedAt int64
}

// Revisions gives all states of a post, the first one first and the present one last.
//
// Spec: Mastodon statuses#history
func (s *Service) Revisions(ctx context.Context, p *Post) ([]Revision, error) {
	rows, err := db.All[Revision](ctx, s.DB.Read(), `select id, post_id, content, source, warning, sensitive, created_at
		from post_revision where post_id = $1 order by id`, p.ID)
	if err != nil {
		return nil, err
	}
	at := p.EditedAt
	if at == 0 {
		at = p.CreatedAt
	}
	return append(rows, Revision{0, p.ID, p.Content, p.Source, p.Warning, p.Sensitive, at}), nil
}
