package main

import (
	"context"
	"log/slog"
	"path/filepath"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/demo"
)

type demoCmd struct {
	Dir    string `placeholder:"DIR" default:"demo-data" help:"Folder for the demonstration's data. (default: demo-data)"`
	Listen string `placeholder:"ADDR" default:"127.0.0.1:8080" help:"Loopback address and port. (default: 127.0.0.1:8080)"`
}

// Help gives examples.
func (demoCmd) Help() string {
	return `Four servers in one process, a national office, a federation and two sections, filled with people
who follow and answer each other. Started again, it continues where it was.

Examples:

  maillage demo

  maillage demo --dir /tmp/demo --listen 127.0.0.1:9000`
}

// Run serves the demonstration until ctx ends.
func (c *demoCmd) Run(ctx context.Context, t *terminal) error {
	shared, err := app.NewShared(t.log(slog.LevelWarn))
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	return shared.Explain(demo.Run(ctx, demo.Options{Dir: dir, Listen: c.Listen, Out: t.out}, shared))
}
