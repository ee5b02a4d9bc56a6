package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

var schema = fstest.MapFS{"20260101000000_item.sql": {Data: []byte(`-- +goose Up
create table item (
	id bigint primary key,
	name text unique,
	ok boolean not null default false,
	data blob,  -- blob stays a word in a comment
	score bigint,
	parent bigint references item(id)
);
`)}}

type item struct {
	ID     int64
	Name   string
	OK     bool `db:"ok"`
	Data   []byte
	Score  *int64
	Parent *int64
}

func put(t testing.TB, d *db.DB, items ...item) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return db.InsertMany(ctx, tx, "item", items)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, d *db.DB) int {
	t.Helper()
	n, err := db.Get[int](context.Background(), d.Read(), `select count(*) from item`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		seven, one := int64(7), int64(1)
		in := []item{
			{ID: 1, Name: "é œ 👍", OK: true, Data: []byte{0, 255}, Score: &seven},
			{ID: 1<<62 + 3, Name: "b", Parent: &one},
		}
		put(t, d, in...)
		got, err := db.All[item](ctx, d.Read(), `select * from item where ok or not ok order by id`)
		if err != nil || !reflect.DeepEqual(got, in) {
			t.Errorf("got %+v, %v", got, err)
		}
		p, err := db.Get[*item](ctx, d.Read(), `select id, name from item where ok = $1`, true)
		if err != nil || p.ID != 1 || p.Name != in[0].Name {
			t.Errorf("got %+v, %v", p, err)
		}
		// NULL in a plain field is its zero value, here an int64.
		type flat struct{ ID, Score int64 }
		f, err := db.Get[flat](ctx, d.Read(), `select id, score from item where id = $1`, in[1].ID)
		if err != nil || f.Score != 0 {
			t.Errorf("got %+v, %v", f, err)
		}
		sum, err := db.Get[int64](ctx, d.Read(), `select sum(score) from item`)
		if err != nil || sum != 7 {
			t.Errorf("sum %d, %v", sum, err)
		}
		names, err := db.All[string](ctx, d.Read(), `select name from item where id < $2 and id > $1`, 0, 100)
		if err != nil || !slices.Equal(names, []string{"é œ 👍"}) {
			t.Errorf("names %q, %v", names, err)
		}
		if b, err := db.Get[bool](ctx, d.Read(), `select exists (select 1 from item)`); err != nil || !b {
			t.Errorf("exists: %v, %v", b, err)
		}
	}, schema)
}

func TestEmbeddedAndHiddenFields(t *testing.T) {
	type base struct{ ID int64 }
	type row struct {
		base
		HTMLText string
		URI      string
		Extra    string `db:"-"`
		Renamed  int    `db:"n"`
	}
	d := dbtest.SQLite(t)
	got, err := db.Get[row](t.Context(), d.Read(), `select 3 as id, 'x' as html_text, 'u' as uri, 5 as n`)
	want := row{base{3}, "x", "u", "", 5}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := db.Get[row](t.Context(), d.Read(), `select 1 as extra`); err == nil {
		t.Error("a column without a field is accepted")
	}
}

func TestNoRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, err := db.Get[item](t.Context(), d.Read(), `select * from item where id = $1`, 5)
		if !apperr.Is(err, apperr.KindNotFound) || !errors.Is(err, db.ErrNoRows) {
			t.Errorf("got %v", err)
		}
		all, err := db.All[item](t.Context(), d.Read(), `select * from item`)
		if err != nil || len(all) != 0 {
			t.Errorf("got %v, %v", all, err)
		}
	}, schema)
}

func TestIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, item{ID: 1, Name: "a"}, item{ID: 2, Name: "b"}, item{ID: 3, Name: "c"})
		for _, c := range []struct {
			ids  []int64
			want int
		}{{nil, 0}, {[]int64{2}, 1}, {[]int64{1, 3, 9}, 2}} {
			in, args := db.In(2, c.ids)
			n, err := db.Get[int](t.Context(), d.Read(), `select count(*) from item where id > $1 and id in `+in, append([]any{0}, args...)...)
			if err != nil || n != c.want {
				t.Errorf("%v: %d, %v", c.ids, n, err)
			}
		}
	}, schema)
}

