package servers

import (
	"context"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

const kindApply = "servers.apply"

// Begin has a job make the accounts agree with the rules, which may have been
// laid down, or restored, while nothing ran. Of several nodes that start
// together, one does it.
func (s *Service) Begin(ctx context.Context) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kindApply, struct{}{}, jobs.Key("start"))
	})
}
