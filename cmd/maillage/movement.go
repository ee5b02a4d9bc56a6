package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/maillage/maillage/internal/app"
)

type movementCmd struct {
	Ask    movementAskCmd    `cmd:"" help:"Ask another server to affiliate this one."`
	Accept movementAcceptCmd `cmd:"" help:"Affiliate a server that asked, or change what it is granted."`
	Refuse movementRefuseCmd `cmd:"" help:"Say no to a server that asked."`
	Leave  movementLeaveCmd  `cmd:"" help:"Leave the server that affiliates this one."`
	List   movementListCmd   `cmd:"" help:"List the servers above and below, and the movement."`
}

type movementAskCmd struct {
	dirFlag
	Parent string `arg:"" placeholder:"PARENT" help:"Name of the server above."`
}

// Help gives examples.
func (movementAskCmd) Help() string {
	return `The running server sends the request and notes the answer.

Examples:

  maillage movement ask isere.example --dir /srv/maillage`
}

// Run asks.
func (c *movementAskCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		l, err := a.Movement.Ask(ctx, 0, c.Parent)
		if err != nil {
			return err
		}
		t.say("%s: asked.", l.Host)
		return nil
	})
}

type movementAcceptCmd struct {
	dirFlag
	Child     string   `arg:"" placeholder:"CHILD" help:"Name of the server that asked."`
	Level     string   `placeholder:"LEVEL" help:"section, federation, or a word of your own; what it asked for if left out."`
	Territory string   `placeholder:"PLACE" help:"Where it may speak, as Isère/Grenoble."`
	Organe    []string `placeholder:"NAME" default:"*" help:"A body that may speak; * for all. May be given several times."`
}

// Help gives examples.
func (movementAcceptCmd) Help() string {
	return "Examples:\n\n  maillage movement accept grenoble.example --level section --territory Isère --dir /srv/maillage"
}

// Run accepts.
func (c *movementAcceptCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Affiliate(ctx, c.Child, c.Level, c.Territory, c.Organe); err != nil {
			return err
		}
		t.say("%s: affiliated.", c.Child)
		return nil
	})
}

type movementRefuseCmd struct {
	dirFlag
	Child  string `arg:"" placeholder:"CHILD" help:"Name of the server that asked."`
	Reason string `placeholder:"TEXT" default:"Sans motif indiqué." help:"Why, for those who run that server."`
}

// Help gives examples.
func (movementRefuseCmd) Help() string {
	return "Examples:\n\n  maillage movement refuse x.example --reason \"No elected bureau.\" --dir /srv/maillage"
}

// Run refuses.
func (c *movementRefuseCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Movement.Refuse(ctx, 0, c.Child, c.Reason); err != nil {
			return err
		}
		t.say("%s: refused.", c.Child)
		return nil
	})
}

type movementLeaveCmd struct{ dirFlag }

// Help gives examples.
func (movementLeaveCmd) Help() string {
	return "The server keeps all that is its own.\n\nExamples:\n\n  maillage movement leave --dir /srv/maillage"
}

// Run leaves.
func (c *movementLeaveCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Movement.Leave(ctx, 0); err != nil {
			return err
		}
		t.say("The other server will be told.")
		return nil
	})
}

type movementListCmd struct{ dirFlag }

// Help gives examples.
func (movementListCmd) Help() string {
	return "Examples:\n\n  maillage movement list --dir /srv/maillage"
}

// Run lists the affiliations and the movement.
func (c *movementListCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		links, err := a.Movement.Links(ctx)
		if err != nil {
			return err
		}
		members, err := a.Movement.Members(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ROLE\tHOST\tSTATE\tLEVEL\tTERRITORY\tUNTIL\tREASON")
		for _, l := range links {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Role, l.Host, l.State, l.Level, l.Territory, day(l.EndsAt), l.Reason)
		}
		if len(members) > 0 {
			fmt.Fprintln(w, "\nMOVEMENT\tNAME\tLEVEL\tTERRITORY\tUNTIL")
		}
		for _, m := range members {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.Host, m.Name, m.Level, m.Territory, day(m.UntilMs))
		}
		return w.Flush()
	})
}
