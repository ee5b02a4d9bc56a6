package main

import (
	"context"

	"github.com/maillage/maillage/internal/app"
)

type keyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Make new keys for an account, or for all."`
}

type keyRotateCmd struct {
	dirFlag
	Account string `xor:"whose" required:"" placeholder:"NAME" help:"User name of the account."`
	All     bool   `xor:"whose" required:"" help:"All accounts and the instance itself."`
}

// Help gives examples.
func (keyRotateCmd) Help() string {
	return `For when somebody else may have read the keys: a stolen disk, a leaked backup together with secret.key. New
keys are made and other servers are told. What is signed with the old ones is refused by every server as soon
as it has heard. The server may run meanwhile.

Examples:

  maillage key rotate --dir /srv/maillage --account bob
  maillage key rotate --dir /srv/maillage --all`
}

// Run makes the keys.
func (c *keyRotateCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		n, err := a.RotateKeys(ctx, c.Account)
		if n > 0 {
			t.say("New keys for %d. Other servers are told as soon as the server runs.", n)
		}
		return err
	})
}
