package organe

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

const columns = `o.account_id, o.by_id, o.created_at, o.closed_at`

func byID(ctx context.Context, q db.Q, id int64) (*Organe, error) {
	o, err := db.Get[Organe](ctx, q, `select `+columns+` from organe o where o.account_id = $1`, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, unknown()
	} else if err != nil {
		return nil, err
	}
	o.Account, err = account.ByID(ctx, q, id)
	return &o, err
}

// open is the condition that the body o, with the account a, may speak.
const open = `o.closed_at = 0 and a.deleted_at = 0 and a.suspended_at = 0`

// may is the one rule on who acts in the name of a body: a member of the instance
// who was appointed, while it is open.
func may(ctx context.Context, q db.Q, id, accountID int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from organe_member m join organe o on o.account_id = m.organe_id join account a on a.id = o.account_id
		join login l on l.account_id = m.account_id where m.organe_id = $1 and m.account_id = $2 and l.member and `+open, id, accountID)
	return n > 0, err
}

// Acting are those who may act in the name of a body; none for any other account.
func Acting(ctx context.Context, q db.Q, id int64) ([]int64, error) {
	return db.All[int64](ctx, q, `select m.account_id from organe_member m join organe o on o.account_id = m.organe_id join account a on a.id = o.account_id
		join login l on l.account_id = m.account_id where m.organe_id = $1 and l.member and `+open+` order by m.account_id`, id)
}

// Mine are the bodies in whose name v may act, by name.
func (s *Service) Mine(ctx context.Context, v *auth.Viewer) ([]*account.Account, error) {
	if v == nil || !v.Member {
		return nil, nil
	}
	ids, err := db.All[int64](ctx, s.DB.Read(), `select o.account_id from organe_member m join organe o on o.account_id = m.organe_id join account a on a.id = o.account_id
		where m.account_id = $1 and `+open+` order by a.display_name, a.id`, v.AccountID)
	if err != nil {
		return nil, err
	}
	found, err := account.ByIDs(ctx, s.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	out := make([]*account.Account, 0, len(ids))
	for _, id := range ids {
		out = append(out, found[id])
	}
	return out, nil
}

// all are the bodies of the instance, those that are open first.
func all(ctx context.Context, q db.Q) ([]Organe, error) {
	out, err := db.All[Organe](ctx, q, `select `+columns+` from organe o join account a on a.id = o.account_id where a.deleted_at = 0
		order by case when o.closed_at = 0 then 0 else 1 end, a.display_name, a.id`)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(out))
	for i := range out {
		ids[i] = out[i].AccountID
	}
	accounts, err := account.ByIDs(ctx, q, ids)
	for i := range out {
		out[i].Account = accounts[out[i].AccountID]
	}
	return out, err
}

// people are those who act in the name of each body.
func people(ctx context.Context, q db.Q, ids []int64) (map[int64][]*account.Account, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	frag, args := db.In(1, ids)
	rows, err := db.All[struct{ OrganeID, AccountID int64 }](ctx, q, `select organe_id, account_id from organe_member where organe_id in `+frag+` order by since, account_id`, args...)
	if err != nil {
		return nil, err
	}
	var who []int64
	for _, r := range rows {
		who = append(who, r.AccountID)
	}
	accounts, err := account.ByIDs(ctx, q, who)
	out := map[int64][]*account.Account{}
	for _, r := range rows {
		if a := accounts[r.AccountID]; a != nil {
			out[r.OrganeID] = append(out[r.OrganeID], a)
		}
	}
	return out, err
}

// Erase forgets a deleted account: the body, or who acted in the name of one.
func Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`delete from organe_act where by_id = $1`,
		`delete from organe_member where account_id = $1 or organe_id = $1`,
		`update organe_member set by_id = 0 where by_id = $1`,
		`update organe set by_id = 0 where by_id = $1`,
		`delete from organe where account_id = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
