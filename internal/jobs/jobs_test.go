package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/jobs"
)

var effects = fstest.MapFS{"20260101000000_effect.sql": {Data: []byte(`-- +goose Up
create table effect (id bigserial primary key, job bigint not null, once boolean not null);
`)}}

func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, f, jobs.Migrations, effects)
}

// clock is a wall clock that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) move(d time.Duration) { c.ahead.Add(int64(d)) }

func start(t testing.TB, d *db.DB, now func() time.Time, kinds ...jobs.Kind) *jobs.Runner {
	t.Helper()
	r := jobs.New(d, slog.New(slog.DiscardHandler), now)
	r.Register(kinds...)
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return r
}

func enqueue(t testing.TB, d *db.DB, kind string, payload any, opts ...jobs.Option) {
	t.Helper()
	err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kind, payload, opts...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func idle(t testing.TB, r *jobs.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func rows(t testing.TB, d *db.DB) int {
	t.Helper()
	n, err := db.Get[int](context.Background(), d.Read(), `select count(*) from job`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestJobsRunOnceAndAreGone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		ran := make(map[int]int)
		r := start(t, d, nil, jobs.Kind{Name: "a", Handle: jobs.JSON(func(_ context.Context, n int) error {
			mu.Lock()
			defer mu.Unlock()
			ran[n]++
			return nil
		})})
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for i := range 300 {
				if err := jobs.Enqueue(ctx, tx, "a", i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		idle(t, r)
		for i := range 300 {
			if ran[i] != 1 {
				t.Errorf("job %d ran %d times", i, ran[i])
			}
		}
		if n := rows(t, d); n != 0 {
			t.Errorf("%d rows left", n)
		}
	})
}

func TestRolledBackJobDoesNotRun(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := start(t, d, nil, jobs.Kind{Name: "a", Handle: func(context.Context, []byte) error {
			t.Error("run")
			return nil
		}})
		d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			jobs.Enqueue(ctx, tx, "a", 1)
			return errors.New("no")
		})
		idle(t, r)
	})
}

func TestFailingJobBacksOffThenIsParkedAndOthersGoOn(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var c clock
		var tries, good atomic.Int64
		r := start(t, d, c.now,
			jobs.Kind{Name: "bad", MaxTries: 3, Handle: func(context.Context, []byte) error {
				if tries.Add(1) == 2 {
					panic("poison")
				}
				return errors.New("nope")
			}},
			jobs.Kind{Name: "good", Handle: func(context.Context, []byte) error { good.Add(1); return nil }})
		enqueue(t, d, "bad", nil)
		enqueue(t, d, "good", nil)
		idle(t, r)
		if tries.Load() != 1 || good.Load() != 1 {
			t.Fatalf("%d tries, %d good", tries.Load(), good.Load())
		}
		c.move(100 * time.Millisecond) // too early for the second try
		r.Wake()
		idle(t, r)
		if tries.Load() != 1 {
			t.Fatal("no pause before the second try")
		}
		for range 5 {
			c.move(time.Hour)
			r.Wake()
			idle(t, r)
		}
		if tries.Load() != 3 {
			t.Errorf("%d tries", tries.Load())
		}
		p, err := jobs.ListParked(t.Context(), d.Read())
		if err != nil || len(p) != 1 || p[0].LastError != "nope" || p[0].Tries != 3 {
			t.Fatalf("parked: %+v, %v", p, err)
		}
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return jobs.Retry(ctx, tx, p[0].ID) }); err != nil {
			t.Fatal(err)
		}
		idle(t, r)
		if tries.Load() != 4 {
			t.Error("a parked job that is retried does not run")
		}
	})
}

func TestUnreadablePayloadIsParkedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := start(t, d, nil, jobs.Kind{Name: "a", Handle: jobs.JSON(func(context.Context, int) error { return nil })})
		enqueue(t, d, "a", "text")
		idle(t, r)
		if p, err := jobs.ListParked(t.Context(), d.Read()); err != nil || len(p) != 1 || p[0].Tries != 1 {
			t.Errorf("parked: %+v, %v", p, err)
		}
	})
}

func TestKeyAndAt(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var c clock
		var ran atomic.Int64
		r := start(t, d, c.now, jobs.Kind{Name: "a", Handle: func(context.Context, []byte) error { ran.Add(1); return nil }})
		soon := time.Now().Add(time.Hour)
		enqueue(t, d, "a", 1, jobs.Key("k"), jobs.At(soon.Add(time.Hour)))
		enqueue(t, d, "a", 1, jobs.Key("k"), jobs.At(soon))
		enqueue(t, d, "a", 1, jobs.Key("other"), jobs.At(soon))
		idle(t, r)
		if ran.Load() != 0 {
			t.Error("a job ran before its time")
		}
		c.move(61 * time.Minute)
		r.Wake()
		idle(t, r)
		if ran.Load() != 2 {
			t.Errorf("%d ran, want 2", ran.Load())
		}
	})
}

