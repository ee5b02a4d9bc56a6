package httpx

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// MaxInFlight is how many requests may be answered at once. More are refused at
// once with 503: a request that waits holds memory and is answered too late.
const MaxInFlight = 1000

// Grace is how long requests may go on after the server was asked to stop.
const Grace = 10 * time.Second

// Serve answers on a listener until ctx ends, then lets the requests under way
// finish within Grace. It returns nil after an orderly stop.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	return Serve(ctx, ln, s, s.opts.Log)
}

// Serve answers on a listener with any handler, with the limits that protect a
// server from slow or endless requests.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, logger *slog.Logger) error {
	if logger == nil {
		logger = slog.Default()
	}
	srv := &http.Server{
		Handler:           shed(h, MaxInFlight),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      90 * time.Second, // a stream lifts it with http.ResponseController
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(lineLogger{logger}, "", 0),
		BaseContext:       func(net.Listener) context.Context { return withStop(ctx) },
	}
	stop := context.AfterFunc(ctx, func() {
		graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
		defer cancel()
		if err := srv.Shutdown(graceful); err != nil {
			srv.Close()
		}
	})
	err := srv.Serve(ln)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	// Serve returns when the shutdown begins; the requests under way are waited for here.
	graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
	defer cancel()
	if err := srv.Shutdown(graceful); err != nil {
		srv.Close()
	}
	return nil
}

// shed refuses requests beyond most at once.
func shed(h http.Handler, most int64) http.Handler {
	var inFlight atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		release := sync.OnceFunc(func() { inFlight.Add(-1) })
		defer release()
		if inFlight.Add(1) > most {
			w.Header().Set("Retry-After", "5")
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), releaseKey{}, release)))
	})
}

// lineLogger carries net/http's own complaints (bad handshakes and the like),
// which may name an address, at debug level only.
type lineLogger struct{ log *slog.Logger }

func (l lineLogger) Write(p []byte) (int, error) {
	l.log.Debug("http", "msg", string(p))
	return len(p), nil
}
