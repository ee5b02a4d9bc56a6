package main

import (
	"context"
	"log/slog"
	"path/filepath"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
)

type initCmd struct {
	Dir       string `placeholder:"DIR" env:"MAILLAGE_DIR" help:"Folder for the instance; it is made if it does not exist."`
	Host      string `placeholder:"HOST" help:"Host name that handles show, such as section.example. It can never be changed."`
	Listen    string `placeholder:"ADDR" help:"Address and port to listen on. (default: 127.0.0.1:8080)"`
	Name      string `placeholder:"NAME" help:"Name of the instance, as people read it."`
	Level     string `placeholder:"LEVEL" help:"section, federation, national, or a word of your own. (default: section)"`
	Database  string `placeholder:"URL" help:"postgres://user:password@host/name instead of SQLite in the folder."`
	Admin     string `placeholder:"NAME" help:"User name of the first administrator."`
	Email     string `placeholder:"EMAIL" help:"Mail address of the first administrator."`
	Password  string `placeholder:"PASSWORD" env:"MAILLAGE_PASSWORD" help:"Password of the first administrator."`
	Public    bool   `help:"The administrator consents to a public profile and public posts."`
	LocalTest bool   `help:"For trying things on this machine only: loopback addresses as peers, http, no rate limits."`
	Scheme    string `placeholder:"SCHEME" help:"With --local-test: http, or https behind a local proxy. (default: http)"`
}

// Help gives examples.
func (initCmd) Help() string {
	return `At a terminal it asks for what the flags do not say.

Examples:

  maillage init --dir /srv/maillage --host section.example

  maillage init --dir /srv/maillage --host section.example --name "Section de Nulle-Part" \
      --admin ana --email ana@section.example

  maillage init --dir /tmp/a --host 127.0.0.1:9001 --local-test \
      --admin ana --email ana@a.example --password "correct horse"`
}

// Run makes the instance.
func (c *initCmd) Run(ctx context.Context, t *terminal) error {
	if err := c.complete(t); err != nil {
		return err
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	cfg := &config.Config{
		Host: c.Host, Listen: c.Listen, Scheme: c.Scheme, Name: c.Name, Level: c.Level,
		Database: c.Database, LocalTest: c.LocalTest, Dir: dir,
	}
	if err := cfg.Validate(); err != nil {
		return usagef("%s", err)
	}
	shared, err := app.NewShared(t.log(slog.LevelWarn))
	if err != nil {
		return err
	}
	var admin *app.Person
	if c.Admin != "" {
		admin = &app.Person{Name: c.Admin, Email: c.Email, Password: c.Password, Public: c.Public}
	}
	if err := app.Init(ctx, cfg, admin, shared); err != nil {
		return shared.Explain(err)
	}
	t.say("%s is ready in %s.", cfg.Name, dir)
	if admin == nil {
		t.say("\nMake its first account:\n\n  maillage account create --dir %s --role admin", shellQuote(dir))
	}
	t.say("\nStart it:\n\n  maillage serve --dir %s", shellQuote(dir))
	if cfg.LocalTest {
		t.say("\nThen open %s/", cfg.BaseURL())
		return nil
	}
	t.say("\n%s", snippets(cfg))
	return nil
}

// complete asks for what the flags left open.
func (c *initCmd) complete(t *terminal) error {
	if err := t.ask(&c.Dir, "--dir DIR", "Folder for the instance", ""); err != nil {
		return err
	}
	if err := t.ask(&c.Host, "--host HOST", "Host name (it can never be changed), such as section.example", ""); err != nil {
		return err
	}
	if err := t.ask(&c.Name, "--name NAME", "Name of the instance", c.Host); err != nil {
		return err
	}
	if err := t.ask(&c.Level, "--level LEVEL", "Level: section, federation, national or a word of yours", "section"); err != nil {
		return err
	}
	if c.Admin == "" {
		if c.Email != "" || c.Password != "" && !t.asks || c.Public {
			return usagef("--admin NAME is missing: --email, --password and --public are about the first administrator")
		}
		if !t.asks {
			return nil
		}
		if err := t.ask(&c.Admin, "--admin NAME", "User name of the first administrator (small letters, digits, _)", ""); err != nil {
			return err
		}
	}
	if err := t.ask(&c.Email, "--email EMAIL", "Mail address of the administrator", ""); err != nil {
		return err
	}
	return t.askPassword(&c.Password)
}
