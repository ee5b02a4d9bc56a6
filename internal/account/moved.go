package account

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// MovedAccount is the account to which a moved, nil when it did not move or when v
// may not know of the other. What an actor's document alone says does not count: only
// a move that was announced and that the new account confirmed is written down.
//
// Spec: FEP-7628
func MovedAccount(ctx context.Context, q db.Q, v *auth.Viewer, a *Account) (*Account, error) {
	if a.MovedTo == "" {
		return nil, nil
	}
	n, err := db.Get[int](ctx, q, `select count(*) from account_move where account_id = $1 and target_uri = $2`, a.ID, a.MovedTo)
	if err != nil || n == 0 {
		return nil, err
	}
	to, err := ByURI(ctx, q, a.MovedTo)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if to.ID == a.ID || !to.VisibleTo(v) {
		return nil, nil
	}
	return to, nil
}
