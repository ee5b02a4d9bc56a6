package main

import (
	"context"

	"github.com/maillage/maillage/internal/app"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print it."`
}

type tokenCreateCmd struct {
	dirFlag
	Account string `required:"" placeholder:"NAME" help:"User name of the account that the program acts for."`
	Scopes  string `placeholder:"SCOPES" default:"read write follow push" help:"What the program may do, as Mastodon's apps ask for it. (default: read write follow push)"`
}

// Help gives examples.
func (tokenCreateCmd) Help() string {
	return `The token is a password for programs that speak Mastodon's API. It is printed once, alone on its
line, and can be revoked in the account's settings.

Examples:

  maillage token create --dir /srv/maillage --account bob --scopes "read write follow push"

  curl -H "Authorization: Bearer $(maillage token create --dir /srv/maillage --account bob --scopes read)" \
      https://section.example/api/v1/accounts/verify_credentials`
}

// Run makes the token.
func (c *tokenCreateCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		secret, err := a.NewToken(ctx, c.Account, c.Scopes)
		if err != nil {
			return err
		}
		t.say("%s", secret)
		return nil
	})
}
