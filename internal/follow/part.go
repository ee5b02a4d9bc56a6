package follow

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// Part ends the follows and requests between two accounts, both ways. When who
// is ours and whom is not, the other server is told of each; what who's own
// server began, it knows. It is a hook of relation.Service.Blocked.
//
// Spec: AP 6.9; Spec: Mastodon accounts#block
func (s *Service) Part(ctx context.Context, tx *db.Tx, who, whom *account.Account) error {
	for _, mine := range []bool{true, false} {
		from, to := who, whom
		if !mine {
			from, to = whom, who
		}
		f, err := find(ctx, tx, from.ID, to.ID)
		if apperr.Is(err, apperr.KindNotFound) {
			continue
		} else if err != nil {
			return err
		}
		if err := s.remove(ctx, tx, f); err != nil {
			return err
		}
		switch {
		case !who.Local() || whom.Local():
		case mine:
			err = s.sendUndo(ctx, tx, who, whom, f)
		default:
			err = s.sendAnswer(ctx, tx, who, whom, f.URI, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PartFrom ends all follows between one of ours and the people of a server. It
// is a hook of relation.Service.Barred.
//
// Spec: Mastodon domain_blocks#block
func (s *Service) PartFrom(ctx context.Context, tx *db.Tx, who *account.Account, host string) error {
	others, err := db.All[int64](ctx, tx, `select a.id from account a where a.host = $2 and (
		exists (select 1 from follow f where f.account_id = $1 and f.target_id = a.id)
		or exists (select 1 from follow f where f.target_id = $1 and f.account_id = a.id))`, who.ID, host)
	if err != nil {
		return err
	}
	for _, id := range others {
		whom, err := account.ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.Part(ctx, tx, who, whom); err != nil {
			return err
		}
	}
	return nil
}
