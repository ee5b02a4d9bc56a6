package follow

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/relation"
)

const columns = `account_id, target_id, id, uri, accepted, boosts, notify, languages, created_at`

func find(ctx context.Context, q db.Q, accountID, targetID int64) (*Follow, error) {
	f, err := db.Get[Follow](ctx, q, `select `+columns+` from follow where account_id = $1 and target_id = $2`, accountID, targetID)
	if err != nil {
		return nil, err
	}
	return &f, nil
}

func byURI(ctx context.Context, q db.Q, uri string) (*Follow, error) {
	f, err := db.Get[Follow](ctx, q, `select `+columns+` from follow where uri = $1`, uri)
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// Relation is how one account stands to another.
type Relation struct {
	Following, Requested, Boosts bool
	Notify                       bool
	Languages                    string
	FollowedBy, RequestedBy      bool
	relation.Tie
}

// Relations gives, for each of targetIDs, how accountID stands to it, in two queries.
func Relations(ctx context.Context, q db.Q, accountID int64, targetIDs []int64) (map[int64]Relation, error) {
	out := make(map[int64]Relation, len(targetIDs))
	if len(targetIDs) == 0 {
		return out, nil
	}
	frag, args := db.In(2, targetIDs)
	rows, err := db.All[Follow](ctx, q, `select `+columns+` from follow
		where (account_id = $1 and target_id in `+frag+`) or (target_id = $1 and account_id in `+frag+`)`,
		append([]any{accountID}, args...)...)
	if err != nil {
		return nil, err
	}
	for _, f := range rows {
		if f.AccountID == accountID {
			r := out[f.TargetID]
			r.Following, r.Requested, r.Boosts, r.Notify, r.Languages = f.Accepted, !f.Accepted, f.Boosts, f.Notify, f.Languages
			out[f.TargetID] = r
		} else {
			r := out[f.AccountID]
			r.FollowedBy, r.RequestedBy = f.Accepted, !f.Accepted
			out[f.AccountID] = r
		}
	}
	ties, err := relation.Ties(ctx, q, accountID, targetIDs)
	if err != nil {
		return nil, err
	}
	for id, tie := range ties {
		r := out[id]
		r.Tie = tie
		out[id] = r
	}
	return out, nil
}

// List is a page of accounts with the ids of the follows, by which it is paged.
type List struct {
	Accounts    []*account.Account
	First, Last int64 // follow ids for the Link header, 0 when empty
	Full        bool  // as many as asked for: more may follow
}

type side struct{ self, other string }

var (
	followersOf = side{"target_id", "account_id"}
	followingOf = side{"account_id", "target_id"}
)

func list(ctx context.Context, q db.Q, s side, accountID int64, accepted bool, r page.Range) (List, error) {
	rows, err := db.All[struct{ ID, OtherID int64 }](ctx, q, `select id, `+s.other+` as other_id from follow
		where `+s.self+` = $1 and accepted = $2 and id < $3 and id > $4 order by id `+r.Order()+` limit $5`,
		accountID, accepted, r.Upper(), r.Lower(), r.Limit)
	if err != nil {
		return List{}, err
	}
	rows = page.Fix(r, rows)
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.OtherID
	}
	accounts, err := account.ByIDs(ctx, q, ids)
	if err != nil {
		return List{}, err
	}
	var out List
	for _, row := range rows {
		if a := accounts[row.OtherID]; a != nil && !a.Gone() {
			out.Accounts = append(out.Accounts, a)
		}
	}
	if len(rows) > 0 {
		out.First, out.Last, out.Full = rows[0].ID, rows[len(rows)-1].ID, len(rows) >= r.Limit
	}
	return out, nil
}

// Followers lists who follows an account, newest first.
func Followers(ctx context.Context, q db.Q, accountID int64, r page.Range) (List, error) {
	return list(ctx, q, followersOf, accountID, true, r)
}

// Following lists whom an account follows, newest first.
func Following(ctx context.Context, q db.Q, accountID int64, r page.Range) (List, error) {
	return list(ctx, q, followingOf, accountID, true, r)
}

// Requests lists who asks to follow an account.
func Requests(ctx context.Context, q db.Q, accountID int64, r page.Range) (List, error) {
	return list(ctx, q, followersOf, accountID, false, r)
}

// Waiting counts who asks to follow an account, up to 100.
func (s *Service) Waiting(ctx context.Context, accountID int64) (int, error) {
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from (select 1 from follow where target_id = $1 and not accepted limit 100) as n`, accountID)
}
