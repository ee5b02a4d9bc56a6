package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maillage/maillage/internal/db"
)

const (
	defaultTries       = 5
	defaultTimeout     = time.Minute
	defaultConcurrency = 4
	defaultPool        = 16
	lease              = time.Minute
	renewEvery         = lease / 3
	// claimMost is how many jobs of a kind are taken at a time: enough that
	// taking them costs little, few enough that other nodes get their share.
	claimMost = 64
	failDelay = 5 * time.Second // after a failure to claim
	// raceDelay passes before looking again at what another node took first.
	raceDelay = 100 * time.Millisecond
	// maxSleep bounds the harm of a wall clock that was set back.
	maxSleep = time.Hour
)

// Pool bounds how many jobs run at a time, of all runners that share it.
type Pool struct{ slots chan struct{} }

// NewPool makes a pool of n.
func NewPool(n int) *Pool { return &Pool{make(chan struct{}, n)} }

// Runner runs the jobs of one database.
type Runner struct {
	d     *db.DB
	log   *slog.Logger
	now   func() time.Time
	pool  *Pool
	by    string
	wake  chan struct{}
	names []string // sorted

	mu       sync.Mutex
	kinds    map[string]*kind
	inflight map[int64]*task // claimed, and not yet written off
	results  []result
	flushing bool
	changed  chan struct{} // closed and replaced when inflight shrinks
	claiming bool
	claims   int // begun so far
	stopping bool
	beat     *time.Timer

	cancelLoop, cancelTasks context.CancelFunc
	tasks                   context.Context
	loopDone                chan struct{}
	stopListen              func()
}

type kind struct {
	Kind
	queue   []*task // claimed, not started
	workers int
}

// task is a claimed job.
type task struct {
	ID      int64
	Kind    string
	Payload string
	Tries   int
	by      string
	done    atomic.Bool // ended by Done
}

type result struct {
	t    *task
	err  error
	back bool // did not run
}

// New makes a runner; clock nil is the wall clock. Register, then Start.
func New(d *db.DB, log *slog.Logger, clock func() time.Time) *Runner {
	if log == nil {
		log = slog.Default()
	}
	if clock == nil {
		clock = time.Now
	}
	return &Runner{d: d, log: log, now: clock, pool: NewPool(defaultPool), by: rand.Text(), wake: make(chan struct{}, 1),
		kinds: make(map[string]*kind), inflight: make(map[int64]*task), changed: make(chan struct{})}
}

// UsePool makes r share a pool with other runners; before Start.
func (r *Runner) UsePool(p *Pool) { r.pool = p }

// Register adds kinds; before Start. A name given twice panics.
func (r *Runner) Register(ks ...Kind) {
	for _, k := range ks {
		if _, twice := r.kinds[k.Name]; twice || k.Name == "" || k.Handle == nil {
			panic(fmt.Sprintf("jobs: kind %q is registered twice, or has no name or no Handle", k.Name))
		}
		if k.MaxTries <= 0 {
			k.MaxTries = defaultTries
		}
		if k.Timeout <= 0 {
			k.Timeout = defaultTimeout
		}
		if k.Concurrency <= 0 {
			k.Concurrency = defaultConcurrency
		}
		r.kinds[k.Name] = &kind{Kind: k}
		r.names = append(r.names, k.Name)
	}
	slices.Sort(r.names)
}

// Start begins to run jobs, until Stop. ctx is for the start only.
func (r *Runner) Start(ctx context.Context) error {
	if r.d.Dialect() == db.SQLite {
		if err := r.d.Write(ctx, recoverAll); err != nil {
			return fmt.Errorf("jobs: start: %w", err)
		}
	}
	loop, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancelLoop, r.loopDone = cancel, make(chan struct{})
	r.tasks, r.cancelTasks = context.WithCancel(context.WithoutCancel(ctx))
	r.stopListen = r.d.Listen(topic, r.Wake)
	go r.loop(loop)
	return nil
}

// Wake makes r look for due jobs; needed only after the clock was moved.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// loop claims jobs and hands them to workers.
func (r *Runner) loop(ctx context.Context) {
	defer close(r.loopDone)
	var wait time.Duration
	for nap := r.d.NewNap(); nap.Wait(ctx, r.wake, wait); {
		var err error
		if wait, err = r.fill(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			r.log.Error("jobs: claim", "err", err)
			wait = failDelay
		}
	}
}

// fill claims what is due for the kinds that have room, and says how long
// until the next of them is due, negative for never.
func (r *Runner) fill(ctx context.Context) (time.Duration, error) {
	want := make(map[string]int)
	var kinds []string
	r.mu.Lock()
	for _, name := range r.names {
		k := r.kinds[name]
		if len(k.queue) < k.Concurrency { // a worker that takes the queue below this wakes us
			want[name] = max(k.Concurrency, min(claimMost, 8*k.Concurrency)) - len(k.queue)
			kinds = append(kinds, name)
		}
	}
	r.mu.Unlock()
	if len(kinds) == 0 {
		return -1, nil
	}
	due, err := nextDue(ctx, r.d.Read(), kinds)
	if err != nil {
		return 0, err
	}
	now := r.now().UnixMilli()
	wait := int64(-1)
	for name, at := range due {
		if at > now {
			if wait < 0 || at-now < wait {
				wait = at - now
			}
			delete(want, name)
		}
	}
	var claimed []*task
	if anyDue(due, now) {
		r.mu.Lock()
		r.claiming = true
		r.claims++
		r.mu.Unlock()
		defer r.claimed()
		err = r.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			claimed = nil
			for _, name := range kinds {
				if _, ok := due[name]; !ok || want[name] == 0 {
					continue
				}
				ts, err := claim(ctx, tx, r.d.Dialect(), name, r.by, now, now+lease.Milliseconds(), want[name])
				if err != nil {
					return err
				}
				claimed = append(claimed, ts...)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	if r.dispatch(claimed) {
		return 0, nil // what is due after these?
	}
	if anyDue(due, now) {
		return raceDelay, nil
	}
	return time.Duration(min(wait, maxSleep.Milliseconds())) * time.Millisecond, nil
}

func (r *Runner) claimed() {
	r.mu.Lock()
	r.claiming = false
	r.broadcast()
	r.mu.Unlock()
}

func anyDue(due map[string]int64, now int64) bool {
	for _, at := range due {
		if at <= now {
			return true
		}
	}
	return false
}