func TestInsertManyBeyondTheParameterLimit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rows := make([]item, 12_345)
		for i := range rows {
			rows[i] = item{ID: int64(i + 1), Name: fmt.Sprint(i)}
		}
		put(t, d, rows...)
		if n := count(t, d); n != len(rows) {
			t.Errorf("%d rows", n)
		}
	}, schema)
}

func TestErrorClasses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, item{ID: 1, Name: "a"})
		insert := func(row item) error {
			return d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return db.Insert(ctx, tx, "item", row) })
		}
		if err := insert(item{ID: 1, Name: "b"}); !db.IsUnique(err) {
			t.Errorf("key twice: %v", err)
		}
		if err := insert(item{ID: 2, Name: "a"}); !db.IsUnique(err) {
			t.Errorf("unique column twice: %v", err)
		}
		nine := int64(9)
		if err := insert(item{ID: 3, Name: "c", Parent: &nine}); !db.IsForeignKey(err) || db.IsUnique(err) {
			t.Errorf("dangling reference: %v", err)
		}
	}, schema)
}

func TestReadersCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.Read().Exec(t.Context(), `delete from item`); err == nil {
			t.Error("a reader deleted")
		}
	}, schema)
}

func TestFailingWriteLeavesNothingAndHarmsNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		var called atomic.Int64
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				for i := range 20 {
					id := int64(g*100 + i + 1)
					err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						tx.AfterCommit(func() { called.Add(1) })
						if err := db.Insert(ctx, tx, "item", item{ID: id, Name: fmt.Sprint(id)}); err != nil {
							return err
						}
						if i%4 == 3 {
							return boom
						}
						return nil
					})
					if (i%4 == 3) != errors.Is(err, boom) || i%4 != 3 && err != nil {
						t.Errorf("%d: %v", id, err)
					}
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != 16*15 {
			t.Errorf("%d rows, want %d", n, 16*15)
		}
		if called.Load() != 16*15 {
			t.Errorf("%d callbacks, want %d", called.Load(), 16*15)
		}
	}, schema)
}

func TestWaitingWritesShareACommit(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	before := d.Stats()
	var wg sync.WaitGroup
	started, hold := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			close(started)
			<-hold
			return nil
		})
	})
	<-started
	for i := range 50 {
		wg.Go(func() {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return db.Insert(ctx, tx, "item", item{ID: int64(i + 1), Name: fmt.Sprint(i)})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for waiting := 0; waiting < 50; waiting = db.Waiting(d) {
		runtime.Gosched()
	}
	close(hold)
	wg.Wait()
	after := d.Stats()
	if w, c := after.Writes-before.Writes, after.Commits-before.Commits; w != 51 || c > 10 {
		t.Errorf("%d writes in %d commits", w, c)
	}
}

func TestPanicAndGoexitReachTheCaller(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v", p)
				}
			}()
			d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				db.Insert(ctx, tx, "item", item{ID: 1})
				panic("boom")
			})
		}()
		var wg sync.WaitGroup
		wg.Go(func() {
			d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				db.Insert(ctx, tx, "item", item{ID: 2})
				runtime.Goexit()
				return nil
			})
			t.Error("Write returned after Goexit")
		})
		wg.Wait()
		put(t, d, item{ID: 3})
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	}, schema)
}

func TestEndedContextIsNotRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := d.Write(ctx, func(context.Context, *db.Tx) error {
			t.Error("run")
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}, schema)
}

func TestContextEndingInTheQueueIsNotRun(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	started, hold := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			close(started)
			<-hold
			return db.Insert(ctx, tx, "item", item{ID: 1})
		})
	})
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	err := d.Write(ctx, func(context.Context, *db.Tx) error {
		t.Error("run")
		return nil
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	close(hold)
	wg.Wait()
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestContextEndingDuringAWriteDoesNotInterruptTheBatch(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		cancel()
		return db.Insert(ctx, tx, "item", item{ID: 1})
	})
	if err != nil || count(t, d) != 1 {
		t.Errorf("got %v, %d rows", err, count(t, d))
	}
}

func TestWriteInsideWritePanics(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		defer func() {
			if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "Write inside Write") {
				t.Errorf("recovered %v", p)
			}
		}()
		d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return d.Write(ctx, func(context.Context, *db.Tx) error { return nil })
		})
	}, schema)
}

