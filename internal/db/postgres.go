package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	pgReaders = 16
	pgWriters = 12
	pgRetries = 8
)

// pgEngine has two pools, so that a transaction that reads outside of itself
// never waits for a connection held by another transaction.
type pgEngine struct {
	d    *DB
	url  string
	w, r *sql.DB
}

func openPostgres(ctx context.Context, d *DB, url string, readers int) (engine, error) {
	e := &pgEngine{d: d, url: url}
	var err error
	if e.w, err = e.open(nil); err != nil {
		return nil, err
	}
	if e.r, err = e.open(map[string]string{"default_transaction_read_only": "on"}); err != nil {
		return nil, err
	}
	if readers <= 0 {
		readers = pgReaders
	}
	e.w.SetMaxOpenConns(pgWriters)
	e.r.SetMaxOpenConns(readers)
	for _, p := range []*sql.DB{e.w, e.r} {
		p.SetMaxIdleConns(4)
		p.SetConnMaxIdleTime(2 * time.Minute)
	}
	if err := e.r.PingContext(ctx); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *pgEngine) open(params map[string]string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(e.url)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = "maillage"
	cfg.RuntimeParams["jit"] = "off" // our queries are short; compiling them costs more
	for k, v := range params {
		cfg.RuntimeParams[k] = v
	}
	return stdlib.OpenDB(*cfg), nil
}

func (e *pgEngine) reader() Q { return pgPool{e.r} }

func (e *pgEngine) admin() (*sql.DB, error) { return e.open(nil) }

func (e *pgEngine) close() error { return errors.Join(e.w.Close(), e.r.Close()) }

func (e *pgEngine) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for try := 0; ; try++ {
		err := e.once(ctx, fn)
		var pe *pgconn.PgError
		if err == nil || !errors.As(err, &pe) || !again(pe.Code, try) {
			return err
		}
		select {
		case <-time.After(rand.N(time.Millisecond << try)):
		case <-ctx.Done():
			return err
		}
	}
}

// again reports whether a transaction that failed is done anew. One that inserted
// what another had inserted since it looked finds it when it looks again, once: what
// is there twice for good fails again.
func again(code string, try int) bool {
	switch code {
	case "40001", "40P01":
		return try < pgRetries
	case "23505":
		return try == 0
	}
	return false
}

func (e *pgEngine) once(ctx context.Context, fn func(context.Context, *Tx) error) error {
	t, err := e.w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	tx := &Tx{d: e.d, q: pgTx{t}}
	defer func() {
		tx.done = true
		t.Rollback() // nothing after a commit
	}()
	if err := fn(context.WithValue(ctx, txKey{e.d}, tx), tx); err != nil {
		return err
	}
	tx.done = true
	if err := t.Commit(); err != nil {
		return err
	}
	e.d.writes.Add(1)
	e.d.commits.Add(1)
	e.d.cb.run(e.d.cb.add(tx.after))
	return nil
}

type pgPool struct{ db *sql.DB }

func (p pgPool) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.db.QueryContext(ctx, text, args...)
}

func (p pgPool) QueryRow(ctx context.Context, text string, args ...any) *sql.Row {
	return p.db.QueryRowContext(ctx, text, args...)
}

func (p pgPool) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, text, args...)
}

type pgTx struct{ t *sql.Tx }

func (p pgTx) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.t.QueryContext(ctx, text, args...)
}

func (p pgTx) queryOnce(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.t.QueryContext(ctx, text, args...)
}

func (p pgTx) QueryRow(ctx context.Context, text string, args ...any) *sql.Row {
	return p.t.QueryRowContext(ctx, text, args...)
}

func (p pgTx) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.t.ExecContext(ctx, text, args...)
}
