package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

const (
	failDelay = 5 * time.Second // after a failure to claim
	maxSleep  = time.Hour       // bounds the harm of a wall clock that was set back
	raceDelay = 50 * time.Millisecond
	// A visit that lasts longer than this gives its place among the workers to
	// another and goes on beside them.
	slowAfter = 250 * time.Millisecond
	// gatherFor is how long results wait for those of the visits under way: a
	// commit costs as much as sending to several hosts.
	gatherFor = 20 * time.Millisecond
	bodyCache = 8 << 20 // bytes
)

// Options of a Queue; zero values are the defaults.
type Options struct {
	Workers int              // hosts sent to at a time, not counting slow ones; default 128
	Slow    int              // slow hosts waited for at a time; default 512
	PerHost int              // deliveries to a host before others have their turn; default 20
	Clock   func() time.Time // default the wall clock
	Log     *slog.Logger
	// Gone is called in the transaction that removes what waits for an inbox
	// which answered 410.
	Gone func(ctx context.Context, tx *db.Tx, inbox string) error
}

// Queue sends what is due.
type Queue struct {
	d    *db.DB
	send Sender
	o    Options
	by   string
	wake chan struct{}

	mu       sync.Mutex
	active   int             // visits counted among the workers
	retries  int             // of these, to hosts that failed last
	slow     int             // visits that go on beside
	slowRe   int             // of these, to hosts that failed last
	open     map[string]bool // hosts of visits whose result is not written
	later    []*visit        // claimed while a former visit of the host was still being written
	claiming bool
	claims   int // begun so far
	results  []*visit
	flushing bool
	stopping bool
	changed  chan struct{} // closed and replaced when open shrinks
	bodies   map[int64][]byte
	size     int

	lastNow                 int64
	tasks                   context.Context
	cancelLoop, cancelTasks context.CancelFunc
	loopDone                chan struct{}
	stopListen              func()
}

// New makes a queue that sends through send.
func New(d *db.DB, send Sender, o Options) *Queue {
	if o.Workers <= 0 {
		o.Workers = 128
	}
	if o.Slow <= 0 {
		o.Slow = 512
	}
	if o.PerHost <= 0 {
		o.PerHost = 20
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Queue{d: d, send: send, o: o, by: rand.Text(), wake: make(chan struct{}, 1),
		open: make(map[string]bool), changed: make(chan struct{})}
}

// Start begins to send, until Stop. ctx is for the start only.
func (q *Queue) Start(ctx context.Context) error {
	if q.d.Dialect() == db.SQLite { // this process is the only one: no lease is held
		err := q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Exec(ctx, tx, `update dest set next_at = 0, lease_by = '' where pending > 0 and fails = 0 and next_at > 0`)
			return err
		})
		if err != nil {
			return fmt.Errorf("outbox: start: %w", err)
		}
	}
	loop, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q.cancelLoop, q.loopDone = cancel, make(chan struct{})
	q.tasks, q.cancelTasks = context.WithCancel(context.WithoutCancel(ctx))
	q.stopListen = q.d.Listen(topic, q.Wake)
	go q.loop(loop)
	return nil
}

// Wake makes q look for what is due; needed only after the clock was moved.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue) loop(ctx context.Context) {
	defer close(q.loopDone)
	var wait time.Duration
	for nap := q.d.NewNap(); nap.Wait(ctx, q.wake, wait); {
		var err error
		if wait, err = q.fill(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			q.o.Log.Error("outbox: claim", "err", err)
			wait = failDelay
		}
	}
}

func (q *Queue) visit(v *visit, body func(int64) []byte) {
	timer := time.AfterFunc(slowAfter, func() { q.aside(v) })
	ctx, cancel := context.WithTimeout(q.tasks, leaseTime-10*time.Second)
	v.run(ctx, q.send, body, q.o.Clock(), func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.stopping
	})
	cancel()
	timer.Stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	v.over = true
	if v.slow {
		q.slow--
		if v.Fails > 0 {
			q.slowRe--
		}
	} else {
		q.leave(v)
	}
	q.results = append(q.results, v)
	if !q.flushing {
		q.flushing = true
		go q.flush()
	}
}

