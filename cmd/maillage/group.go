package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/maillage/maillage/internal/app"
)

type groupCmd struct {
	Create groupCreateCmd `cmd:"" help:"Make a group."`
	List   groupListCmd   `cmd:"" help:"List the groups."`
}

type groupCreateCmd struct {
	dirFlag
	Name    string `required:"" placeholder:"NAME" help:"Its address, @NAME: small letters, digits and _, at most 30."`
	Owner   string `required:"" placeholder:"NAME" help:"User name of the member who will be responsible for it."`
	Title   string `placeholder:"TITLE" help:"What it is called; NAME if left out."`
	About   string `placeholder:"TEXT" help:"What it is about, in a sentence or two."`
	Charter string `placeholder:"TEXT" help:"What its members promise each other."`
	Access  string `placeholder:"ACCESS" enum:"open,section,movement" default:"section" help:"Who reads it: open (everybody), movement (its members, of affiliated servers) or section (its members, of this server)."`
	Joining string `placeholder:"HOW" enum:"free,request,invite" default:"free" help:"free, request (after a moderator's yes) or invite."`
	Posting string `placeholder:"WHO" enum:"everyone,members,moderated" default:"members" help:"everyone, members, or moderated (a moderator reads first)."`
	Icon    string `placeholder:"ICON" default:"users" help:"Its drawing: users, building-2, bus, sprout, megaphone, heart, hammer, landmark, book-open, newspaper, calendar, vote."`
	Secret  bool   `help:"Nobody but its members knows of it."`
}

// Help gives examples.
func (groupCreateCmd) Help() string {
	return `The last line of the output is the address of the group.

Examples:

  maillage group create --dir /srv/maillage --name logement --owner ana --title Logement

  maillage group create --dir /srv/maillage --name velo --owner ana --title "Le vélo" \
      --about "Pistes, arceaux, ateliers." --access open --posting everyone`
}

// Run makes the group.
func (c *groupCreateCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if c.Title == "" {
			c.Title = c.Name
		}
		address, err := a.CreateGroup(ctx, app.NewGroup{Owner: c.Owner, Name: c.Name, Title: c.Title, About: c.About, Charter: c.Charter, Icon: c.Icon,
			Access: c.Access, Secret: c.Secret, Joining: c.Joining, Posting: c.Posting})
		if err != nil {
			return err
		}
		t.say("%s", address)
		return nil
	})
}

type groupListCmd struct{ dirFlag }

// Help gives examples.
func (groupListCmd) Help() string {
	return "One line for each group: address, title, who reads, who joins, who writes, members, of them from elsewhere.\n\nExamples:\n\n  maillage group list --dir /srv/maillage"
}

// Run lists the groups.
func (c *groupListCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		list, err := a.GroupList(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
		for _, g := range list {
			access := g.Access
			if g.Secret {
				access += ", secret"
			}
			fmt.Fprintf(w, "@%s\t%s\t%s\t%s\t%s\t%d\t%d\n", g.Account.Username, g.Account.Name(), access, g.Joining, g.Posting, g.Members, g.Guests)
		}
		return w.Flush()
	})
}
