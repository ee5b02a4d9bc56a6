package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/vault"
)

// unlock opens the file with which the keys in the database were sealed; the
// first start makes it. It never makes another in its place: what is sealed
// would be lost for good.
//
// Spec: SG12
func (a *App) unlock(ctx context.Context) (*vault.Vault, error) {
	known, err := auth.VaultName(ctx, a.DB.Read())
	if err != nil {
		return nil, err
	}
	path := filepath.Join(a.Config.Dir, vault.FileName)
	if known == "" {
		v, err := vault.Make(a.Config.Dir)
		if err != nil {
			return nil, err
		}
		if known, err = auth.SetVaultName(ctx, a.DB, v.Name()); err != nil {
			return nil, err
		}
	}
	v, err := vault.Open(a.Config.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: it opens the keys of the accounts in the database. Put your copy of it there", path)
	} else if err != nil {
		return nil, err
	}
	if v.Name() != known {
		return nil, fmt.Errorf("%s is not the file with which the keys in this database were sealed. Put your copy of that one there", path)
	}
	return v, nil
}
