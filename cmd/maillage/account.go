package main

import (
	"context"
	"fmt"
	"log/slog"
	"text/tabwriter"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
)

type accountCmd struct {
	Create   accountCreateCmd   `cmd:"" help:"Make an account that can sign in."`
	List     accountListCmd     `cmd:"" help:"List the accounts."`
	Role     accountRoleCmd     `cmd:"" help:"Make somebody user, moderator or admin."`
	Password accountPasswordCmd `cmd:"" help:"Set a new password and sign the person out everywhere."`
	Delete   accountDeleteCmd   `cmd:"" help:"Delete an account and all it wrote."`

	Alias accountAliasCmd `cmd:"" help:"Say that an address on another server is the same person's."`
	Move  accountMoveCmd  `cmd:"" help:"Move an account to another server."`
}

// open opens the instance in dir for one command; close it after use.
func open(ctx context.Context, dir string, t *terminal) (*app.App, *app.Shared, error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, nil, err
	}
	shared, err := app.NewShared(t.log(slog.LevelWarn))
	if err != nil {
		return nil, nil, err
	}
	a, err := app.Open(ctx, cfg, shared)
	if err != nil {
		return nil, nil, shared.Explain(err)
	}
	return a, shared, nil
}

// with opens the instance, runs f and closes it.
func (d dirFlag) with(ctx context.Context, t *terminal, f func(*app.App) error) error {
	a, shared, err := open(ctx, d.Dir, t)
	if err != nil {
		return err
	}
	err = f(a)
	if closeErr := a.DB.Close(); err == nil {
		err = closeErr
	}
	return shared.Explain(err)
}

// nameFlag names an account of the instance.
type nameFlag struct {
	Name string `required:"" placeholder:"NAME" help:"User name of the account."`
}

type accountCreateCmd struct {
	dirFlag
	Name     string `placeholder:"NAME" help:"User name: small letters, digits and _, at most 30."`
	Email    string `placeholder:"EMAIL" help:"Mail address, to sign in with."`
	Password string `placeholder:"PASSWORD" env:"MAILLAGE_PASSWORD" help:"Password, 8 characters at least."`
	Role     string `placeholder:"ROLE" enum:"user,moderator,admin" default:"user" help:"user, moderator or admin."`
	Public   bool   `help:"The person consents to a public profile and public posts. Otherwise nobody outside can see that the account exists."`
}

// Help gives examples.
func (accountCreateCmd) Help() string {
	return `At a terminal it asks for what the flags do not say.

Examples:

  maillage account create --dir /srv/maillage --name bob --email bob@section.example

  maillage account create --dir /srv/maillage --name ana --email ana@section.example \
      --password "correct horse" --role admin --public`
}

// Run makes the account.
func (c *accountCreateCmd) Run(ctx context.Context, t *terminal) error {
	if err := t.ask(&c.Name, "--name NAME", "User name (small letters, digits, _)", ""); err != nil {
		return err
	}
	if err := t.ask(&c.Email, "--email EMAIL", "Mail address", ""); err != nil {
		return err
	}
	if err := t.askPassword(&c.Password); err != nil {
		return err
	}
	return c.with(ctx, t, func(a *app.App) error {
		made, err := a.CreatePerson(ctx, app.Person{Name: c.Name, Email: c.Email, Password: c.Password, Role: c.Role, Public: c.Public})
		if err != nil {
			return err
		}
		t.say("@%s@%s is made. Sign in: %s/", made.Username, a.Config.Host, a.Config.BaseURL())
		return nil
	})
}

type accountListCmd struct{ dirFlag }

// Help gives examples.
func (accountListCmd) Help() string {
	return "Examples:\n\n  maillage account list --dir /srv/maillage"
}

// Run lists the accounts.
func (c *accountListCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		people, err := a.People(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tROLE\tPROFILE\tEMAIL\tSINCE")
		for _, p := range people {
			profile := "private"
			if p.Public {
				profile = "public"
			}
			role := p.Role
			if p.Disabled {
				role += " (blocked)"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Name, role, profile, p.Email, p.Since.Format("2006-01-02"))
		}
		return w.Flush()
	})
}

type accountRoleCmd struct {
	dirFlag
	nameFlag
	Role string `required:"" placeholder:"ROLE" enum:"user,moderator,admin" help:"user, moderator or admin."`
}

// Help gives examples.
func (accountRoleCmd) Help() string {
	return "Examples:\n\n  maillage account role --dir /srv/maillage --name bob --role moderator"
}

// Run changes the role.
func (c *accountRoleCmd) Run(ctx context.Context, t *terminal) error {
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.SetRole(ctx, c.Name, c.Role); err != nil {
			return err
		}
		t.say("%s is now %s.", c.Name, c.Role)
		return nil
	})
}

type accountPasswordCmd struct {
	dirFlag
	nameFlag
	Password string `placeholder:"PASSWORD" env:"MAILLAGE_PASSWORD" help:"The new password, 8 characters at least."`
}

// Help gives examples.
func (accountPasswordCmd) Help() string {
	return "Examples:\n\n  maillage account password --dir /srv/maillage --name bob"
}

// Run sets the password.
func (c *accountPasswordCmd) Run(ctx context.Context, t *terminal) error {
	if err := t.askPassword(&c.Password); err != nil {
		return err
	}
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.SetPassword(ctx, c.Name, c.Password); err != nil {
			return err
		}
		t.say("The password of %s is changed; all their sessions and apps are signed out.", c.Name)
		return nil
	})
}

type accountDeleteCmd struct {
	dirFlag
	nameFlag
	Yes bool `help:"Do not ask again."`
}

// Help gives examples.
func (accountDeleteCmd) Help() string {
	return `The account's posts, follows and sign-in are erased, and other servers are told. It cannot be undone,
and the name is not given again.

Examples:

  maillage account delete --dir /srv/maillage --name bob --yes`
}

// Run deletes the account.
func (c *accountDeleteCmd) Run(ctx context.Context, t *terminal) error {
	if err := t.confirm(c.Yes, "This erases "+c.Name+" and all they wrote, for good."); err != nil {
		return err
	}
	return c.with(ctx, t, func(a *app.App) error {
		if err := a.DeletePerson(ctx, c.Name); err != nil {
			return err
		}
		t.say("%s is deleted. Other servers are told as soon as the server runs.", c.Name)
		return nil
	})
}
