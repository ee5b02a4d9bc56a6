package follow

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/outbox"
)

// severBatch is how many follows end in one transaction.
const severBatch = 200

// Sever ends all follows, both ways, between our people and those of a host, by
// their handles or under the addresses that begin with base. Its server is told of
// each once, and of nothing else: whoever is followed no more would be shown as
// followed there for ever. ended counts them.
//
// Spec: AP 7; Spec: OR16
func (s *Service) Sever(ctx context.Context, host, base string) (ended int, err error) {
	for {
		n := 0
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			const theirs = `(select id from account where host = $1 union all select id from account where host <> '' and uri >= $2 and uri < $3)`
			// All addresses below "base/" lie between that and "base0".
			rows, err := db.All[Follow](ctx, tx, `select `+columns+` from follow where account_id in `+theirs+` or target_id in `+theirs+` limit $4`,
				host, base+"/", base+"0", severBatch)
			if err != nil {
				return err
			}
			for i := range rows {
				if err := s.end(ctx, tx, &rows[i]); err != nil {
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

// Dismiss ends the follows of somebody elsewhere who is suspended here, and has
// their server know it: it would show them what is for followers. Those whom ours
// follow stay followed, for the day it is lifted.
//
// Spec: OR16; Spec: Mastodon admin/accounts#action
func (s *Service) Dismiss(ctx context.Context, tx *db.Tx, a *account.Account) error {
	if a.Local() {
		return nil
	}
	rows, err := db.All[Follow](ctx, tx, `select `+columns+` from follow where account_id = $1`, a.ID)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.end(ctx, tx, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// end removes a follow between one of ours and somebody elsewhere, and tells their
// server, whatever is laid down for it.
func (s *Service) end(ctx context.Context, tx *db.Tx, f *Follow) error {
	if err := s.remove(ctx, tx, f); err != nil {
		return err
	}
	from, err := account.ByID(ctx, tx, f.AccountID)
	if err != nil {
		return ignoreMissing(err)
	}
	to, err := account.ByID(ctx, tx, f.TargetID)
	if err != nil {
		return ignoreMissing(err)
	}
	switch bye := (outbox.Opts{Audience: outbox.Farewell}); {
	case from.Local() == to.Local():
		return nil
	case from.Local():
		return s.sendUndo(ctx, tx, from, to, f, bye)
	default:
		return s.sendAnswer(ctx, tx, to, from, f.URI, false, bye)
	}
}
