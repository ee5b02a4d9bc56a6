package app

import (
	"context"

	"github.com/maillage/maillage/internal/host"
)

// HostRule is what is laid down for another server; see host.Policy.
type HostRule = host.Policy

// SetHost lays down what is done with another server, and gives its name as
// it is kept.
func (a *App) SetHost(ctx context.Context, r HostRule, level string) (string, error) {
	r.Level = host.Level(level)
	p, err := a.Hosts.Set(ctx, r)
	return p.Host, err
}
