// Package memo keeps what was made from the database for as long as a look at
// the database would give the same.
//
// What holds:
//
//   - What a commit of this process has changed is never given out afterwards:
//     each value knows the tables that it was read from (db.Watch). There is no
//     list of what to invalidate, so that none can be forgotten.
//   - What changes with the clock alone, as the end of a poll, or by another
//     program on the same file, is given out for MaxAge longer at most.
//   - Where several nodes share a database, on PostgreSQL, nothing is kept.
//   - The bytes kept are bounded for the whole process, not for each instance.
//
// Whoever keeps an answer puts all that it depends on beside the database into
// the key: who asks with which rights, the address, the language.
package memo

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/maillage/maillage/internal/db"
)

// MaxAge is how long a value is given out at most.
const MaxAge = time.Second

// overhead is about what a value takes beside its own bytes.
const overhead = 1024

// Memo keeps values, for all instances of a process. It is safe for concurrent use.
type Memo struct {
	most int64

	mu   sync.Mutex
	lru  *lru.LRU[key, *entry]
	size int64
}

type key struct {
	of   *Store
	name string
}

type entry struct {
	value any
	size  int64
	watch *db.Watch
	at    time.Time
}

// New makes a Memo of so many bytes.
func New(most int64) *Memo {
	m := &Memo{most: most}
	m.lru, _ = lru.NewLRU[key, *entry](int(most/overhead)+1, func(_ key, e *entry) { m.size -= e.size }) // the size is valid
	return m
}

// Store is the part of a Memo that belongs to one database. A nil Store keeps nothing.
type Store struct {
	m      *Memo
	d      *db.DB
	always []string
	now    func() time.Time
}

// Of gives the Store of a database. Every value counts as read from the tables
// of always: those whose rows are kept in memory elsewhere. now is the clock,
// nil for the usual one.
func (m *Memo) Of(d *db.DB, now func() time.Time, always ...string) *Store {
	if m == nil {
		return nil
	}
	if now == nil {
		now = time.Now
	}
	return &Store{m, d, always, now}
}

// Forget drops all values of the Store.
func (s *Store) Forget() {
	if s == nil {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for _, k := range s.m.lru.Keys() {
		if k.of == s {
			s.m.lru.Remove(k)
		}
	}
}

// Get gives what is kept under a name, if it is current.
func (s *Store) Get(name string) (value any, ok bool) {
	if s == nil {
		return nil, false
	}
	k := key{s, name}
	s.m.mu.Lock()
	e, ok := s.m.lru.Get(k)
	s.m.mu.Unlock()
	if !ok {
		return nil, false
	}
	if age := s.now().Sub(e.at); age >= 0 && age < MaxAge && e.watch.Current() {
		return e.value, true
	}
	s.m.mu.Lock()
	if now, ok := s.m.lru.Peek(k); ok && now == e {
		s.m.lru.Remove(k)
	}
	s.m.mu.Unlock()
	return nil, false
}

// Begin gives the context under which a value is made, and the function that
// keeps it, of so many bytes. What reads elsewhere than under that context, or
// writes, must not be kept.
func (s *Store) Begin(ctx context.Context) (context.Context, func(name string, value any, size int)) {
	nothing := func(string, any, int) {}
	if s == nil {
		return ctx, nothing
	}
	at := s.now()
	ctx, w := s.d.Watch(ctx, s.always...)
	if w == nil {
		return ctx, nothing
	}
	return ctx, func(name string, value any, size int) {
		e := &entry{value, int64(size + len(name) + overhead), w, at}
		if e.size > s.m.most/16 || !w.Current() {
			return
		}
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		k := key{s, name}
		s.m.lru.Remove(k)
		s.m.lru.Add(k, e)
		s.m.size += e.size
		for range 4 { // what is too old goes with what comes, so that quiet times hold little
			if _, old, ok := s.m.lru.GetOldest(); ok && (s.m.size > s.m.most || s.now().Sub(old.at) >= MaxAge) {
				s.m.lru.RemoveOldest()
			}
		}
		for s.m.size > s.m.most {
			s.m.lru.RemoveOldest()
		}
	}
}

// Do gives the value of a name, made by f when none is kept that is current.
func Do[T any](ctx context.Context, s *Store, name string, f func(context.Context) (T, int, error)) (T, error) {
	if v, ok := s.Get(name); ok {
		return v.(T), nil
	}
	ctx, keep := s.Begin(ctx)
	v, size, err := f(ctx)
	if err == nil {
		keep(name, v, size)
	}
	return v, err
}
