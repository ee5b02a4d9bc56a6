package db

import (
	"context"
	"database/sql"
	"slices"
	"strings"
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
	changes changes
}

// txq is a Tx's engine: Q plus a query whose rows are closed before anything else runs.
type txq interface {
	Q
	queryOnce(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
}

// Query runs a query; the caller closes the rows.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	t.check()
	t.changes.add(t.d, sql)
	return t.q.Query(ctx, sql, args...)
}

// QueryRow runs a query of at most one row; the caller scans it at once.
func (t *Tx) QueryRow(ctx context.Context, sql string, args ...any) *sql.Row {
	t.check()
	t.changes.add(t.d, sql)
	return t.q.QueryRow(ctx, sql, args...)
}

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, sql string, args ...any) (sql.Result, error) {
	t.check()
	t.changes.add(t.d, sql)
	return t.q.Exec(ctx, sql, args...)
}

func (t *Tx) queryOnce(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	t.check()
	t.changes.add(t.d, sql)
	return t.q.queryOnce(ctx, sql, args...)
}

func (t *Tx) check() {
	if t.done {
		panic("db: transaction used after its end")
	}
}

// AfterCommit has f run once the transaction is durable, after the callbacks
// of earlier transactions and in the order of the calls, and before Write
// returns; never if it is rolled back. f must be quick. A Write inside of f
// returns before its own callbacks have run.
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

// Tell hands a short text, at most MaxTold bytes without line breaks, to those
// who Hear topic on every node of the instance, once the transaction is durable.
// Those of this node hear it in commit order and before Write returns.
func (t *Tx) Tell(topic, text string) {
	if len(topic)+len(text) > MaxTold || strings.ContainsAny(topic+text, "\n\t") {
		panic("db: Tell of what is too long or has line breaks: " + topic)
	}
	t.AfterCommit(func() {
		t.d.told(topic, text)
		if t.d.wire != nil {
			t.d.wire.send(topic, text)
		}
	})
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
