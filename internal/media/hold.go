package media

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
)

// Hold keeps uploads of a person that wait for a post until that moment: the
// day after which loose ones are tidied away begins then.
func (s *Service) Hold(ctx context.Context, tx *db.Tx, accountID int64, ids []int64, until time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	frag, args := db.In(3, ids)
	_, err := tx.Exec(ctx, `update media set created_at = $1 where account_id = $2 and post_id = 0 and id in `+frag,
		append([]any{until.UnixMilli(), accountID}, args...)...)
	return err
}

// Waiting shows uploads of a person that wait for a post; those that are gone are left out.
func (s *Service) Waiting(ctx context.Context, accountID int64, ids []int64) ([]masto.Media, error) {
	var out []masto.Media
	for _, id := range ids {
		list, err := s.usable(ctx, s.DB.Read(), accountID, 0, []int64{id})
		if e, known := apperr.As(err); known && e.Kind != apperr.KindInternal {
			continue
		} else if err != nil {
			return nil, err
		}
		for _, m := range list {
			out = append(out, s.Entity(m, m.mine()))
		}
	}
	return out, nil
}
