package main

import (
	"context"
	"log/slog"
	"net"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
)

type serveCmd struct {
	dirFlag
	Listen  string `placeholder:"ADDR" help:"Listen here instead of where config.yaml says."`
	Numbers string `name:"metrics" placeholder:"ADDR" help:"Show numbers for Prometheus at this address, which strangers must not reach."`
	Debug   bool   `help:"Log more."`
}

// Help gives examples.
func (serveCmd) Help() string {
	return `Runs until it is told to stop (Ctrl+C, or systemctl stop); then it finishes what it has begun,
within 20 seconds.

Examples:

  maillage serve --dir /srv/maillage

  maillage serve --dir /srv/maillage --listen 127.0.0.1:9000

  maillage serve --dir /srv/maillage --metrics 127.0.0.1:9100`
}

// Run serves the instance until ctx ends.
func (c *serveCmd) Run(ctx context.Context, t *terminal) error {
	cfg, err := config.Load(c.Dir)
	if err != nil {
		return err
	}
	if c.Listen != "" {
		cfg.Listen = c.Listen
		if err := cfg.Validate(); err != nil {
			return err
		}
	}
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	shared, err := app.NewShared(t.log(level))
	if err != nil {
		return err
	}
	l, err := app.Listen(cfg.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	var numbers net.Listener
	if c.Numbers != "" {
		if numbers, err = app.Listen(c.Numbers); err != nil {
			return err
		}
		defer numbers.Close()
	}
	a, err := app.Open(ctx, cfg, shared)
	if err != nil {
		return shared.Explain(err)
	}
	t.say("%s is served on http://%s as %s", cfg.Name, l.Addr(), cfg.BaseURL())
	return a.Run(ctx, l, numbers)
}
