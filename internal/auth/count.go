package auth

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// MembersAmong tells which of some accounts are members.
func MembersAmong(ctx context.Context, q db.Q, accounts []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(accounts))
	if len(accounts) == 0 {
		return out, nil
	}
	frag, args := db.In(1, accounts)
	ids, err := db.All[int64](ctx, q, `select account_id from login where member and account_id in `+frag, args...)
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// Members counts the people who may sign in and are members: those whom a post
// for the section reaches.
func Members(ctx context.Context, q db.Q) (int, error) {
	return db.Get[int](ctx, q, `select count(*) from login where member and not disabled`)
}
