package db

import (
	"context"
	"os"
	"time"
)

// How long a Nap lasts at most before it looks for what others added.
const (
	napPostgres = 5 * time.Second
	// napSQLite: only a command run beside the server adds something unseen.
	napSQLite = 30 * time.Second
	// racy is how old a file's date must be to tell a later change by another
	// date: file systems count in steps of some milliseconds.
	racy = time.Second
)

// Nap is the sleep of a loop that works off rows of a database. It ends when the
// next row is due, when it is woken, and now and then, since rows come from other
// nodes and from commands run beside the server too, which wake nobody.
//
// On SQLite it looks at the files first: an idle database stays closed, with no
// connection, for as long as nobody writes to it.
type Nap struct {
	d     *DB
	every time.Duration
	mark  fileMark // when the loop last began to read, zero when that says nothing
	timer *time.Timer
}

// NewNap makes the sleep of one loop. It is not for concurrent use.
func (d *DB) NewNap() *Nap {
	n := &Nap{d: d, every: napPostgres}
	if d.Dialect() == SQLite {
		n.every = napSQLite
	}
	return n
}

// Wait sleeps until the next row is due, in next (negative for never), or
// something else calls for a look; it is false when ctx ended.
func (n *Nap) Wait(ctx context.Context, wake <-chan struct{}, next time.Duration) bool {
	// By the wall clock too, which goes on while the machine is suspended.
	due := time.Now().Round(0).Add(next)
	for {
		rest := n.every
		if next >= 0 {
			rest = min(rest, next)
		}
		if n.timer == nil {
			n.timer = time.NewTimer(rest)
		} else {
			n.timer.Reset(rest)
		}
		select {
		case <-wake:
			n.mark = n.look()
			return true
		case <-ctx.Done():
			n.timer.Stop()
			return false
		case <-n.timer.C:
		}
		before := n.mark
		n.mark = n.look()
		if next >= 0 {
			if next -= rest; next <= 0 || !time.Now().Before(due) {
				return true
			}
		}
		if n.mark == (fileMark{}) || n.mark != before {
			return true
		}
	}
}

// fileMark tells a database file and its log from what they were before.
type fileMark struct {
	size, at       int64
	walSize, walAt int64
}

// look gives the mark of the files, zero when a later change may leave it as it
// is or when the database is no file.
func (n *Nap) look() (m fileMark) {
	e, ok := n.d.eng.(*sqliteEngine)
	if !ok {
		return fileMark{}
	}
	file, err := os.Stat(e.path)
	if err != nil {
		return fileMark{}
	}
	m.size, m.at = file.Size(), file.ModTime().UnixNano()
	// An empty log is the same as none: readers make it and take it away.
	if wal, err := os.Stat(e.path + "-wal"); err == nil && wal.Size() > 0 {
		m.walSize, m.walAt = wal.Size(), wal.ModTime().UnixNano()
	}
	if since := time.Now().Add(-racy).UnixNano(); m.at > since || m.walAt > since {
		return fileMark{}
	}
	return m
}
