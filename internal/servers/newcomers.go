package servers

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/text"
)

// Held is somebody whose first words wait to be looked at.
type Held struct {
	Account *account.Account
	Words   string // of the post, plain
	At      int64
}

// HeldFirst lists who waits, oldest first.
func (s *Service) HeldFirst(ctx context.Context) ([]Held, error) {
	rows, err := db.All[struct {
		AccountID int64
		At        int64
		Content   string
	}](ctx, s.DB.Read(), `select h.account_id, h.at, coalesce(p.content, '') as content from held_first h
		left join post p on p.uri = h.post_uri and p.deleted_at = 0 order by h.at limit 100`)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.AccountID
	}
	people, err := account.ByIDs(ctx, s.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	var out []Held
	for _, r := range rows {
		if a := people[r.AccountID]; a != nil {
			out = append(out, Held{a, text.Plain(r.Content), r.At})
		}
	}
	return out, nil
}

// Decide lets somebody through whose first words waited, and tells those whom
// they mention; or suspends the account.
func (s *Service) Decide(ctx context.Context, by, accountID int64, let bool) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		uri, err := db.Get[string](ctx, tx, `delete from held_first where account_id = $1 returning post_uri`, accountID)
		if err != nil {
			return err
		}
		a, err := account.ByID(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if !let {
			if _, err := tx.Exec(ctx, `update account set suspended_at = $1, suspended_by = '' where id = $2`, s.Clock().UnixMilli(), a.ID); err != nil {
				return err
			}
			if err := s.Follows.Dismiss(ctx, tx, a); err != nil {
				return err
			}
			return host.Audit(ctx, tx, by, a.Host, string(host.Suspend), "@"+a.Acct(), "")
		}
		if _, err := tx.Exec(ctx, `update account set limited_at = 0, limited_by = '' where id = $1 and limited_by = $2`, a.ID, byFirst); err != nil {
			return err
		}
		mentioned, err := db.All[struct{ AccountID, PostID int64 }](ctx, tx, `select m.account_id, p.id as post_id from post p
			join post_mention m on m.post_id = p.id where p.uri = $1 and p.deleted_at = 0`, uri)
		if err != nil {
			return err
		}
		for _, m := range mentioned {
			if err := s.Notify.Add(ctx, tx, m.AccountID, notify.Mention, a.ID, m.PostID); err != nil {
				return err
			}
		}
		return host.Audit(ctx, tx, by, a.Host, host.ActRelease, "@"+a.Acct(), "")
	})
}

// Flood counts the newcomers of a server that are held back.
func (s *Service) Flood(ctx context.Context, name string) (int, error) {
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from account where limited_by = $1 and host = $2 and limited_at <> 0`, byFlood, name)
}

// Release lets all newcomers of a server through that a flood held back.
func (s *Service) Release(ctx context.Context, by int64, name string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `update account set limited_at = 0, limited_by = '' where limited_by = $1 and host = $2`, byFlood, name)
		if err == nil && n == 0 {
			err = apperr.NotFound("servers.nobody_held")
		}
		if err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, name, host.ActRelease, "", "")
	})
}
