package auth

import (
	"context"

	"github.com/maillage/maillage/internal/db"
)

const vaultName = `select value from auth_secret where name = 'vault'`

// VaultName tells with which vault the instance's keys are sealed, "" with none yet.
func VaultName(ctx context.Context, q db.Q) (string, error) {
	name, err := db.Get[string](ctx, q, vaultName)
	if isNoRows(err) {
		return "", nil
	}
	return name, err
}

// SetVaultName notes with which vault they are from now on. It gives the name
// that is noted: another node may have been faster.
func SetVaultName(ctx context.Context, d *db.DB, name string) (noted string, err error) {
	err = d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into auth_secret (name, value) values ('vault', $1) on conflict (name) do nothing`, name); err != nil {
			return err
		}
		noted, err = db.Get[string](ctx, tx, vaultName)
		return err
	})
	return noted, err
}
