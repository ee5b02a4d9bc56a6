package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

const (
	sqliteReaders = 4
	// idleConn is how long an unused connection stays open. Opening one costs
	// about a millisecond; keeping one costs about 100 KiB.
	idleConn = 30 * time.Second
	// stmtsPerPool bounds the prepared statements of one pool.
	stmtsPerPool = 400
)

type sqliteEngine struct {
	d     *DB
	path  string
	w     writer
	read  *sql.DB
	rpool pool
}

func openSQLite(ctx context.Context, d *DB, path string, readers int) (engine, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// SQLite gives -wal and -shm the rights of the main file.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()
	e := &sqliteEngine{d: d, path: path}
	if e.read, err = e.open("query_only(1)", "cache_size(-1024)"); err != nil {
		return nil, err
	}
	if readers <= 0 {
		readers = sqliteReaders
	}
	e.read.SetMaxOpenConns(readers)
	e.read.SetMaxIdleConns(readers)
	e.read.SetConnMaxIdleTime(idleConn)
	e.rpool = pool{d: d, db: e.read, stmts: newStmts(stmtsPerPool)}

	e.w = writer{d: d, open: func() (*sql.DB, error) { return e.open("cache_size(-2000)") }}
	// The first write makes a new file a WAL database before any reader opens it.
	err = e.write(ctx, func(ctx context.Context, tx *Tx) error {
		var n int
		return tx.QueryRow(ctx, `select count(*) from sqlite_schema`).Scan(&n)
	})
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// open makes a pool. busy_timeout comes first, so that the other settings wait
// for a lock rather than fail. What is deleted is overwritten: who gets hold of
// the file reads nothing that people had erased (see Forget for the log).
func (e *sqliteEngine) open(pragmas ...string) (*sql.DB, error) {
	q := "?_txlock=immediate"
	all := append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
		"mmap_size(1073741824)", "temp_store(MEMORY)", "journal_size_limit(67108864)"}, pragmas...)
	for _, p := range all {
		q += "&_pragma=" + p
	}
	c, err := sqlite.NewConnector((&url.URL{Scheme: "file", Path: filepath.ToSlash(e.path)}).String() + q)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

func (e *sqliteEngine) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return e.w.write(ctx, fn)
}

func (e *sqliteEngine) reader() Q { return &e.rpool }

// admin opens with synchronous=NORMAL: in WAL mode a crash may lose the last
// commits, never the consistency, and closing makes all of them durable.
func (e *sqliteEngine) admin() (*sql.DB, error) {
	p, err := e.open("synchronous(NORMAL)")
	if err == nil {
		p.SetMaxOpenConns(2)
	}
	return p, err
}

func (e *sqliteEngine) close() error {
	rerr := e.read.Close()
	if err := e.w.close(); err != nil {
		return fmt.Errorf("db: close: %w", err)
	}
	return rerr
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
