package app

import (
	"context"

	"github.com/maillage/maillage/internal/account"
)

// RotateKeys gives new keys to somebody, or to the instance and everybody of it
// when name is "", and has other servers told. It returns how many got new keys.
//
// Spec: SG12
func (a *App) RotateKeys(ctx context.Context, name string) (int, error) {
	var whom []int64
	if name != "" {
		acc, err := a.person(ctx, name)
		if err != nil {
			return 0, err
		}
		whom = append(whom, acc.ID)
	} else {
		all, err := account.Locals(ctx, a.DB.Read())
		if err != nil {
			return 0, err
		}
		for i := range all {
			whom = append(whom, all[i].ID)
		}
	}
	for n, id := range whom {
		key, err := account.MakeKey()
		if err != nil {
			return n, err
		}
		if err := a.Accounts.RotateKeys(ctx, id, key); err != nil {
			return n, err
		}
	}
	return len(whom), nil
}
