package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/config"
)

type doctorCmd struct{ dirFlag }

// Help gives examples.
func (doctorCmd) Help() string {
	return `Looks at the folder, the disk, the database, the work that waits, the name in the DNS and the answer
over https. It exits with 1 when something must be mended.

Examples:

  maillage doctor --dir /srv/maillage`
}

// Run examines the instance.
func (c *doctorCmd) Run(ctx context.Context, t *terminal) error {
	cfg, err := config.Load(c.Dir)
	if err != nil {
		return err
	}
	shared, err := app.NewShared(t.log(slog.LevelError))
	if err != nil {
		return err
	}
	bad := 0
	app.Examine(ctx, cfg, shared, func(f app.Finding) {
		mark := map[app.Verdict]string{app.Fine: "ok  ", app.Odd: "look", app.Wrong: "BAD "}[f.Verdict]
		t.say("%s  %s", mark, f.Text)
		if f.Verdict == app.Wrong {
			bad++
		}
	})
	switch {
	case bad == 1:
		return errors.New("one thing must be mended")
	case bad > 1:
		return fmt.Errorf("%d things must be mended", bad)
	}
	return nil
}
