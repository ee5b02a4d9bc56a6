package db

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Watch notes which tables are read under its context, and knows whether a
// commit has changed any of them since. What was made from nothing but those
// reads may be given out again for as long as it is Current.
//
// Tables are recognised by the texts of the statements, so that a table is
// rather noted once too often than missed; a statement that is not understood
// counts as a change of all.
type Watch struct {
	d *DB
	s *schema

	mu      sync.Mutex
	marks   []mark
	spoiled bool
}

// mark is a table, and its count of changes before it was first read.
type mark struct {
	table int
	count uint64
}

type watchKey struct{}

// Watch gives a context that notes reads, and those tables beside them: for what
// is kept in memory and read from there. It is nil where other nodes may write
// too, on PostgreSQL: a nil Watch is never Current.
func (d *DB) Watch(ctx context.Context, tables ...string) (context.Context, *Watch) {
	s := d.tables(ctx)
	if s == nil {
		return ctx, nil
	}
	w := &Watch{d: d, s: s, marks: make([]mark, 0, 32)}
	for _, name := range tables {
		if t, ok := s.index[name]; ok {
			w.mark(t)
		}
	}
	return context.WithValue(ctx, watchKey{}, w), w
}

// Current reports whether nothing that was read has been changed by a commit since.
func (w *Watch) Current() bool {
	if w == nil || w.d.schema.Load() != w.s {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.marks {
		if w.s.counts[m.table].Load() != m.count {
			return false
		}
	}
	return !w.spoiled
}

func (w *Watch) mark(table int) {
	for _, m := range w.marks {
		if m.table == table {
			return
		}
	}
	w.marks = append(w.marks, mark{table, w.s.counts[table].Load()})
}

// watched notes a read of d by whoever has ctx.
func (d *DB) watched(ctx context.Context, text string) {
	w, ok := ctx.Value(watchKey{}).(*Watch)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.d != d {
		w.spoiled = true
		return
	}
	for _, t := range w.s.effects(text).named {
		w.mark(t)
	}
}

// spoil says that what is made under ctx has an effect and is not to be given out again.
func spoil(ctx context.Context) {
	if w, ok := ctx.Value(watchKey{}).(*Watch); ok {
		w.mu.Lock()
		w.spoiled = true
		w.mu.Unlock()
	}
}

// schema counts the changes of each table.
type schema struct {
	index   map[string]int
	counts  []atomic.Uint64
	follows [][]int // by table: those that a deletion from it reaches by foreign keys

	mu    sync.RWMutex
	texts map[string]effects
}

// effects is what a statement does, as far as its text tells.
type effects struct {
	named   []int // tables that it names
	changed []int // tables that it may change
	all     bool  // it may change any
}

// textsMost bounds the statements whose effects are remembered.
const textsMost = 4096

// tables gives the schema, read on first use; nil when it is not to be had.
func (d *DB) tables(ctx context.Context) *schema {
	if s := d.schema.Load(); s != nil || d.dialect != SQLite {
		return s
	}
	rows, err := All[struct{ Name, Parent, Action string }](context.WithoutCancel(ctx), d.Read(), `select m.name, coalesce(f."table", '') as parent,
		coalesce(f.on_delete, '') as action from sqlite_schema m left join pragma_foreign_key_list(m.name) f where m.type = 'table'`)
	if err != nil || len(rows) == 0 {
		return nil
	}
	s := &schema{index: map[string]int{}, texts: map[string]effects{}}
	for _, r := range rows {
		if _, ok := s.index[r.Name]; !ok {
			s.index[r.Name] = len(s.index)
		}
	}
	s.counts = make([]atomic.Uint64, len(s.index))
	s.follows = make([][]int, len(s.index))
	for _, r := range rows {
		if parent, ok := s.index[r.Parent]; ok && r.Action != "NO ACTION" && r.Action != "RESTRICT" {
			s.follows[parent] = append(s.follows[parent], s.index[r.Name])
		}
	}
	d.schema.CompareAndSwap(nil, s)
	return d.schema.Load()
}

func (s *schema) effects(text string) effects {
	s.mu.RLock()
	e, ok := s.texts[text]
	s.mu.RUnlock()
	if ok {
		return e
	}
	e = s.parse(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) >= textsMost {
		clear(s.texts)
	}
	s.texts[strings.Clone(text)] = e
	return e
}

// parse reads the words of a statement. The word after "into", "update" or
// "delete from" is the table that is changed.
func (s *schema) parse(text string) (e effects) {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
	reads := len(words) > 0 && (words[0] == "select" || words[0] == "with" && !slices.ContainsFunc(words, isVerb))
	writes := false
	for i, w := range words {
		t, known := s.index[w]
		if known && !slices.Contains(e.named, t) {
			e.named = append(e.named, t)
		}
		if !known || i == 0 {
			continue
		}
		before := words[i-1]
		if before == "into" || before == "update" || before == "from" && i > 1 && words[i-2] == "delete" {
			writes = true
			if before == "into" && !slices.Contains(words, "replace") {
				e.changed = append(e.changed, t)
			} else {
				e.changed = s.reach(e.changed, t)
			}
		}
	}
	e.all = !reads && !writes
	return e
}

func isVerb(w string) bool { return w == "insert" || w == "update" || w == "delete" || w == "replace" }

// reach adds a table and those that a deletion from it changes too.
func (s *schema) reach(to []int, table int) []int {
	if slices.Contains(to, table) {
		return to
	}
	to = append(to, table)
	for _, next := range s.follows[table] {
		to = s.reach(to, next)
	}
	return to
}

// changes gathers what a transaction changes.
type changes struct {
	tables []int
	all    bool
}

func (c *changes) add(d *DB, text string) {
	if c.all || d.dialect != SQLite {
		return
	}
	s := d.schema.Load()
	if s == nil { // nobody watches yet, but may before the commit
		c.all = true
		return
	}
	e := s.effects(text)
	c.all = e.all
	for _, t := range e.changed {
		if !slices.Contains(c.tables, t) {
			c.tables = append(c.tables, t)
		}
	}
}

func (c *changes) join(other changes) {
	c.all = c.all || other.all
	for _, t := range other.tables {
		if !slices.Contains(c.tables, t) {
			c.tables = append(c.tables, t)
		}
	}
}

// count makes a commit known to those who watch.
func (c *changes) count(d *DB) {
	s := d.schema.Load()
	if s == nil {
		return
	}
	if c.all { // perhaps the schema too
		d.schema.Store(nil)
		return
	}
	for _, t := range c.tables {
		s.counts[t].Add(1)
	}
}
