package follow

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

// severBatch is how many follows end in one transaction.
const severBatch = 200

// Sever ends all follows, both ways, between our people and those of a host, and
// tells nobody: with that host we do not speak. ended counts them.
func (s *Service) Sever(ctx context.Context, host string) (ended int, err error) {
	for {
		n := 0
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			rows, err := db.All[Follow](ctx, tx, `select `+columns+` from follow where account_id in (select id from account where host = $1)
				or target_id in (select id from account where host = $1) limit $2`, host, severBatch)
			if err != nil {
				return err
			}
			for i := range rows {
				if err := s.remove(ctx, tx, &rows[i]); err != nil {
					return err
				}
			}
			n = len(rows)
			return nil
		})
		ended += n
		if err != nil || n < severBatch {
			return ended, err
		}
	}
}
