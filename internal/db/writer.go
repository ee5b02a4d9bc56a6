package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/apperr"
)

// A batch ends with this many transactions or after this much work, whichever
// comes first; it never waits for more to come.
const (
	batchMost = 128
	batchTime = 5 * time.Millisecond
	// waitersMost bounds the queue: beyond it, a write is refused rather than
	// answered after everybody has gone.
	waitersMost = 8192
)

// writer is SQLite's single writer. There is no writer goroutine: whoever
// writes holds the turn, runs its own function in its own goroutine, and gives
// the turn to the next in the queue. The one that finds nobody behind it, or
// the batch full, commits for all.
type writer struct {
	d    *DB
	open func() (*sql.DB, error)

	mu     sync.Mutex
	queue  []*waiter
	busy   bool // somebody holds the turn
	closed bool
	idle   *time.Timer

	// Of whoever holds the turn.
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*stmt
	batch *batch
}

var errCrowded = apperr.Unavailable("error.unavailable").Wrap(errors.New("db: too many writes are waiting"))

type waiter struct{ turn chan struct{} }

// batch is one SQLite transaction shared by several calls of Write.
type batch struct {
	start   time.Time
	members int // calls whose work is in the transaction
	after   []func()
	changes changes
	done    chan struct{} // closed when err is final
	err     error
}

func (w *writer) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if err := w.acquire(ctx); err != nil {
		return err
	}
	// From here the turn must be given on, whatever fn does.
	b, err := w.begin(context.WithoutCancel(ctx))
	if err != nil {
		w.release()
		return err
	}
	tx := &Tx{d: w.d, q: w}
	returned := false
	defer func() {
		if !returned { // a panic or runtime.Goexit in fn goes on to the caller
			tx.done = true
			w.undo(b)
			w.next()
		}
	}()
	err = fn(context.WithValue(ctx, txKey{w.d}, tx), tx)
	tx.done = true
	if err == nil {
		err = w.keep(b, tx)
	} else {
		w.undo(b)
	}
	returned = true
	w.next()
	if err != nil {
		return err
	}
	<-b.done
	return b.err
}

// acquire waits for the turn.
func (w *writer) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	if !w.busy {
		w.busy = true
		w.mu.Unlock()
		return nil
	}
	if len(w.queue) >= waitersMost {
		w.mu.Unlock()
		return errCrowded
	}
	me := &waiter{make(chan struct{}, 1)}
	w.queue = append(w.queue, me)
	w.mu.Unlock()
	select {
	case <-me.turn:
	case <-ctx.Done():
		w.mu.Lock()
		if i := slices.Index(w.queue, me); i >= 0 {
			w.queue = slices.Delete(w.queue, i, i+1)
			w.mu.Unlock()
			return ctx.Err()
		}
		w.mu.Unlock()
		<-me.turn
	}
	err := ctx.Err()
	if err == nil && w.closed {
		err = ErrClosed
	}
	if err != nil {
		w.next()
	}
	return err
}

// begin makes sure that a transaction is open, and sets a savepoint unless it is a fresh one.
func (w *writer) begin(ctx context.Context) (*batch, error) {
	if w.batch != nil {
		if err := w.exec(ctx, "savepoint s"); err != nil {
			w.fail(err)
			return nil, err
		}
		return w.batch, nil
	}
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return nil, err
		}
	}
	if err := w.exec(ctx, "begin immediate"); err != nil {
		if !IsBusy(err) {
			w.disconnect() // the next call tries with a new connection
		}
		return nil, err
	}
	w.batch = &batch{start: time.Now(), done: make(chan struct{})}
	return w.batch, nil
}

// keep makes tx's work part of the batch.
func (w *writer) keep(b *batch, tx *Tx) error {
	if b.members > 0 {
		if err := w.exec(context.Background(), "release s"); err != nil {
			w.fail(err)
			return err
		}
	}
	b.members++
	b.after = append(b.after, tx.after...)
	b.changes.join(tx.changes)
	return nil
}

// undo takes back the work of the current call only.
func (w *writer) undo(b *batch) {
	ctx := context.Background()
	if b.members == 0 {
		w.exec(ctx, "rollback")
		w.batch = nil
		return
	}
	err := w.exec(ctx, "rollback to s")
	if err == nil {
		err = w.exec(ctx, "release s")
	}
	if err != nil {
		w.fail(err)
	}
}

// fail gives up the whole batch: SQLite has rolled it back by itself (disk
// full, I/O error) or cannot go on with it.
func (w *writer) fail(err error) {
	b := w.batch
	w.exec(context.Background(), "rollback")
	w.batch = nil
	b.err = apperr.Unavailable("error.unavailable").Wrap(fmt.Errorf("db: shared transaction lost: %w", err))
	close(b.done)
}

