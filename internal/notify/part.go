package notify

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
)

// Part removes what two accounts were told of each other, when one blocks the
// other. It is a hook of relation.Service.Blocked.
func (s *Service) Part(ctx context.Context, tx *db.Tx, who, whom *account.Account) error {
	_, err := tx.Exec(ctx, `delete from notification where (account_id = $1 and from_id = $2) or (account_id = $2 and from_id = $1)`, who.ID, whom.ID)
	return err
}
