package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
)

// idleAfter is how long an instance without requests stays open.
const idleAfter = 10 * time.Minute

// Fleet serves many instances from one process: the Host header says which.
// Each instance is a folder below the fleet's, with its own database and keys.
// It is opened by its first request, and closed after a while without any,
// unless it still has deliveries to make.
type Fleet struct {
	shared *Shared
	log    *slog.Logger

	mu    sync.Mutex
	crew  map[string]*berth
	ended bool
}

// berth is the place of one instance, open or not.
type berth struct {
	cfg *config.Config

	mu   sync.Mutex
	app  *App
	used time.Time
	busy int // requests under way
}

// NewFleet finds the instances below dir: each folder with a config.yaml.
func NewFleet(dir string, shared *Shared) (*Fleet, error) {
	f := &Fleet{shared: shared, log: shared.Log, crew: map[string]*berth{}}
	found, err := filepath.Glob(filepath.Join(dir, "*", config.FileName))
	if err != nil {
		return nil, err
	}
	for _, file := range found {
		cfg, err := config.Load(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		if other := f.crew[cfg.Host]; other != nil {
			return nil, fmt.Errorf("%s and %s both say that they are %s", other.cfg.Dir, cfg.Dir, cfg.Host)
		}
		f.crew[cfg.Host] = &berth{cfg: cfg}
	}
	if len(f.crew) == 0 {
		return nil, fmt.Errorf("no instance in %s: %w", dir, os.ErrNotExist)
	}
	return f, nil
}

// Hosts lists the instances.
func (f *Fleet) Hosts() []string {
	out := make([]string, 0, len(f.crew))
	for h := range f.crew {
		out = append(out, h)
	}
	return out
}

// Get opens an instance, if it is not open, and gives it. It stays open for
// idleAfter at least.
func (f *Fleet) Get(ctx context.Context, host string) (*App, error) {
	b := f.crew[strings.ToLower(host)]
	if b == nil {
		return nil, os.ErrNotExist
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return f.open(ctx, b)
}

func (f *Fleet) open(ctx context.Context, b *berth) (*App, error) {
	f.mu.Lock()
	ended := f.ended
	f.mu.Unlock()
	if ended {
		return nil, errors.New("app: the fleet is stopping")
	}
	b.used = time.Now()
	if b.app != nil {
		return b.app, nil
	}
	// The instance outlives the request that opened it.
	ctx = context.WithoutCancel(ctx)
	a, err := Open(ctx, b.cfg, f.shared)
	if err != nil {
		return nil, err
	}
	if err := a.Start(ctx); err != nil {
		return nil, errors.Join(err, a.DB.Close())
	}
	b.app = a
	return a, nil
}

// ServeHTTP hands a request to the instance of its Host.
func (f *Fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b := f.crew[strings.ToLower(r.Host)]
	if b == nil {
		http.Error(w, "Aucune section à cette adresse. / No section at this address.", http.StatusMisdirectedRequest)
		return
	}
	b.mu.Lock()
	a, err := f.open(r.Context(), b)
	if err == nil {
		b.busy++
	}
	b.mu.Unlock()
	if err != nil {
		f.log.Error("instance does not open", "host", b.cfg.Host, "err", err)
		w.Header().Set("Retry-After", "60")
		http.Error(w, "Cette section ne répond pas pour le moment. / This section is not available at the moment.", http.StatusServiceUnavailable)
		return
	}
	defer func() {
		b.mu.Lock()
		b.busy--
		b.used = time.Now()
		b.mu.Unlock()
	}()
	a.Handler().ServeHTTP(w, r)
}

// Tend closes the instances that nobody uses, until ctx ends; then it closes all.
func (f *Fleet) Tend(ctx context.Context) error {
	tick := time.NewTicker(idleAfter / 4)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, b := range f.crew {
				if err := f.rest(ctx, b, time.Now().Add(-idleAfter)); err != nil {
					f.log.Error("instance does not close", "host", b.cfg.Host, "err", err)
				}
			}
		case <-ctx.Done():
			return f.Close(context.WithoutCancel(ctx))
		}
	}
}

// rest closes an instance that was not used since a moment and has nothing left to do.
func (f *Fleet) rest(ctx context.Context, b *berth, since time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.app == nil || b.busy > 0 || b.used.After(since) {
		return nil
	}
	pending, err := b.app.pending(ctx)
	if err != nil || pending {
		return err
	}
	err = b.app.Close(ctx)
	b.app = nil
	return err
}

// Close closes all instances, each within the time of grace.
func (f *Fleet) Close(ctx context.Context) error {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, len(f.crew))
	for _, b := range f.crew {
		wg.Go(func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.app != nil {
				errs <- b.app.Close(ctx)
				b.app = nil
			}
		})
	}
	wg.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// pending reports whether the instance still has something to do on its own.
func (a *App) pending(ctx context.Context) (bool, error) {
	n, err := db.Get[int](ctx, a.DB.Read(), `select count(*) from (select host from dest where pending > 0
		union all select kind from job where state <> 'parked' limit 1) as todo`)
	return n > 0, err
}
