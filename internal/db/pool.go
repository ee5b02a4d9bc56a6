package db

import (
	"context"
	"database/sql"
	"sync"
)

// pool is a read pool with prepared statements, for SQLite. PostgreSQL's
// driver keeps its own.
type pool struct {
	d     *DB
	db    *sql.DB
	stmts *stmts
}

func (p *pool) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	p.d.watched(ctx, text)
	s, err := p.stmts.get(ctx, p.db, text)
	if err != nil {
		return nil, err
	}
	defer p.stmts.put(s)
	return s.QueryContext(ctx, arrange(args, s.order)...)
}

// queryOnce is not interrupted when ctx ends, since watching ctx takes two
// goroutines per query and doubles the price of a small one. Its caller looks
// at ctx between rows.
func (p *pool) queryOnce(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.Query(context.WithoutCancel(ctx), text, args...)
}

func (p *pool) QueryRow(ctx context.Context, text string, args ...any) *sql.Row {
	p.d.watched(ctx, text)
	if ctx.Err() == nil {
		ctx = context.WithoutCancel(ctx)
	}
	s, err := p.stmts.get(ctx, p.db, text)
	if err != nil {
		return p.db.QueryRowContext(ctx, text, args...) // carries the same error
	}
	defer p.stmts.put(s)
	return s.QueryRowContext(ctx, arrange(args, s.order)...)
}

func (p *pool) Exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, text, args...)
}

// stmts holds the prepared statements of a pool by their text, at most so many.
type stmts struct {
	most int
	mu   sync.Mutex
	m    map[string]*stmt
}

type stmt struct {
	*sql.Stmt
	order   []int // of the arguments, see positional
	refs    int   // calls that are starting; rows under way hold the statement by themselves
	evicted bool
}

func newStmts(most int) *stmts { return &stmts{most: most, m: make(map[string]*stmt)} }

func (c *stmts) get(ctx context.Context, db *sql.DB, text string) (*stmt, error) {
	c.mu.Lock()
	if s := c.m[text]; s != nil {
		s.refs++
		c.mu.Unlock()
		return s, nil
	}
	c.mu.Unlock()
	compiled, order := positional(text)
	prepared, err := db.PrepareContext(ctx, compiled)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if s := c.m[text]; s != nil { // somebody else was faster
		s.refs++
		c.mu.Unlock()
		prepared.Close()
		return s, nil
	}
	var old *stmt
	if len(c.m) >= c.most {
		for k, v := range c.m {
			v.evicted = true
			if v.refs == 0 {
				old = v
			}
			delete(c.m, k)
			break
		}
	}
	s := &stmt{Stmt: prepared, order: order, refs: 1}
	c.m[text] = s
	c.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return s, nil
}

func (c *stmts) put(s *stmt) {
	c.mu.Lock()
	s.refs--
	end := s.evicted && s.refs == 0
	c.mu.Unlock()
	if end {
		s.Close()
	}
}
