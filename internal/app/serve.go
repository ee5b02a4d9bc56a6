package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/metrics"
)

// A server that is asked to stop is gone within twenty seconds: httpx.Grace for
// the requests under way, then grace for jobs and deliveries, each of which
// takes two seconds more to give back what did not end.
const grace = 5 * time.Second

// Listen opens a listening address; an address in use is said in a sentence.
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program already listens on %s; stop it, or choose another address with --listen", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listening on %s is not allowed for this user; choose a port above 1023 with --listen", addr)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return l, nil
}

// Run serves an open instance on l until ctx ends, with its background work,
// and closes it. Its numbers are shown on the listener numbers, if it is not nil.
func (a *App) Run(ctx context.Context, l, numbers net.Listener) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return httpx.Serve(gctx, l, a.Handler(), a.log) })
	if numbers != nil {
		shown := metrics.Handler(func() []*metrics.Registry { return []*metrics.Registry{a.Metrics} })
		g.Go(func() error { return httpx.Serve(gctx, numbers, shown, a.log) })
	}
	err := g.Wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return errors.Join(err, a.Close(stop))
}