// aside moves a slow visit out of the workers, unless too many are there. Half
// of the places are kept for hosts that did not fail last.
func (q *Queue) aside(v *visit) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if v.over || q.slow >= q.o.Slow || v.Fails > 0 && q.slowRe >= q.o.Slow/2 {
		return
	}
	v.slow = true
	q.slow++
	if v.Fails > 0 {
		q.slowRe++
	}
	q.leave(v)
}

// leave takes a visit off the workers; q.mu is held.
func (q *Queue) leave(v *visit) {
	q.active--
	if v.Fails > 0 {
		q.retries--
	}
	share := max(q.o.Workers/4, 1)
	if q.o.Workers-q.active == share || q.active == 0 || v.Fails > 0 && (q.retries == share/2 || q.retries == 0) {
		q.Wake()
	}
}

// flush writes results, all that are there at a time in one transaction.
func (q *Queue) flush() {
	for wait := time.Second; ; {
		q.mu.Lock()
		if more := len(q.open) - len(q.results); more > 0 && !q.stopping {
			q.mu.Unlock()
			time.Sleep(gatherFor)
			q.mu.Lock()
		}
		vs := q.results
		q.results = nil
		if len(vs) == 0 {
			q.flushing = false
			if len(q.open) == 0 {
				q.bodies, q.size = nil, 0
			}
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		err := q.d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if err := store(ctx, tx, q.d.Dialect(), q.by, q.o.Clock().UnixMilli(), vs); err != nil {
				return err
			}
			if q.o.Gone != nil {
				for _, v := range vs {
					for _, inbox := range v.gone {
						if err := q.o.Gone(ctx, tx, inbox); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			q.o.Log.Error("outbox: write results", "err", err, "hosts", len(vs))
			if apperr.Is(err, apperr.KindUnavailable) && !errors.Is(err, db.ErrClosed) && q.tasks.Err() == nil {
				q.mu.Lock()
				q.results = append(vs, q.results...)
				q.mu.Unlock()
				select {
				case <-time.After(wait):
				case <-q.tasks.Done():
				}
				wait = min(2*wait, leaseTime/2)
				continue
			}
			// Their leases end, and they are sent again.
		}
		wait = time.Second
		q.closed(vs)
		q.Wake() // more may have come for these hosts meanwhile
	}
}

// closed notes that nothing of vs is left to do.
func (q *Queue) closed(vs []*visit) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, v := range vs {
		delete(q.open, v.Host)
	}
	q.broadcast()
}

func (q *Queue) claimed() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claiming = false
	q.broadcast()
}

// broadcast wakes who waits in drained; q.mu is held.
func (q *Queue) broadcast() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// Stop lets the deliveries under way end and writes their results. When ctx
// ends first, they are interrupted, and sent again later.
func (q *Queue) Stop(ctx context.Context) error {
	q.stopListen()
	q.cancelLoop()
	<-q.loopDone
	defer q.cancelTasks()
	q.mu.Lock()
	q.stopping, q.later = true, nil
	q.mu.Unlock()
	err := q.drained(ctx)
	if err != nil {
		q.cancelTasks()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err = q.drained(last)
	}
	return err
}

func (q *Queue) drained(ctx context.Context) error {
	for {
		q.mu.Lock()
		n, busy, changed := len(q.open)+len(q.later), q.claiming, q.changed
		q.mu.Unlock()
		if n == 0 && !busy {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("outbox: %d hosts are still being sent to: %w", n, ctx.Err())
		}
	}
}

// Begun is how often q has taken up deliveries so far: as long as it stays the
// same, q sends nothing.
func (q *Queue) Begun() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.claims
}

// Idle waits until nothing is due or under way.
func (q *Queue) Idle(ctx context.Context) error {
	for {
		begun := q.Begun()
		if err := q.drained(ctx); err != nil {
			return err
		}
		healthy, failing, err := nextDue(ctx, q.d.Read())
		if err != nil {
			return err
		}
		now := q.o.Clock().UnixMilli()
		if (healthy < 0 || healthy > now) && (failing < 0 || failing > now) {
			if q.Begun() == begun {
				return nil
			}
			continue
		}
		q.Wake()
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Hosts tells how the hosts stand that something waits for or that failed
// last, those with the most waiting first, at most 200.
func (q *Queue) Hosts(ctx context.Context) ([]HostState, error) {
	return db.All[HostState](ctx, q.d.Read(), `select host, pending, fails, next_at, last_error, last_ok_at from dest
		where pending > 0 or fails > 0 order by pending desc, host limit 200`)
}
