package relation

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
)

// Tie is how one account stands to another, following apart.
type Tie struct {
	Blocking, BlockedBy   bool
	Muting, MutingNotices bool
	MuteUntil             int64 // unix milliseconds, 0 without an end
	DomainBlocking        bool
	Endorsed              bool
	Note                  string
}

// Ties gives, for each of targetIDs, how accountID stands to it, in one query.
// Those without any tie are absent.
func Ties(ctx context.Context, q db.Q, accountID int64, targetIDs []int64) (map[int64]Tie, error) {
	out := make(map[int64]Tie)
	if len(targetIDs) == 0 {
		return out, nil
	}
	in, args := db.In(3, targetIDs)
	rows, err := db.All[struct {
		ID, Kind, Until int64
		Note            string
	}](ctx, q, `select target_id as id, 1 as kind, 0 as until, '' as note from block where account_id = $1 and target_id in `+in+`
		union all select account_id, 2, 0, '' from block where target_id = $1 and account_id in `+in+`
		union all select target_id, case when notifications then 4 else 3 end, until, '' from mute
			where account_id = $1 and (until = 0 or until > $2) and target_id in `+in+`
		union all select target_id, 5, 0, '' from endorsement where account_id = $1 and target_id in `+in+`
		union all select target_id, 6, 0, comment from private_note where account_id = $1 and target_id in `+in+`
		union all select a.id, 7, 0, '' from domain_block d join account a on a.host = d.host where d.account_id = $1 and a.id in `+in,
		append([]any{accountID, time.Now().UnixMilli()}, args...)...)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		t := out[row.ID]
		switch row.Kind {
		case 1:
			t.Blocking = true
		case 2:
			t.BlockedBy = true
		case 3, 4:
			t.Muting, t.MutingNotices, t.MuteUntil = true, row.Kind == 4, row.Until
		case 5:
			t.Endorsed = true
		case 6:
			t.Note = row.Note
		case 7:
			t.DomainBlocking = true
		}
		out[row.ID] = t
	}
	return out, nil
}

// Apart reports whether one of two accounts blocks the other.
func Apart(ctx context.Context, q db.Q, a, b int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from block where (account_id = $1 and target_id = $2) or (account_id = $2 and target_id = $1)`, a, b)
	return n > 0, err
}

// Refuses reports whether accountID wants nothing to come from otherID: it blocks
// it or its server, or is blocked by it.
func Refuses(ctx context.Context, q db.Q, accountID, otherID int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from (
		select 1 from block where account_id = $1 and target_id = $2
		union all select 1 from block where account_id = $2 and target_id = $1
		union all select 1 from domain_block d join account a on a.host = d.host where d.account_id = $1 and a.id = $2) as t`, accountID, otherID)
	return n > 0, err
}

// Welcome reports whether accountID is to be notified of what fromID did; it is
// a gate of notify.Service.
func (s *Service) Welcome(ctx context.Context, tx *db.Tx, accountID int64, _ string, fromID, _ int64) (bool, error) {
	n, err := db.Get[int](ctx, tx, `select count(*) from (
		select 1 from block where account_id = $1 and target_id = $2
		union all select 1 from block where account_id = $2 and target_id = $1
		union all select 1 from mute where account_id = $1 and target_id = $2 and notifications and (until = 0 or until > $3)
		union all select 1 from domain_block d join account a on a.host = d.host where d.account_id = $1 and a.id = $2) as t`,
		accountID, fromID, time.Now().UnixMilli())
	return n == 0, err
}

// Entry is somebody on a list, with the id by which the list is paged.
type Entry struct {
	ID      int64
	Account *account.Account
	Until   int64 // of a mute, unix milliseconds, 0 without an end
}

type entryRow struct{ ID, TargetID, Until int64 }

func (s *Service) list(ctx context.Context, r page.Range, sql string, args ...any) ([]Entry, error) {
	args = append([]any{r.Upper(), r.Lower(), r.Limit}, args...)
	q := s.DB.Read()
	rows, err := db.All[entryRow](ctx, q, sql+` and id < $1 and id > $2 order by id `+r.Order()+` limit $3`, args...)
	if err != nil {
		return nil, err
	}
	rows = page.Fix(r, rows)
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.TargetID
	}
	found, err := account.ByIDs(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(rows))
	for _, row := range rows {
		if a := found[row.TargetID]; a != nil {
			out = append(out, Entry{row.ID, a, row.Until})
		}
	}
	return out, nil
}

// Blocks lists whom an account blocks, the latest first, suspended ones too.
//
// Spec: Mastodon blocks#get
func (s *Service) Blocks(ctx context.Context, accountID int64, r page.Range) ([]Entry, error) {
	return s.list(ctx, r, `select id, target_id, 0 as until from block where account_id = $4`, accountID)
}

// Mutes lists whom an account mutes, the latest first.
//
// Spec: Mastodon mutes#get
func (s *Service) Mutes(ctx context.Context, accountID int64, r page.Range) ([]Entry, error) {
	return s.list(ctx, r, `select id, target_id, until from mute where account_id = $4 and (until = 0 or until > $5)`,
		accountID, time.Now().UnixMilli())
}

// Endorsed lists whom an account recommends, the latest first.
//
// Spec: Mastodon endorsements#get
func (s *Service) Endorsed(ctx context.Context, accountID int64, r page.Range) ([]Entry, error) {
	return s.list(ctx, r, `select id, target_id, 0 as until from endorsement where account_id = $4`, accountID)
}

// Domain is a server that somebody blocks, with the id by which the list is paged.
type Domain struct {
	ID   int64
	Host string
}

// Domains lists the servers that an account blocks, the latest first.
//
// Spec: Mastodon domain_blocks#get
func (s *Service) Domains(ctx context.Context, accountID int64, r page.Range) ([]Domain, error) {
	rows, err := db.All[Domain](ctx, s.DB.Read(), `select id, host from domain_block where account_id = $4 and id < $1 and id > $2
		order by id `+r.Order()+` limit $3`, r.Upper(), r.Lower(), r.Limit, accountID)
	return page.Fix(r, rows), err
}
