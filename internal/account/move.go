package account

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// MoveEvery is how long somebody who moved stays where they are at least, and
// maxAliases how many other addresses one can have.
const (
	MoveEvery  = 30 * 24 * time.Hour
	maxAliases = 10
)

// Aliases are the other addresses, as URIs, that an account says are its own.
//
// Spec: FEP-7628
func Aliases(ctx context.Context, q db.Q, id int64) ([]string, error) {
	return db.All[string](ctx, q, `select uri from account_alias where account_id = $1 order by uri`, id)
}

// AddAlias says that an address elsewhere is held by the holder of an account of
// ours, so that it can move here. KindInvalid "account.too_many_aliases".
func (s *Service) AddAlias(ctx context.Context, id int64, uri string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		known, err := Aliases(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(known) >= maxAliases {
			return apperr.Invalid("account.too_many_aliases", maxAliases).Field("other", "account.too_many_aliases", maxAliases)
		}
		if _, err := tx.Exec(ctx, `insert into account_alias (account_id, uri) values ($1, $2) on conflict do nothing`, id, uri); err != nil {
			return err
		}
		return s.touched(ctx, tx, id)
	})
}

// RemoveAlias takes it back.
func (s *Service) RemoveAlias(ctx context.Context, id int64, uri string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from account_alias where account_id = $1 and uri = $2`, id, uri); err != nil {
			return err
		}
		return s.touched(ctx, tx, id)
	})
}

// touched has the profile sent anew.
func (s *Service) touched(ctx context.Context, tx *db.Tx, id int64) error {
	a, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	a.UpdatedAt = time.Now().UnixMilli()
	if _, err := tx.Exec(ctx, `update account set updated_at = $1 where id = $2`, a.UpdatedAt, id); err != nil {
		return err
	}
	return s.changed(ctx, tx, a)
}

// SetMoved writes down that an account, ours or another server's, moved to
// another. It is false, and nothing is written, when the last move is less than
// thirty days ago.
//
// Spec: OR10
func (s *Service) SetMoved(ctx context.Context, tx *db.Tx, id int64, target string) (bool, error) {
	now := time.Now()
	n, err := db.Exec(ctx, tx, `insert into account_move (account_id, target_uri, moved_at) values ($1, $2, $3)
		on conflict (account_id) do update set target_uri = excluded.target_uri, moved_at = excluded.moved_at where account_move.moved_at < $4`,
		id, target, now.UnixMilli(), now.Add(-MoveEvery).UnixMilli())
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.Exec(ctx, `update account set moved_to = $1 where id = $2`, target, id); err != nil {
		return false, err
	}
	a, err := ByID(ctx, tx, id)
	if err != nil || !a.Local() {
		return true, err
	}
	return true, s.touched(ctx, tx, id)
}
