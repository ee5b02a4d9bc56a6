package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
)

// Dialect names the engine behind a DB.
type Dialect int

// The engines.
const (
	SQLite Dialect = iota + 1
	Postgres
)

func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "sqlite"
	case Postgres:
		return "postgres"
	}
	return "unknown"
}

// Q runs SQL: a read pool or a transaction.
type Q interface {
	Query(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) *sql.Row
	Exec(ctx context.Context, sql string, args ...any) (sql.Result, error)
}

// Options says what to open.
type Options struct {
	URL     string       // "sqlite:/path/x.db" or "postgres://…"
	Log     *slog.Logger // nil: the default logger
	Readers int          // most reading connections; 0: 4 on SQLite, 16 on PostgreSQL
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error
	reader() Q
	// admin opens a pool of its own for migrations, closed by the caller.
	admin() (*sql.DB, error)
	close() error
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	url     string
	dialect Dialect
	log     *slog.Logger
	eng     engine
	cb      callbacks

	writes, commits atomic.Int64

	lmu       sync.Mutex
	listeners map[string][]*func() // slices are replaced, never changed
	hearers   map[string][]*func(string)
	wire      *wire // to the other nodes; nil on SQLite, which has none

	schema atomic.Pointer[schema] // nil until somebody watches
}

// Stats counts since Open: calls of Write that succeeded, and the commits that they took.
type Stats struct{ Writes, Commits int64 }

// Stats gives the counts.
func (d *DB) Stats() Stats { return Stats{d.writes.Load(), d.commits.Load()} }

// ErrClosed is returned by a DB that was closed.
var ErrClosed = errors.New("db: closed")

// Open opens the database named by o.URL and checks that it answers. A SQLite
// file is created when absent, readable by its owner only.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{url: o.URL, log: o.Log}
	if d.log == nil {
		d.log = slog.Default()
	}
	d.cb.log, d.cb.wait = d.log, callbackWait
	var err error
	switch path, isFile := strings.CutPrefix(o.URL, "sqlite:"); {
	case isFile:
		d.dialect = SQLite
		d.eng, err = openSQLite(ctx, d, path, o.Readers)
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		d.dialect = Postgres
		d.eng, err = openPostgres(ctx, d, o.URL, o.Readers)
		d.wire = newWire(d)
	default:
		return nil, errors.New("db: the database must be given as sqlite:/path or postgres://…")
	}
	if err != nil {
		return nil, fmt.Errorf("db: open: %w", err)
	}
	return d, nil
}

// Close waits for the write under way and closes all connections.
func (d *DB) Close() error {
	if d.wire != nil {
		d.wire.close()
	}
	return d.eng.close()
}

// URL is what d was opened with. It may hold a password: not for logs.
func (d *DB) URL() string { return d.url }

// Dialect is the engine behind d.
func (d *DB) Dialect() Dialect { return d.dialect }

// Read is the pool of reading connections. What Write has returned from is
// visible to it; a transaction under way is not.
func (d *DB) Read() Q { return d.eng.reader() }

// Write runs fn in one transaction and returns when it is durable.
//
// On SQLite fn runs alone and must not wait for the network: everybody else's
// writes wait for it. It shares its commit with the writes queued behind it,
// in a savepoint of its own: an error or a panic of fn undoes only its own
// work. A ctx that ends before fn's turn means that fn is not run; later it
// does not interrupt the SQL. On PostgreSQL fn runs again when the transaction
// met a deadlock or a serialization failure, so it must set its results anew
// at each run.
//
// Write inside Write panics: pass tx instead. A full disk or a database that
// stays locked or unreachable is apperr.KindUnavailable.
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if ctx.Value(txKey{d}) != nil {
		panic("db: Write inside Write: pass tx to what writes")
	}
	spoil(ctx)
	return classify(d.eng.write(ctx, fn))
}

// txKey marks a context of a transaction under way on d.
type txKey struct{ d *DB }
