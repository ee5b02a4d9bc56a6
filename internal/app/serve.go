package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// A server that is asked to stop is gone within twenty seconds: it waits drain
// for the requests under way, then grace for jobs and deliveries, each of which
// takes two seconds more to give back what did not end.
const (
	drain = 10 * time.Second
	grace = 5 * time.Second
)

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

// Serve answers on l until ctx ends, then finishes the requests that are under way.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := s.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		return s.Close() // a stream or a slow reader: its connection is cut
	}
	return err
}

// Run opens nothing: it serves an open instance on l until ctx ends, with its
// background work, and closes it.
func (a *App) Run(ctx context.Context, l net.Listener) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	err := Serve(ctx, l, a.Handler(), a.log)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return errors.Join(err, a.Close(stop))
}
