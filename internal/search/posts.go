package search

import (
	"context"
	"math"
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// Among narrows a search of posts beyond what was typed.
type Among struct {
	AccountID     int64 // of this author; 0 = anybody
	Following     bool  // of people whom the asker follows
	MaxID, MinID  int64 // exclusive bounds, 0 = none
	Limit, Offset int
}

// statements asked of posts beside their words.
var properties = map[string]string{
	"link":      `p.content like '%<a href=%' and p.content like '%rel="nofollow%'`,
	"reply":     `p.reply_to_uri <> ''`,
	"sensitive": `p.sensitive`,
}

// Statuses finds posts by their words, the latest first, among what v may read: what
// v wrote, is named in, liked, boosted or kept, what is for the section, the movement or
// v's groups, and posts for everyone whose authors want to be found.
//
// Spec: Mastodon search#v2
func (s *Service) Statuses(ctx context.Context, v *auth.Viewer, typed string, in Among) ([]*post.View, error) {
	q := Parse(typed)
	if v == nil || q.unknown || q.nothing() {
		return nil, nil
	}
	r := post.ReaderOf(v)
	from, id, where, args := s.matching(q, []any{in.Limit, in.Offset})
	arg := func(x any) string {
		args = append(args, x)
		return "$" + strconv.Itoa(len(args))
	}
	if q.From != "" {
		author, err := s.author(ctx, v, q.From)
		if err != nil || author == 0 {
			return nil, err
		}
		where += ` and p.account_id = ` + arg(author)
	}
	if in.AccountID != 0 {
		where += ` and p.account_id = ` + arg(in.AccountID)
	}
	if in.Following {
		where += ` and p.account_id in (select sf.target_id from follow sf where sf.account_id = ` + arg(v.AccountID) + ` and sf.accepted)`
	}
	for _, name := range append(q.Has[:len(q.Has):len(q.Has)], q.Is...) {
		p := properties[name]
		if more := s.Properties[name]; more != "" {
			p = more
		}
		if p == "" {
			return nil, nil
		}
		where += ` and ` + p
	}
	if q.Lang != "" {
		where += ` and p.lang = ` + arg(q.Lang)
	}
	if !q.Before.IsZero() {
		where += ` and p.created_at < ` + arg(q.Before.UnixMilli())
	}
	if !q.After.IsZero() {
		where += ` and p.created_at >= ` + arg(q.After.UnixMilli())
	}
	if in.MaxID != 0 {
		where += ` and p.id < ` + arg(min(in.MaxID, math.MaxInt64))
	}
	if in.MinID != 0 {
		where += ` and p.id > ` + arg(in.MinID)
	}
	floor, err := s.floor(ctx, q, in)
	if err != nil {
		return nil, err
	}
	where += ` and ` + id + ` >= ` + arg(floor)
	me := arg(v.AccountID)
	library := `(p.account_id = ` + me + ` or exists (select 1 from post_mention sm where sm.post_id = p.id and sm.account_id = ` + me + `)
		or exists (select 1 from post_like sl where sl.post_id = p.id and sl.account_id = ` + me + `)
		or exists (select 1 from bookmark sb where sb.post_id = p.id and sb.account_id = ` + me + `)
		or exists (select 1 from post so where so.boost_of_id = p.id and so.account_id = ` + me + ` and so.deleted_at = 0))`
	if q.Library {
		where += ` and ` + library
	} else {
		where += ` and (p.audience in ('section', 'movement', 'group') or p.audience = 'public' and ` + consented(me) + `
			or ` + library + `)`
	}
	wants, args := post.Wanted(r, "p", args)
	cond, args := post.Visible(r, "p", args)
	rows, err := db.All[post.Post](ctx, s.DB.Read(), `select `+post.Columns+` from `+from+` where `+where+` and `+wants+` and `+cond+`
		order by `+id+` desc limit $1 offset $2`, args...)
	if err != nil {
		return nil, err
	}
	posts := make([]*post.Post, len(rows))
	for i := range rows {
		posts[i] = &rows[i]
	}
	return s.Posts.Views(ctx, v, posts)
}

// author finds who from: means; 0 for nobody that v knows of.
func (s *Service) author(ctx context.Context, v *auth.Viewer, acct string) (int64, error) {
	if acct == "me" {
		return v.AccountID, nil
	}
	name, host, ok := account.ParseAcct(acct, s.Accounts.Host)
	if !ok {
		return 0, nil
	}
	a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && !knows(v, a) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return a.ID, nil
}
