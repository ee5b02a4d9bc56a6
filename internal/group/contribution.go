package group

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// Who works in a group is seen by links to what they did: threads begun, answers
// written, summaries. There is no score and no order of merit: who did something
// last comes first. Whoever does not want to stand there says so; people of other
// servers stand there when their profile says that they may be found.

// The kinds of contributions.
const (
	Began    = "thread"
	Answered = "answer"
	Summed   = "summary"
)

// Contribution is one piece of work in a group.
type Contribution struct {
	AccountID, PostID, ThreadID int64
	Kind                        string
	At                          int64 // milliseconds
	Of                          int64 // how many of its kind its author has in all
}

// Contributor is somebody with their latest work of each kind.
type Contributor struct {
	Account *account.Account
	Latest  []Contribution // newest first
	Counts  map[string]int64
}

// Bounds of the page.
const (
	contributors  = 40
	worksOfAKind  = 3
	contributedIn = 365 * 24 * time.Hour
)

// Contributions lists who worked in a group within a year, as far as v may read
// the work, the latest first, in two queries.
func (s *Service) Contributions(ctx context.Context, v *auth.Viewer, g *Group) ([]Contributor, error) {
	q, since := s.DB.Read(), time.Now().Add(-contributedIn).UnixMilli()
	cond, args := post.Visible(post.ReaderOf(v), "p", []any{g.AccountID, since, worksOfAKind})
	rows, err := db.All[Contribution](ctx, q, `select account_id, post_id, thread_id, kind, at, n as of from (
			select w.*, row_number() over (partition by account_id, kind order by at desc, post_id desc) as place, count(*) over (partition by account_id, kind) as n from (
				select p.account_id, p.id as post_id, g.thread_id, case when g.thread_id = p.id then 'thread' else 'answer' end as kind, p.created_at as at
					from group_post g join post p on p.id = g.post_id where g.group_id = $1 and g.state = 'shown' and p.created_at > $2 and `+cond+`
				union all
				select t.summary_by, t.post_id, t.post_id, 'summary', t.summary_at
					from group_thread t join group_post g on g.post_id = t.post_id and g.state = 'shown' join post p on p.id = t.post_id
					where t.group_id = $1 and t.summary_by <> 0 and t.summary_at > $2 and (t.agreed <> '' or t.debated <> '' or t.next_step <> '') and `+cond+`
			) as w where not exists (select 1 from group_quiet x where x.group_id = $1 and x.account_id = w.account_id)
		) as c where place <= $3 order by at desc, post_id desc limit 2000`, args...)
	if err != nil {
		return nil, err
	}
	var people []int64
	by := map[int64]*Contributor{}
	for _, r := range rows {
		if by[r.AccountID] == nil {
			people = append(people, r.AccountID)
			by[r.AccountID] = &Contributor{Counts: map[string]int64{}}
		}
		x := by[r.AccountID]
		x.Latest = append(x.Latest, r)
		x.Counts[r.Kind] = r.Of
	}
	accounts, err := account.ByIDs(ctx, q, people)
	if err != nil {
		return nil, err
	}
	var out []Contributor
	for _, id := range people {
		a := accounts[id]
		if a == nil || a.Gone() || a.Kind == account.Group || !a.VisibleTo(v) || !a.Local() && !a.Discoverable || len(out) == contributors {
			continue
		}
		by[id].Account = a
		out = append(out, *by[id])
	}
	return out, nil
}

// Quiet says that v does not want to stand among the contributions of a group, or does again.
func (s *Service) Quiet(ctx context.Context, v *auth.Viewer, groupID int64, yes bool) error {
	g, _, err := s.seen(ctx, s.DB.Read(), v, groupID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		sql := `delete from group_quiet where group_id = $1 and account_id = $2`
		if yes {
			sql = `insert into group_quiet (group_id, account_id) values ($1, $2) on conflict do nothing`
		}
		_, err := tx.Exec(ctx, sql, g.AccountID, v.AccountID)
		return err
	})
}

func (s *Service) isQuiet(ctx context.Context, groupID, accountID int64) (bool, error) {
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from group_quiet where group_id = $1 and account_id = $2`, groupID, accountID)
	return n > 0, err
}

// threadTitles gives the titles of threads, of those that v may read.
func (s *Service) threadTitles(ctx context.Context, v *auth.Viewer, list []Contributor) (map[int64]string, error) {
	var threadIDs []int64
	for _, x := range list {
		for _, w := range x.Latest {
			threadIDs = append(threadIDs, w.ThreadID)
		}
	}
	slices.Sort(threadIDs)
	threadIDs = slices.Compact(threadIDs)
	posts, err := post.ByIDs(ctx, s.DB.Read(), post.ReaderOf(v), threadIDs)
	if err != nil {
		return nil, err
	}
	all := make([]*post.Post, 0, len(posts))
	for _, p := range posts {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *post.Post) int { return cmp.Compare(a.ID, b.ID) })
	views, err := s.Posts.Views(ctx, v, all)
	out := make(map[int64]string, len(views))
	for _, w := range views {
		out[w.ID] = titleOf(w)
	}
	return out, err
}
