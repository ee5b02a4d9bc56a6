package app

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
)

// profile says who an account is, for apps that sign people in with it.
func (a *App) profile(ctx context.Context, accountID int64) (*auth.Profile, error) {
	acc, err := account.ByID(ctx, a.DB.Read(), accountID)
	if err != nil {
		return nil, err
	}
	e := a.Accounts.Entity(acc)
	return &auth.Profile{URI: acc.URI, Name: acc.Name(), Username: acc.Username, URL: e.URL, Avatar: e.Avatar}, nil
}
