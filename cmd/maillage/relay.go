package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/maillage/maillage/internal/app"
)

type relayCmd struct {
	List  relayListCmd  `cmd:"" help:"List the relays that were joined or asked."`
	Join  relayJoinCmd  `cmd:"" help:"Ask a relay to pass public posts on."`
	Leave relayLeaveCmd `cmd:"" help:"Leave a relay."`
}

type relayListCmd struct{ dirFlag }

// Help gives examples.
func (relayListCmd) Help() string { return "Examples:\n\n  maillage relay list --dir /srv/maillage" }

// Run lists the relays.
func (c *relayListCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		list, err := a.Servers.Relays(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATE\tSINCE\tINBOX")
		for _, r := range list {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", r.ID, r.State, day(r.CreatedAt), r.Inbox)
		}
		return w.Flush()
	})
}

type relayJoinCmd struct {
	dirFlag
	Address string `required:"" placeholder:"URL" help:"Address of the relay's inbox or actor."`
}

// Help gives examples.
func (relayJoinCmd) Help() string {
	return `The running server sends the request and notes the answer.

Examples:

  maillage relay join --dir /srv/maillage --address https://relay.example/inbox`
}

// Run asks to join.
func (c *relayJoinCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		r, err := a.Servers.JoinRelay(ctx, 0, c.Address)
		if err != nil {
			return err
		}
		t.say("%s: asked.", r.Host())
		return nil
	})
}

type relayLeaveCmd struct {
	dirFlag
	ID int64 `required:"" placeholder:"ID" help:"Number of the relay in the list."`
}

// Help gives examples.
func (relayLeaveCmd) Help() string {
	return "Examples:\n\n  maillage relay leave --dir /srv/maillage --id 1"
}

// Run leaves.
func (c *relayLeaveCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Servers.LeaveRelay(ctx, 0, c.ID); err != nil {
			return err
		}
		t.say("The relay will be told.")
		return nil
	})
}