func TestCallbacksRunInCommitOrderAndMayWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		db.HurryCallbacks(d)
		var got []string
		var last atomic.Bool
		for i := range 3 {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				tx.AfterCommit(func() {
					got = append(got, fmt.Sprint(i, "a"))
					if n := count(t, d); n != i+1 {
						t.Errorf("callback sees %d rows", n)
					}
				})
				tx.AfterCommit(func() {
					err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
						if i == 2 {
							tx.AfterCommit(func() { last.Store(true) })
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					got = append(got, fmt.Sprint(i, "b"))
				})
				return db.Insert(ctx, tx, "item", item{ID: int64(i + 1), Name: fmt.Sprint(i)})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if g := strings.Join(got, " "); g != "0a 0b 1a 1b 2a 2b" {
			t.Errorf("got %s", g)
		}
		put(t, d, item{ID: 10})
		err := d.Write(t.Context(), func(_ context.Context, tx *db.Tx) error {
			tx.AfterCommit(func() {})
			return nil
		})
		if err != nil || !last.Load() {
			t.Errorf("the callback of a write inside a callback has run: %v; %v", last.Load(), err)
		}
	}, schema)
}

func TestFullDiskIsUnavailableAndRecovers(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	pages := func(limit string) {
		t.Helper()
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			var n int
			return tx.QueryRow(ctx, `pragma max_page_count = `+limit).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(t, d, item{ID: 1, Name: "before"})
	pages("20")
	var failed, kept atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return db.Insert(ctx, tx, "item", item{ID: int64(i + 2), Name: fmt.Sprint(i), Data: make([]byte, 8000)})
			})
			switch {
			case err == nil:
				kept.Add(1)
			case apperr.Is(err, apperr.KindUnavailable):
				failed.Add(1)
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if failed.Load() == 0 {
		t.Error("nothing failed")
	}
	if n := count(t, d); int64(n) != kept.Load()+1 {
		t.Errorf("%d rows, but %d writes were said to be kept", n, kept.Load()+1)
	}
	pages("1000000")
	put(t, d, item{ID: 1000, Name: "after"})
}

func TestCloseThenWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, item{ID: 1})
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(context.Context, *db.Tx) error { return nil }); err == nil {
			t.Error("a closed database writes")
		}
	}, schema)
}

func TestPathWithOddCharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b%20?#é.db")
	d := dbtest.Open(t, "sqlite:"+path)
	if err := db.Migrate(t.Context(), d, schema); err != nil {
		t.Fatal(err)
	}
	put(t, d, item{ID: 1})
	if m, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); !slices.Contains(m, path) {
		t.Errorf("the file is elsewhere: %q", m)
	}
}

func TestIdleDatabaseHoldsNothing(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	put(t, d, item{ID: 1})
	count(t, d)
	db.Rest(d)
	if n := db.Connections(d); n != 0 {
		t.Errorf("%d connections", n)
	}
	put(t, d, item{ID: 2, Name: "b"}) // and it wakes up
	if n := count(t, d); n != 2 {
		t.Errorf("%d rows", n)
	}
}

// TestTwoWhoInsertTheSame: who inserts what another has inserted since it looked finds
// it; what is there twice for good is told. (On SQLite writes come one after the other.)
func TestTwoWhoInsertTheSame(t *testing.T) {
	d := dbtest.Postgres(t, schema)
	ctx := context.Background()
	var looked, ended sync.WaitGroup
	looked.Add(2)
	for i := range 2 {
		first := true
		ended.Go(func() {
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				n, err := db.Get[int](ctx, tx, `select count(*) from item where name = 'one'`)
				if first {
					first = false
					looked.Done()
					looked.Wait() // neither finds it
				}
				if err != nil || n > 0 {
					return err
				}
				_, err = tx.Exec(ctx, `insert into item (id, name) values ($1, 'one')`, i)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	ended.Wait()
	tries := 0
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		tries++
		_, err := tx.Exec(ctx, `insert into item (id, name) values (7, 'one')`)
		return err
	})
	if !db.IsUnique(err) || tries != 2 {
		t.Errorf("%v after %d tries", err, tries)
	}
}
