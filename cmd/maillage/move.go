package main

import (
	"context"

	"github.com/maillage/maillage/internal/app"
)

type accountAliasCmd struct {
	dirFlag
	nameFlag
	Other string `required:"" placeholder:"NAME@HOST" help:"The person's address on another server."`
}

// Help gives examples.
func (accountAliasCmd) Help() string {
	return `Before somebody can move here from another server, the account here says that the one there is theirs.

Examples:

  maillage account alias --dir /srv/maillage --name bob --other bob@old.example`
}

// Run adds the address.
func (c *accountAliasCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.AddAlias(ctx, c.Name, c.Other); err != nil {
			return err
		}
		t.say("%s is also %s. Now the move can be started on the other server.", c.Name, c.Other)
		return nil
	})
}

type accountMoveCmd struct {
	dirFlag
	nameFlag
	To string `required:"" placeholder:"NAME@HOST" help:"The person's new address, which names this account among its other addresses."`
}

// Help gives examples.
func (accountMoveCmd) Help() string {
	return `Followers on other servers are told and go along; what was written stays here. Not more often than once in thirty days.

Examples:

  maillage account move --dir /srv/maillage --name bob --to bob@new.example`
}

// Run moves the account.
func (c *accountMoveCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Move(ctx, c.Name, c.To); err != nil {
			return err
		}
		t.say("%s moves to %s. The followers are told while the instance runs.", c.Name, c.To)
		return nil
	})
}
