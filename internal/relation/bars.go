package relation

import (
	"context"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// Bars reports whether anybody here blocks an actor of another server, or all of that server.
//
// Spec: PV6
func (s *Service) Bars(ctx context.Context, q db.Q, a *route.Actor) (bool, error) {
	n, err := db.Get[int](ctx, q, `select (case when exists (select 1 from block where target_id = $1)
		or exists (select 1 from domain_block where host = $2) then 1 else 0 end)`, a.ID, a.Host)
	return n > 0, err
}
