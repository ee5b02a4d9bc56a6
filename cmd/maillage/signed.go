package main

import (
	"context"

	"github.com/maillage/maillage/internal/app"
)

type hostSignedCmd struct {
	dirFlag
	Only string `arg:"" enum:"on,off" help:"on or off."`
}

// Help gives examples.
func (hostSignedCmd) Help() string {
	return `With on, other servers get public posts and profiles too only when they sign their questions, so that those
who are suspended cannot read them as strangers. Some smaller servers do not sign and then see nothing of ours.
What is not public always wants a signature. A running server heeds it within two seconds.

Examples:

  maillage host signed-only on --dir /srv/maillage`
}

// Run lays it down.
func (c *hostSignedCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Instance.SetSignedOnly(ctx, c.Only == "on"); err != nil {
			return err
		}
		t.say("Unsigned questions of other servers are answered: %s.", map[string]string{"on": "no", "off": "yes"}[c.Only])
		return nil
	})
}
