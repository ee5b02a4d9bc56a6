package app

import (
	"context"

	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/apperr"
)

// AddAlias says that the address other, name@host elsewhere, is of the same
// person as an account of ours, so that its followers can be brought here.
func (a *App) AddAlias(ctx context.Context, name, other string) error {
	acc, err := a.person(ctx, name)
	if err != nil {
		return err
	}
	h, err := discovery.ParseHandle(other)
	if err != nil {
		return apperr.NotFound("account.not_found").Wrap(err)
	}
	found, err := a.Engine.ResolveHandle(ctx, h.Name, h.Host)
	if err != nil {
		return err
	}
	return a.Accounts.AddAlias(ctx, acc.ID, found.URI)
}

// Move moves an account of ours to name@host elsewhere: see follow.Service.Move.
func (a *App) Move(ctx context.Context, name, target string) error {
	acc, err := a.person(ctx, name)
	if err != nil {
		return err
	}
	h, err := discovery.ParseHandle(target)
	if err != nil {
		return apperr.NotFound("account.not_found").Wrap(err)
	}
	return a.Follows.Move(ctx, a.Engine, acc.ID, h.Name, h.Host)
}
