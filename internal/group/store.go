package group

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

const columns = `account_id, access, secret, joining, posting, charter, icon, created_at`

// ByID finds a group of ours, whoever asks. Only rules call it.
func ByID(ctx context.Context, q db.Q, id int64) (*Group, error) {
	g, err := db.Get[Group](ctx, q, `select `+columns+` from group_info where account_id = $1`, id)
	if err != nil {
		return nil, err
	}
	if g.Account, err = account.ByID(ctx, q, id); err != nil {
		return nil, err
	}
	if g.Account.Gone() {
		return nil, unknown()
	}
	return &g, nil
}

// membership is how an account stands to a group, nil when it does not.
func membership(ctx context.Context, q db.Q, groupID, accountID int64) (*Membership, error) {
	if accountID == 0 {
		return nil, nil
	}
	m, err := db.Get[Membership](ctx, q, `select group_id, account_id, role, state, by_id, since from group_member
		where group_id = $1 and account_id = $2`, groupID, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &m, err
}

func saveMember(ctx context.Context, tx *db.Tx, m *Membership) error {
	_, err := tx.Exec(ctx, `insert into group_member (group_id, account_id, role, state, by_id, since) values ($1, $2, $3, $4, $5, $6)
		on conflict (group_id, account_id) do update set role = excluded.role, state = excluded.state, by_id = excluded.by_id, since = excluded.since`,
		m.GroupID, m.AccountID, m.Role, m.State, m.ByID, m.Since)
	return err
}

// grant lets an account read what is for a group, or no longer.
func grant(ctx context.Context, tx *db.Tx, groupID, accountID int64, yes bool) error {
	sql := `delete from audience_account where scope_id = $1 and account_id = $2`
	if yes {
		sql = `insert into audience_account (scope_id, account_id) values ($1, $2) on conflict do nothing`
	}
	_, err := tx.Exec(ctx, sql, groupID, accountID)
	return err
}

// Size counts the members of a group, and those of them who are not of the movement:
// guests here, and people of servers that are not affiliated.
type Size struct{ Members, Guests int }

func sizes(ctx context.Context, q db.Q, ids []int64) (map[int64]Size, error) {
	out := make(map[int64]Size, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	frag, args := db.In(2, ids)
	rows, err := db.All[struct {
		GroupID         int64
		Members, Guests int
	}](ctx, q, `select m.group_id, count(*) as members,
			sum(case when a.host = '' and l.member or h.host is not null then 0 else 1 end) as guests
		from group_member m join account a on a.id = m.account_id left join login l on l.account_id = m.account_id
			left join audience_host h on h.host = a.host and (h.valid_until = 0 or h.valid_until > $1)
		where m.state = 'in' and a.deleted_at = 0 and m.group_id in `+frag+` group by m.group_id`, append([]any{now()}, args...)...)
	for _, r := range rows {
		out[r.GroupID] = Size{r.Members, r.Guests}
	}
	return out, err
}

// journal adds a line to the journal of a group.
func (s *Service) journal(ctx context.Context, tx *db.Tx, l Line) error {
	l.ID, l.At = s.IDs.New(), now()
	return db.Insert(ctx, tx, "group_log", l)
}

// Line is one line of a journal.
type Line struct {
	ID        int64
	GroupID   int64
	ByID      int64
	Act       string
	AccountID int64
	PostID    int64
	Reason    string
	At        int64
}
