package main

import (
	"context"
	"errors"

	"github.com/maillage/maillage/internal/app"
)

type accountRotateKeysCmd struct {
	dirFlag
	Name string `arg:"" optional:"" placeholder:"NAME" help:"User name of the account."`
	All  bool   `help:"All accounts and the instance itself."`
}

// Help gives examples.
func (accountRotateKeysCmd) Help() string {
	return `For when somebody else may have read the keys: a stolen disk, a leaked backup. New keys are made and other
servers are told. What is signed with the old ones is refused by every server as soon as it has heard.
The server may run meanwhile.

Examples:

  maillage account rotate-keys bob --dir /srv/maillage
  maillage account rotate-keys --all --dir /srv/maillage`
}

// Run makes the keys.
func (c *accountRotateKeysCmd) Run(ctx context.Context, t *terminal) error {
	if (c.Name == "") != c.All {
		return errors.New("say whose keys: a user name, or --all")
	}
	return c.with(ctx, t, func(a *app.App) error {
		n, err := a.RotateKeys(ctx, c.Name)
		if n > 0 {
			t.say("New keys for %d. Other servers are told as soon as the server runs.", n)
		}
		return err
	})
}
