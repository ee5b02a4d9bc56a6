package filter

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

const columns = `f.id, f.account_id, f.title, f.contexts, f.action, f.expires_at`

// row is a filter without what it holds.
type row struct {
	ID, AccountID           int64
	Title, Contexts, Action string
	ExpiresAt               int64
}

func (r row) filter() *Filter {
	return &Filter{ID: r.ID, AccountID: r.AccountID, Title: r.Title, Contexts: r.Contexts, Action: r.Action, ExpiresAt: r.ExpiresAt}
}

// one finds a filter of somebody, without what it holds.
func (s *Service) one(ctx context.Context, q db.Q, accountID, id int64) (*Filter, error) {
	r, err := db.Get[row](ctx, q, `select `+columns+` from filter f where f.id = $1 and f.account_id = $2`, id, accountID)
	if err != nil {
		return nil, unknown(err)
	}
	return r.filter(), nil
}

// Get gives one filter of somebody; KindNotFound for another's.
func (s *Service) Get(ctx context.Context, accountID, id int64) (*Filter, error) {
	f, err := s.one(ctx, s.DB.Read(), accountID, id)
	if err != nil {
		return nil, err
	}
	return f, hold(ctx, s.DB.Read(), []*Filter{f})
}

// Of gives the filters of somebody, the oldest first, also those that have ended.
func (s *Service) Of(ctx context.Context, accountID int64) ([]*Filter, error) {
	return all(ctx, s.DB.Read(), accountID)
}

func all(ctx context.Context, q db.Q, accountID int64) ([]*Filter, error) {
	rows, err := db.All[row](ctx, q, `select `+columns+` from filter f where f.account_id = $1 order by f.id`, accountID)
	if err != nil {
		return nil, err
	}
	out := make([]*Filter, len(rows))
	for i, r := range rows {
		out[i] = r.filter()
	}
	return out, hold(ctx, q, out)
}

// hold loads the words and posts of filters.
func hold(ctx context.Context, q db.Q, list []*Filter) error {
	if len(list) == 0 {
		return nil
	}
	byID := make(map[int64]*Filter, len(list))
	wanted := make([]int64, len(list))
	for i, f := range list {
		byID[f.ID], wanted[i] = f, f.ID
	}
	frag, args := db.In(1, wanted)
	words, err := db.All[Keyword](ctx, q, `select id, filter_id, keyword, whole_word from filter_keyword where filter_id in `+frag+` order by id`, args...)
	if err != nil {
		return err
	}
	for _, k := range words {
		byID[k.FilterID].Keywords = append(byID[k.FilterID].Keywords, k)
	}
	posts, err := db.All[Status](ctx, q, `select id, filter_id, post_id from filter_status where filter_id in `+frag+` order by id`, args...)
	for _, p := range posts {
		byID[p.FilterID].Statuses = append(byID[p.FilterID].Statuses, p)
	}
	return err
}

func keyword(ctx context.Context, q db.Q, accountID, id int64) (*Keyword, error) {
	k, err := db.Get[Keyword](ctx, q, `select k.id, k.filter_id, k.keyword, k.whole_word from filter_keyword k join filter f on f.id = k.filter_id
		where k.id = $1 and f.account_id = $2`, id, accountID)
	return &k, unknown(err)
}

func statusOf(ctx context.Context, q db.Q, accountID, id int64) (*Status, error) {
	k, err := db.Get[Status](ctx, q, `select k.id, k.filter_id, k.post_id from filter_status k join filter f on f.id = k.filter_id
		where k.id = $1 and f.account_id = $2`, id, accountID)
	return &k, unknown(err)
}
