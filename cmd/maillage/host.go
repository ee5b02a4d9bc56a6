package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/maillage/maillage/internal/app"
)

type hostCmd struct {
	List    hostListCmd    `cmd:"" help:"List what is laid down for other servers, and deliveries that wait or fail."`
	Block   hostBlockCmd   `cmd:"" help:"Cut the exchanges with a server and those below it, or exempt it."`
	Unblock hostUnblockCmd `cmd:"" help:"Take back what was laid down for a server."`
	Import  hostImportCmd  `cmd:"" help:"Read a list of domain blocks, as Mastodon writes them."`
	Export  hostExportCmd  `cmd:"" help:"Write what is laid down as such a list."`

	SignedOnly hostSignedCmd `cmd:"" name:"signed-only" help:"Answer only the servers that sign their questions, or all."`
}

// hostFlag names another server.
type hostFlag struct {
	Host string `required:"" placeholder:"HOST" help:"Name of the server, or * for all that are not named."`
}

type hostListCmd struct{ dirFlag }

// Help gives examples.
func (hostListCmd) Help() string { return "Examples:\n\n  maillage host list --dir /srv/maillage" }

// Run lists the policies and the hosts that something waits for.
func (c *hostListCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		policies, err := a.Hosts.List(ctx)
		if err != nil {
			return err
		}
		states, err := a.Outbox.Hosts(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "HOST\tLEVEL\tSINCE\tNOTE")
		for _, p := range policies {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Host, p.Level, day(p.CreatedAt), p.Note)
		}
		if len(states) > 0 {
			fmt.Fprintln(w, "\nHOST\tWAITING\tFAILED TRIES\tLAST SUCCESS\tLAST ERROR")
		}
		for _, s := range states {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\n", s.Host, s.Pending, s.Fails, day(s.LastOKAt), s.LastError)
		}
		return w.Flush()
	})
}

// day writes a date, "never" for 0.
func day(ms int64) string {
	if ms == 0 {
		return "never"
	}
	return time.UnixMilli(ms).Format("2006-01-02")
}

type hostBlockCmd struct {
	dirFlag
	hostFlag
	Level         string `placeholder:"LEVEL" enum:"none,silence,suspend" default:"suspend" help:"suspend (the default), silence to show it to followers alone, or none to exempt the server."`
	RejectMedia   bool   `help:"Do not fetch its files."`
	RejectReports bool   `help:"Do not take its reports."`
	Public        string `placeholder:"TEXT" help:"Why, for everybody."`
	Note          string `placeholder:"TEXT" help:"Why, for those who run the server."`
}

// Help gives examples.
func (hostBlockCmd) Help() string {
	return `A running server obeys within a second. What is laid down for * holds for all
servers that are not named: suspend it, and only those named pass.

Examples:

  maillage host block --dir /srv/maillage --host evil.example --note "hate speech"

  maillage host block --dir /srv/maillage --host friend.example --level none
  maillage host block --dir /srv/maillage --host '*'`
}

// Run lays down a policy.
func (c *hostBlockCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		name, err := a.SetHost(ctx, app.HostRule{Host: c.Host, RejectMedia: c.RejectMedia, RejectReports: c.RejectReports, Note: c.Note, Public: c.Public}, c.Level)
		if err != nil {
			return err
		}
		t.say("%s: %s", name, c.Level)
		return nil
	})
}

type hostUnblockCmd struct {
	dirFlag
	hostFlag
}

// Help gives examples.
func (hostUnblockCmd) Help() string {
	return "Examples:\n\n  maillage host unblock --dir /srv/maillage --host evil.example"
}

// Run takes a policy back.
func (c *hostUnblockCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.Hosts.Remove(ctx, c.Host); err != nil {
			return err
		}
		t.say("%s: nothing is laid down any more.", c.Host)
		return nil
	})
}

type hostImportCmd struct {
	dirFlag
	File string `required:"" placeholder:"FILE" help:"The list, CSV."`
}

// Help gives examples.
func (hostImportCmd) Help() string {
	return `The list is taken as a whole or not at all. What is laid down for servers that it
does not name stays.

Examples:

  maillage host import --dir /srv/maillage --file domain_blocks.csv`
}

// Run reads a list.
func (c *hostImportCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err := a.Hosts.Import(ctx, f)
		if err != nil {
			return err
		}
		t.say("%d servers read.", n)
		return nil
	})
}

type hostExportCmd struct{ dirFlag }

// Help gives examples.
func (hostExportCmd) Help() string {
	return "Examples:\n\n  maillage host export --dir /srv/maillage > domain_blocks.csv"
}

// Run writes the list.
func (c *hostExportCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error { return a.Hosts.Export(ctx, t.out) })
}
