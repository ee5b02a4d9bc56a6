package jobs_test

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

// crashEnv makes this test binary a process that runs jobs of the database it names until it is killed.
const crashEnv = "MAILLAGE_JOBS_CRASH"

const crashJobs = 400

// crashKinds are one kind that ends with its effects and one that ends after
// them, both leaving a trace of each run.
func crashKinds(d *db.DB, after func()) []jobs.Kind {
	handle := func(once bool) func(context.Context, []byte) error {
		return jobs.JSON(func(ctx context.Context, n int) error {
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if once {
					if err := jobs.Done(ctx, tx); err != nil {
						return err
					}
				}
				_, err := tx.Exec(ctx, `insert into effect (job, once) values ($1, $2)`, n, once)
				return err
			})
			after()
			return err
		})
	}
	return []jobs.Kind{
		{Name: "once", Concurrency: 3, Handle: handle(true)},
		{Name: "least", Concurrency: 3, Handle: handle(false)},
	}
}

func TestJobsSurviveKill(t *testing.T) {
	if url := os.Getenv(crashEnv); url != "" {
		d, err := db.Open(t.Context(), db.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		r := jobs.New(d, slog.New(slog.DiscardHandler), nil)
		r.Register(crashKinds(d, func() {
			time.Sleep(time.Millisecond)
			os.Stdout.WriteString("RAN\n")
		})...)
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	each(t, func(t *testing.T, d *db.DB) {
		for i := range crashJobs {
			enqueue(t, d, []string{"once", "least"}[i%2], i)
		}
		url := d.URL()
		kills := 0
		for ; kills < 3; kills++ {
			if !runAndKill(t, url, 40) {
				break
			}
		}
		if kills < 3 {
			t.Errorf("killed only %d times", kills)
		}
		if n := rows(t, d); n == 0 {
			t.Error("nothing was left to do after the kills")
		}
		var c clock
		if d.Dialect() == db.Postgres {
			c.move(10 * time.Minute) // the leases of the dead end; on SQLite they do with the start
		}
		r := start(t, d, c.now, crashKinds(d, func() {})...)
		idle(t, r)
		if n := rows(t, d); n != 0 {
			t.Errorf("%d jobs left", n)
		}
		type ran struct {
			Job, N int
			Once   bool
		}
		got, err := db.All[ran](t.Context(), d.Read(), `select job, once, count(*) as n from effect group by job, once`)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != crashJobs {
			t.Errorf("%d jobs have effects, want %d", len(got), crashJobs)
		}
		for _, g := range got {
			if g.Once && g.N != 1 {
				t.Errorf("job %d has its effects %d times", g.Job, g.N)
			}
		}
	})
}

// runAndKill runs jobs in a process of their own, and kills that after so many.
func runAndKill(t *testing.T, url string, n int) bool {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestJobsSurviveKill$")
	c.Env = append(os.Environ(), crashEnv+"="+url)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(out)
	for n > 0 && sc.Scan() {
		if strings.Contains(sc.Text(), "RAN") {
			n--
		}
	}
	killed := c.Process.Kill() == nil
	c.Wait()
	return killed && n == 0
}