// next gives the turn to the next of the batch, or ends the batch.
func (w *writer) next() {
	b := w.batch
	if b == nil {
		w.release()
		return
	}
	if b.members < batchMost && time.Since(b.start) < batchTime {
		w.mu.Lock()
		if len(w.queue) > 0 && !w.closed {
			w.handOver()
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
	}
	if err := w.exec(context.Background(), "commit"); err != nil {
		w.fail(err)
		w.release()
		return
	}
	w.batch = nil
	w.d.writes.Add(int64(b.members))
	w.d.commits.Add(1)
	after := w.committed(b)
	w.release()
	w.d.cb.run(after)
	close(b.done)
}

// committed makes a batch known to those who watch, and once more after its
// callbacks: until then, what is kept in memory may be older than the database.
func (w *writer) committed(b *batch) *afterGroup {
	b.changes.count(w.d)
	if len(b.after) > 0 {
		b.after = append(b.after, func() { b.changes.count(w.d) })
	}
	return w.d.cb.add(b.after)
}

// handOver gives the turn to the first in the queue; w.mu is held.
func (w *writer) handOver() {
	n := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	n.turn <- struct{}{}
}

// release gives the turn to whoever waits, with no transaction open.
func (w *writer) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		w.handOver()
		return
	}
	w.queue = nil
	w.busy = false
	switch {
	case w.closed:
	case w.idle == nil:
		w.idle = time.AfterFunc(idleConn, w.rest)
	default:
		w.idle.Reset(idleConn)
	}
}

// rest closes the connection of a writer that has been idle for a while.
func (w *writer) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.busy && !w.closed {
		w.disconnect()
	}
}

func (w *writer) connect(ctx context.Context) (err error) {
	if w.db, err = w.open(); err != nil {
		return err
	}
	if w.conn, err = w.db.Conn(ctx); err != nil {
		w.db.Close()
		return err
	}
	w.stmts = make(map[string]*stmt)
	return nil
}

func (w *writer) disconnect() error {
	if w.conn == nil {
		return nil
	}
	for _, s := range w.stmts {
		s.Close()
	}
	err := errors.Join(w.conn.Close(), w.db.Close())
	w.db, w.conn, w.stmts = nil, nil, nil
	return err
}

func (w *writer) close() error {
	if err := w.acquire(context.Background()); err != nil {
		return nil // closed before
	}
	var after *afterGroup
	if w.batch != nil { // take the turn at the end of a batch, not in the middle
		b := w.batch
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		if err := w.exec(context.Background(), "commit"); err != nil {
			w.fail(err)
		} else {
			w.batch = nil
			after = w.committed(b)
			close(b.done)
		}
	}
	w.mu.Lock()
	w.closed = true
	if w.idle != nil {
		w.idle.Stop()
	}
	w.mu.Unlock()
	err := w.disconnect()
	w.release()
	w.d.cb.run(after)
	return err
}

// stmt gives the prepared statement for text, of the writer's connection.
func (w *writer) stmt(ctx context.Context, text string) (*stmt, error) {
	if s := w.stmts[text]; s != nil {
		return s, nil
	}
	compiled, order := positional(text)
	prepared, err := w.conn.PrepareContext(ctx, compiled)
	if err != nil {
		return nil, err
	}
	s := &stmt{Stmt: prepared, order: order}
	if len(w.stmts) >= stmtsPerPool {
		for k, old := range w.stmts {
			old.Close()
			delete(w.stmts, k)
			break
		}
	}
	w.stmts[text] = s
	return s, nil
}

func (w *writer) exec(ctx context.Context, text string) error {
	_, err := w.Exec(ctx, text)
	return err
}

// The statements of a transaction ignore the end of ctx: interrupting one would
// make SQLite roll back the whole batch.

func (w *writer) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	ctx = context.WithoutCancel(ctx)
	s, err := w.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, arrange(args, s.order)...)
}

func (w *writer) QueryRow(ctx context.Context, text string, args ...any) *sql.Row {
	ctx = context.WithoutCancel(ctx)
	s, err := w.stmt(ctx, text)
	if err != nil {
		return w.conn.QueryRowContext(ctx, text, args...) // carries the same error
	}
	return s.QueryRowContext(ctx, arrange(args, s.order)...)
}

// Query prepares anew: a prepared statement cannot run twice at a time, and
// the caller may nest two queries of one text.
func (w *writer) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return w.conn.QueryContext(context.WithoutCancel(ctx), text, args...)
}

func (w *writer) queryOnce(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	ctx = context.WithoutCancel(ctx)
	s, err := w.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, arrange(args, s.order)...)
}
