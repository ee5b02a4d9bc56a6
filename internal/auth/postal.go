package auth

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// Postal is where and in which language one writes to somebody.
type Postal struct {
	AccountID int64
	Email     string
	Lang      string
}

// PostalOf gives the addresses of those among some accounts who may sign in.
func PostalOf(ctx context.Context, q db.Q, accounts []int64) (map[int64]Postal, error) {
	out := map[int64]Postal{}
	if len(accounts) == 0 {
		return out, nil
	}
	frag, args := db.In(1, accounts)
	rows, err := db.All[Postal](ctx, q, `select account_id, email, lang from login where not disabled and account_id in `+frag, args...)
	for _, r := range rows {
		out[r.AccountID] = r
	}
	return out, err
}
