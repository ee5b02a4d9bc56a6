package db_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
)

// cpu reports the processor time per operation, which other work on the
// machine disturbs less than the time of the clock.
func cpu(b *testing.B) func() {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N)/1000, "cpu-µs/op") }
}

// BenchmarkLimitSync appends two pages to a file and syncs it: what a commit
// costs at least on this disk.
func BenchmarkLimitSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 8192)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite is one durable insert after the other: the price of a commit.
func BenchmarkWrite(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		var id atomic.Int64
		for b.Loop() {
			insertOne(b, d, id.Add(1))
		}
	}, schema)
}

// BenchmarkWrite16 is 16 writers at a time; worst-ms is the longest that one waited.
func BenchmarkWrite16(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		var id, worst atomic.Int64
		var wg sync.WaitGroup
		b.ResetTimer()
		for range 16 {
			wg.Go(func() {
				for {
					n := id.Add(1)
					if n > int64(b.N) {
						return
					}
					begin := time.Now()
					insertOne(b, d, n)
					for took := time.Since(begin).Nanoseconds(); ; {
						w := worst.Load()
						if took <= w || worst.CompareAndSwap(w, took) {
							break
						}
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(worst.Load())/1e6, "worst-ms")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		s := d.Stats()
		b.ReportMetric(float64(s.Writes)/float64(s.Commits), "writes/commit")
	}, schema)
}

func insertOne(b *testing.B, d *db.DB, n int64) {
	err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `insert into item (id, name, ok, data) values ($1, $2, $3, $4)`, n, fmt.Sprint(n), true, payload)
		return err
	})
	if err != nil {
		b.Error(err)
	}
}

var payload = make([]byte, 300)

// BenchmarkReadPage reads 20 rows of about 350 bytes by key, as a timeline does.
func BenchmarkReadPage(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		rows := make([]item, 10_000)
		for i := range rows {
			rows[i] = item{ID: int64(i + 1), Name: fmt.Sprint(i), Data: payload}
		}
		err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error { return db.InsertMany(ctx, tx, "item", rows) })
		if err != nil {
			b.Fatal(err)
		}
		var n atomic.Int64
		b.ReportAllocs()
		b.SetParallelism(8) // 16 on two cores
		b.ResetTimer()
		defer cpu(b)()
		b.RunParallel(func(p *testing.PB) {
			ctx, cancel := context.WithCancel(context.Background()) // as a request's
			defer cancel()
			for p.Next() {
				got, err := db.All[item](ctx, d.Read(), `select id, name, ok, data, score, parent from item where id < $1 order by id desc limit 20`, n.Add(7)%9000+100)
				if err != nil || len(got) != 20 {
					b.Errorf("%d rows, %v", len(got), err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
	}, schema)
}

// BenchmarkReadOne reads one row by key.
func BenchmarkReadOne(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		put(b, d, item{ID: 1, Name: "a", Data: payload})
		b.ReportAllocs()
		b.ResetTimer()
		defer cpu(b)()
		b.RunParallel(func(p *testing.PB) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for p.Next() {
				if _, err := db.Get[item](ctx, d.Read(), `select * from item where id = $1`, 1); err != nil {
					b.Error(err)
				}
			}
		})
	}, schema)
}

// BenchmarkOpen opens an existing database and reads one row.
func BenchmarkOpen(b *testing.B) {
	d := dbtest.SQLite(b, schema)
	put(b, d, item{ID: 1})
	for b.Loop() {
		e, err := db.Open(b.Context(), db.Options{URL: d.URL()})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Migrate(b.Context(), e, schema); err != nil {
			b.Fatal(err)
		}
		if _, err := db.Get[item](b.Context(), e.Read(), `select * from item where id = $1`, 1); err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