func TestTimerRunsAJobWhenItIsDue(t *testing.T) {
	d := dbtest.SQLite(t, jobs.Migrations)
	ran := make(chan time.Time, 1)
	start(t, d, nil, jobs.Kind{Name: "a", Handle: func(context.Context, []byte) error { ran <- time.Now(); return nil }})
	at := time.Now().Add(50 * time.Millisecond).Truncate(time.Millisecond)
	enqueue(t, d, "a", 1, jobs.At(at))
	select {
	case got := <-ran:
		if got.Before(at) {
			t.Errorf("%v early", at.Sub(got))
		}
	case <-time.After(5 * time.Second):
		t.Error("never ran")
	}
}

func TestConcurrencyAndPoolAreBounds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var now, most, slowNow, slowMost atomic.Int64
		track := func(n, m *atomic.Int64) func() {
			v := n.Add(1)
			for {
				old := m.Load()
				if v <= old || m.CompareAndSwap(old, v) {
					break
				}
			}
			return func() { n.Add(-1) }
		}
		r := jobs.New(d, slog.New(slog.DiscardHandler), nil)
		r.UsePool(jobs.NewPool(3))
		r.Register(
			jobs.Kind{Name: "slow", Concurrency: 2, Handle: func(context.Context, []byte) error {
				defer track(&now, &most)()
				defer track(&slowNow, &slowMost)()
				time.Sleep(2 * time.Millisecond)
				return nil
			}},
			jobs.Kind{Name: "fast", Concurrency: 9, Handle: func(context.Context, []byte) error {
				defer track(&now, &most)()
				time.Sleep(time.Millisecond)
				return nil
			}})
		for i := range 30 {
			enqueue(t, d, []string{"slow", "fast"}[i%2], nil)
		}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		idle(t, r)
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if slowMost.Load() > 2 || most.Load() > 3 || most.Load() < 2 {
			t.Errorf("%d slow at a time, want 2; %d in all, want 3", slowMost.Load(), most.Load())
		}
		if n := rows(t, d); n != 0 {
			t.Errorf("%d rows left", n)
		}
	})
}

func TestStopGivesBackWhatIsUnfinishedWithoutCountingATry(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		started := make(chan struct{}, 10)
		r := jobs.New(d, slog.New(slog.DiscardHandler), nil)
		r.Register(jobs.Kind{Name: "a", Concurrency: 1, Handle: func(ctx context.Context, _ []byte) error {
			started <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}})
		for range 5 {
			enqueue(t, d, "a", nil)
		}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-started
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		n, err := db.Get[int](t.Context(), d.Read(), `select count(*) from job where tries = 0 and state <> 'running' and run_at = 0`)
		if err != nil || n != 5 {
			t.Errorf("%d jobs given back, %v", n, err)
		}
	})
}

func TestDoneCommitsWithTheEffects(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var runs atomic.Int64
		r := start(t, d, nil, jobs.Kind{Name: "a", Handle: func(ctx context.Context, _ []byte) error {
			runs.Add(1)
			if err := d.Write(ctx, jobs.Done0); err != nil {
				return err
			}
			return errors.New("too late to matter")
		}})
		enqueue(t, d, "a", nil)
		idle(t, r)
		if n := rows(t, d); n != 0 || runs.Load() != 1 {
			t.Errorf("%d rows, %d runs", n, runs.Load())
		}
	})
}

func TestNodesShareTheWork(t *testing.T) {
	d := dbtest.Postgres(t, jobs.Migrations)
	var mu sync.Mutex
	ran := make(map[int]int)
	byNode := make(map[int]int)
	all := make(chan struct{}) // closed when every node has work
	var rs []*jobs.Runner
	for node := range 3 {
		rs = append(rs, start(t, d, nil, jobs.Kind{Name: "a", Handle: jobs.JSON(func(_ context.Context, n int) error {
			mu.Lock()
			ran[n]++
			if byNode[node]++; byNode[node] == 1 && len(byNode) == 3 {
				close(all)
			}
			mu.Unlock()
			// Nobody goes on before each has some, however fast the first is.
			select {
			case <-all:
			case <-time.After(10 * time.Second):
			}
			return nil
		})}))
	}
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for i := range 600 {
			if err := jobs.Enqueue(ctx, tx, "a", i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		idle(t, r)
	}
	for i := range 600 {
		if ran[i] != 1 {
			t.Errorf("job %d ran %d times", i, ran[i])
		}
	}
	if len(byNode) != 3 {
		t.Errorf("only these nodes worked: %v", byNode)
	}
}

func BenchmarkJobs(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		r := start(b, d, nil, jobs.Kind{Name: "a", Handle: func(context.Context, []byte) error { return nil }})
		b.ResetTimer()
		for n := b.N; n > 0; n -= 1000 {
			err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
				for i := range min(n, 1000) {
					if err := jobs.Enqueue(ctx, tx, "a", fmt.Sprint("payload ", i)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		idle(b, r)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	}, jobs.Migrations)
}
