package db

import (
	"context"
	"database/sql"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
)

// Tx is a write transaction under way. It is used by one goroutine only, and
// not after the function that received it has returned. Rows are closed before
// the next statement of the same text.
type Tx struct {
	d       *DB
	q       txq
	after   []func()
	signals []string
	done    bool
}

// txq is a Tx's engine: Q plus a query whose rows are closed before anything else runs.
type txq interface {
	Q
	queryOnce(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
}

// Query runs a query; the caller closes the rows.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	t.check()
	return t.q.Query(ctx, sql, args...)
}

// QueryRow runs a query of at most one row; the caller scans it at once.
func (t *Tx) QueryRow(ctx context.Context, sql string, args ...any) *sql.Row {
	t.check()
	return t.q.QueryRow(ctx, sql, args...)
}

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, sql string, args ...any) (sql.Result, error) {
	t.check()
	return t.q.Exec(ctx, sql, args...)
}

func (t *Tx) queryOnce(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	t.check()
	return t.q.queryOnce(ctx, sql, args...)
}

func (t *Tx) check() {
	if t.done {
		panic("db: transaction used after its end")
	}
}

// AfterCommit has f run once the transaction is durable, after the callbacks
// of earlier transactions and in the order of the calls; never if it is rolled
// back. f must be quick. Under load Write may return a moment before f ran.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// Signal wakes those who Listen to topic once the transaction is durable. Many
// signals of one topic are one.
func (t *Tx) Signal(topic string) {
	if slices.Contains(t.signals, topic) {
		return
	}
	t.signals = append(t.signals, topic)
	t.AfterCommit(func() { t.d.signal(topic) })
}

// Listen has f called after each transaction of this process that signalled
// topic. f must be quick, as for AfterCommit. stop ends it.
func (d *DB) Listen(topic string, f func()) (stop func()) {
	d.lmu.Lock()
	defer d.lmu.Unlock()
	if d.listeners == nil {
		d.listeners = make(map[string][]*func())
	}
	d.listeners[topic] = append(d.listeners[topic], &f)
	return func() {
		d.lmu.Lock()
		defer d.lmu.Unlock()
		d.listeners[topic] = slices.DeleteFunc(slices.Clone(d.listeners[topic]), func(g *func()) bool { return g == &f })
	}
}

func (d *DB) signal(topic string) {
	d.lmu.Lock()
	fs := d.listeners[topic]
	d.lmu.Unlock()
	for _, f := range fs {
		(*f)()
	}
}

// callbacks runs AfterCommit functions one after the other, in the order in
// which they were added. Nobody waits for a callback that waits for itself: a
// callback may call Write, whose own callbacks then run after it.
type callbacks struct {
	log     *slog.Logger
	mu      sync.Mutex
	queue   []func()
	running bool
}

// add queues fs. The caller serialises add in commit order, then calls run.
func (c *callbacks) add(fs []func()) {
	if len(fs) == 0 {
		return
	}
	c.mu.Lock()
	c.queue = append(c.queue, fs...)
	c.mu.Unlock()
}

// run runs what is queued, unless somebody is doing so already. It takes one
// round; what was added meanwhile is left to a goroutine.
func (c *callbacks) run() {
	c.mu.Lock()
	if c.running || len(c.queue) == 0 {
		c.mu.Unlock()
		return
	}
	c.running = true
	fs := c.queue
	c.queue = nil
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.running = false
		more := len(c.queue) > 0
		c.mu.Unlock()
		if more {
			go c.run()
		}
	}()
	for _, f := range fs {
		c.call(f)
	}
}

func (c *callbacks) call(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic after commit", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
}
