package follow

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
)

func (s *Service) admits(ctx context.Context, tx *db.Tx, target, who *account.Account) (bool, error) {
	if s.Admits == nil {
		return !target.Locked, nil
	}
	return s.Admits(ctx, tx, target, who)
}

// Admit makes accountID follow targetID, one of ours, unasked or as the answer to a request.
func (s *Service) Admit(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	f, err := find(ctx, tx, accountID, targetID)
	if apperr.Is(err, apperr.KindNotFound) {
		f = &Follow{AccountID: accountID, TargetID: targetID, ID: s.IDs.New(), URI: s.Accounts.Base + "/activities/" + ids.Key(),
			Accepted: true, Boosts: true, CreatedAt: time.Now().UnixMilli()}
		if err := db.Insert(ctx, tx, "follow", f); err != nil {
			return err
		}
		return s.began(ctx, tx, f)
	} else if err != nil {
		return err
	}
	return s.accept(ctx, tx, f)
}

// Expel ends the follow of accountID, and tells its server so; what is not ends silently.
func (s *Service) Expel(ctx context.Context, tx *db.Tx, accountID, targetID int64) error {
	f, err := find(ctx, tx, accountID, targetID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	follower, target, err := s.pair(ctx, tx, accountID, targetID)
	if err != nil {
		return err
	}
	if err := s.remove(ctx, tx, f); err != nil || follower.Local() {
		return err
	}
	return s.sendAnswer(ctx, tx, target, follower, f.URI, false)
}
