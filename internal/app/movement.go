package app

import (
	"context"

	"github.com/maillage/maillage/internal/movement"
)

// Affiliate accepts a server that asked to be affiliated, with what it is granted.
func (a *App) Affiliate(ctx context.Context, child, level, territory string, organes []string) error {
	return a.Movement.Accept(ctx, 0, child, movement.Grant{Level: level, Territory: territory, Organes: organes})
}
