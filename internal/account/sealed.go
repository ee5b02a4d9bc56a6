package account

import (
	"context"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
)

// Private keys are stored sealed. Those of accounts from before are sealed by a
// job, which a start looks for by an index that is empty from then on.

const (
	jobSeal   = "account.seal"
	sealBatch = 200
)

// clearKeys are the tables of private keys.
var clearKeys = []string{"account_key", "account_proof_key"}

// sealedFor names the one place where the private key of an account opens.
func sealedFor(table string, accountID int64) string { return table + "/" + ids.String(accountID) }

// seal gives what is stored of a private key.
func (s *Service) seal(table string, accountID int64, pem string) string {
	return s.Vault.Seal(sealedFor(table, accountID), pem)
}

// Begin has a job seal what is still stored in clear.
//
// Spec: SG12
func (s *Service) Begin(ctx context.Context) error {
	left, err := s.left(ctx)
	if err != nil || !left {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, jobSeal, struct{}{}, jobs.Key("all"))
	})
}

// left reports whether some key is stored in clear.
func (s *Service) left(ctx context.Context) (bool, error) {
	n, err := db.Get[int](ctx, s.DB.Read(), `select (case when exists (select 1 from account_key where sealed = 0)
		or exists (select 1 from account_proof_key where sealed = 0) then 1 else 0 end)`)
	return n > 0, err
}

// Jobs is the work of this slice outside of requests.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: jobSeal, Concurrency: 1, Handle: jobs.JSON(func(ctx context.Context, _ struct{}) error { return s.sealAll(ctx) })}}
}

// sealAll seals what is stored in clear and empties the log where it could be read.
func (s *Service) sealAll(ctx context.Context) error {
	for _, table := range clearKeys {
		for n := sealBatch; n == sealBatch; {
			err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = s.sealSome(ctx, tx, table)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return s.DB.Forget(ctx)
}

func (s *Service) sealSome(ctx context.Context, tx *db.Tx, table string) (int, error) {
	rows, err := db.All[struct {
		AccountID  int64
		PrivateKey string
	}](ctx, tx, `select account_id, private_key from `+table+` where sealed = 0 limit $1`, sealBatch)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		pem, err := s.Vault.Open(sealedFor(table, r.AccountID), r.PrivateKey)
		if err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `update `+table+` set private_key = $1, sealed = 1 where account_id = $2`, s.seal(table, r.AccountID, pem), r.AccountID); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
