package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
)

// Relay has an account of ours, a group for one, boost a post for those who may
// read the post already. It is put into timelines here and sent nowhere: the
// slice that relays sends what each server understands. Relaying twice gives the
// same boost.
func (s *Service) Relay(ctx context.Context, tx *db.Tx, by *account.Account, p *Post) (*Post, error) {
	have, err := one(ctx, tx, `p.boost_of_id = $1 and p.account_id = $2 and p.deleted_at = 0`, p.ID, by.ID)
	if err == nil || !apperr.Is(err, apperr.KindNotFound) {
		return have, err
	}
	b := &Post{
		ID: s.IDs.New(), URI: s.Accounts.Base + "/activities/" + ids.Key(), URL: p.URL, AccountID: by.ID, Local: true, Kind: KindBoost,
		BoostOfID: p.ID, Audience: p.Audience, Listed: p.Listed, ScopeID: p.ScopeID, CreatedAt: time.Now().UnixMilli(),
	}
	b.ThreadID = b.ID
	if err := s.put(ctx, tx, b, nil, nil, empty); err != nil {
		return nil, err
	}
	return b, count(ctx, tx, p.ID, "boosts_count", 1)
}

// Unrelay takes a relay back, without telling anybody.
func (s *Service) Unrelay(ctx context.Context, tx *db.Tx, byID int64, p *Post) (*Post, error) {
	b, err := one(ctx, tx, `p.boost_of_id = $1 and p.account_id = $2 and p.deleted_at = 0`, p.ID, byID)
	if err != nil {
		return nil, err
	}
	return b, s.buryBoost(ctx, tx, b)
}
