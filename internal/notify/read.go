package notify

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// ReadUpTo is the id of the last notification that an account has read, 0 for none.
func (s *Service) ReadUpTo(ctx context.Context, accountID int64) (int64, error) {
	id, err := db.Get[int64](ctx, s.DB.Read(), `select last_read from notification_mark where account_id = $1`, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return 0, nil
	}
	return id, err
}
