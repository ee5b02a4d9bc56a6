package auth

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// Members counts the people who may sign in and are members: those whom a post
// for the section reaches.
func Members(ctx context.Context, q db.Q) (int, error) {
	return db.Get[int](ctx, q, `select count(*) from login where member and not disabled`)
}
