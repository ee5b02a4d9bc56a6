package app

import (
	"context"

	"github.com/maillage/maillage/internal/host"
)

// SetHost lays down what is done with another server, and gives its name as
// it is kept.
func (a *App) SetHost(ctx context.Context, name, level, note string) (string, error) {
	p, err := a.Hosts.Set(ctx, host.Policy{Host: name, Level: host.Level(level), Note: note})
	return p.Host, err
}
