package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/outbox"
)

// clock is a wall clock that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) move(d time.Duration) { c.ahead.Add(int64(d)) }

// world is the other servers: it notes what arrives, and answers as told per host.
type world struct {
	mu     sync.Mutex
	got    map[string][]string // inbox → bodies
	tries  map[string]int      // host → deliveries tried
	answer map[string]func(outbox.Item) outbox.Result
}

func newWorld() *world {
	return &world{got: make(map[string][]string), tries: make(map[string]int), answer: make(map[string]func(outbox.Item) outbox.Result)}
}

func (w *world) send(_ context.Context, it outbox.Item) outbox.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries[it.Host]++
	if f := w.answer[it.Host]; f != nil {
		if res := f(it); !res.OK {
			return res
		}
	}
	w.got[it.Inbox] = append(w.got[it.Inbox], string(it.Body))
	return outbox.Result{OK: true}
}

func (w *world) says(host string, f func(outbox.Item) outbox.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer[host] = f
}

func (w *world) tried(host string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries[host]
}

func down(outbox.Item) outbox.Result { return outbox.Result{Err: errors.New("refused")} }

func start(t testing.TB, d *db.DB, s outbox.Sender, o outbox.Options) *outbox.Queue {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	q := outbox.New(d, s, o)
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return q
}

func enqueue(t testing.TB, d *db.DB, body string, o outbox.Opts, inboxes ...string) {
	t.Helper()
	err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return outbox.Enqueue(ctx, tx, []byte(body), 7, o, inboxes)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func idle(t testing.TB, q *outbox.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := q.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// clean checks that nothing is left over.
func clean(t testing.TB, d *db.DB) {
	t.Helper()
	for _, c := range []string{`select count(*) from delivery`, `select count(*) from delivery_body`, `select count(*) from dest where pending <> 0`} {
		if n, err := db.Get[int](context.Background(), d.Read(), c); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", c, n, err)
		}
	}
}

func host(t testing.TB, d *db.DB, name string) outbox.HostState {
	t.Helper()
	h, err := db.Get[outbox.HostState](context.Background(), d.Read(), `select host, pending, fails, next_at, last_error, last_ok_at from dest where host = $1`, name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func inboxes(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("https://h%d.example/inbox", i)
	}
	return s
}

func TestEachDistinctInboxOnceInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld()
		q := start(t, d, w.send, outbox.Options{PerHost: 3})
		to := append(inboxes(20), "https://h1.example/inbox", "https://H2.example/other", "ftp://no.example/", "not a url", "")
		want := make([]string, 10)
		for i := range want {
			want[i] = fmt.Sprint("post ", i)
			enqueue(t, d, want[i], outbox.Opts{}, to...)
		}
		idle(t, q)
		if len(w.got) != 21 {
			t.Errorf("%d inboxes reached, want 21", len(w.got))
		}
		for in, got := range w.got {
			if !slices.Equal(got, want) {
				t.Errorf("%s got %q", in, got)
			}
		}
		clean(t, d)
		if h := host(t, d, "h2.example"); h.LastOKAt == 0 || h.Fails != 0 {
			t.Errorf("host state %+v", h)
		}
	}, outbox.Migrations)
}

func TestItemCarriesWhatTheSenderNeeds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var got outbox.Item
		q := start(t, d, func(_ context.Context, it outbox.Item) outbox.Result {
			got = it
			return outbox.Result{OK: true}
		}, outbox.Options{})
		enqueue(t, d, "x", outbox.Opts{PostID: 5, Audience: "followers"}, "https://a.example:8443/in")
		idle(t, q)
		got.ID = 0
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", outbox.Item{Host: "a.example:8443", Inbox: "https://a.example:8443/in", ActorID: 7, Body: []byte("x"), PostID: 5, Audience: "followers"}) {
			t.Errorf("got %+v", got)
		}
	}, outbox.Migrations)
}

var followers = fstest.MapFS{"20260101000000_f.sql": {Data: []byte(`-- +goose Up
create table f (id bigint primary key, of bigint not null, inbox text not null, host text not null);
`)}}

func TestEnqueueSelect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type f struct {
			ID, Of      int64
			Inbox, Host string
		}
		w := newWorld()
		q := start(t, d, w.send, outbox.Options{})
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			rows := []f{{1, 9, "https://a.example/i", "a.example"}, {2, 9, "https://a.example/i", "a.example"},
				{3, 9, "https://b.example/i", "b.example"}, {4, 8, "https://c.example/i", "c.example"}, {5, 9, "", ""}}
			if err := db.InsertMany(ctx, tx, "f", rows); err != nil {
				return err
			}
			for _, of := range []int{9, 1000} {
				if err := outbox.EnqueueSelect(ctx, tx, []byte("x"), 7, outbox.Opts{}, `select inbox, host from f where of = $1`, of); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		idle(t, q)
		if len(w.got) != 2 || len(w.got["https://a.example/i"]) != 1 || len(w.got["https://b.example/i"]) != 1 {
			t.Errorf("got %v", w.got)
		}
		clean(t, d)
	}, outbox.Migrations, followers)
}

func TestDeadHostRestsLongerEachTimeAndRecoversInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		w := newWorld()
		w.says("h0.example", down)
		q := start(t, d, w.send, outbox.Options{Clock: c.now})
		for i := range 3 {
			enqueue(t, d, fmt.Sprint(i), outbox.Opts{}, inboxes(2)...)
		}
		idle(t, q)
		if got := w.got["https://h1.example/inbox"]; len(got) != 3 {
			t.Errorf("the other host got %q", got)
		}
		rest := time.Duration(0)
		for i := 1; i <= 4; i++ {
			h := host(t, d, "h0.example")
			if w.tried("h0.example") != i || h.Fails != i || h.Pending != 3 || h.LastError != "refused" {
				t.Fatalf("after failure %d: %d tries, %+v", i, w.tried("h0.example"), h)
			}
			left := time.UnixMilli(h.NextAt).Sub(c.now())
			if left < time.Minute<<(i-1)-20*time.Second || left <= rest/2 || left > 3*time.Minute<<(i-1)/2 {
				t.Errorf("rest of %v after failure %d", left, i)
			}
			rest = left
			c.move(left - 25*time.Second) // too early still
			q.Wake()
			idle(t, q)
			if w.tried("h0.example") != i {
				t.Fatal("tried before its time")
			}
			if i == 4 {
				w.says("h0.example", nil)
			}
			c.move(26 * time.Second)
			q.Wake()
			idle(t, q)
		}
		if got := w.got["https://h0.example/inbox"]; !slices.Equal(got, []string{"0", "1", "2"}) {
			t.Errorf("it got %q", got)
		}
		if h := host(t, d, "h0.example"); h.Fails != 0 || h.LastError != "" || h.Pending != 0 {
			t.Errorf("after recovery: %+v", h)
		}
		clean(t, d)
	}, outbox.Migrations)
}

func TestRetryOfADeadHostCostsOneRow(t *testing.T) {
	d := dbtest.SQLite(t, outbox.Migrations)
	var c clock
	w := newWorld()
	w.says("h0.example", down)
	q := start(t, d, w.send, outbox.Options{Clock: c.now})
	for i := range 50 {
		enqueue(t, d, fmt.Sprint(i), outbox.Opts{}, inboxes(1)...)
	}
	idle(t, q)
	changes := func() (n int) {
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = db.Get[int](ctx, tx, `select total_changes()`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := changes()
	const retries = 4
	for range retries {
		c.move(25 * time.Hour)
		q.Wake()
		idle(t, q)
	}
	if n := changes() - before; n != retries || w.tried("h0.example") != retries+1 {
		t.Errorf("%d rows changed by %d retries", n, w.tried("h0.example")-1)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld()
		w.says("h0.example", func(outbox.Item) outbox.Result { return outbox.Result{RetryAfter: 5 * time.Hour} })
		q := start(t, d, w.send, outbox.Options{})
		enqueue(t, d, "x", outbox.Opts{}, inboxes(1)...)
		idle(t, q)
		if left := time.Until(time.UnixMilli(host(t, d, "h0.example").NextAt)); left < 5*time.Hour-time.Minute || left > 6*time.Hour {
			t.Errorf("rest of %v", left)
		}
	}, outbox.Migrations)
}

func TestRefusedGoneAndTooOld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		w := newWorld()
		var pruned []string
		w.says("refuses.example", func(outbox.Item) outbox.Result { return outbox.Result{Permanent: true} })
		w.says("gone.example", func(it outbox.Item) outbox.Result {
			return outbox.Result{Gone: strings.HasSuffix(it.Inbox, "/ana"), OK: !strings.HasSuffix(it.Inbox, "/ana")}
		})
		w.says("dead.example", down)
		q := outbox.New(d, w.send, outbox.Options{PerHost: 2, Clock: c.now, Gone: func(ctx context.Context, tx *db.Tx, inbox string) error {
			pruned = append(pruned, inbox)
			return nil
		}})
		for i := range 6 {
			enqueue(t, d, fmt.Sprint(i), outbox.Opts{}, "https://refuses.example/i", "https://gone.example/ana", "https://gone.example/bob", "https://dead.example/i")
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer q.Stop(t.Context())
		idle(t, q)
		if n := w.tried("refuses.example"); n != 6 {
			t.Errorf("refused: %d tries", n)
		}
		if n := w.tried("gone.example"); n != 7 || len(w.got["https://gone.example/bob"]) != 6 {
			t.Errorf("gone: %d tries, bob got %q", n, w.got["https://gone.example/bob"])
		}
		if !slices.Equal(pruned, []string{"https://gone.example/ana"}) {
			t.Errorf("pruned %q", pruned)
		}
		if h := host(t, d, "dead.example"); h.Pending != 6 {
			t.Errorf("dead: %+v", h)
		}
		c.move(31 * 24 * time.Hour)
		q.Wake()
		idle(t, q)
		if n := w.tried("dead.example"); n != 1 {
			t.Errorf("dead: %d tries", n)
		}
		clean(t, d)
	}, outbox.Migrations)
}

func TestDeliveryAtFaultDoesNotBlockItsHost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		w := newWorld()
		w.says("h0.example", func(it outbox.Item) outbox.Result {
			if string(it.Body) == "poison" {
				panic("cannot be sent")
			}
			return outbox.Result{OK: true}
		})
		q := start(t, d, w.send, outbox.Options{Clock: c.now})
		for _, b := range []string{"a", "poison", "b", "c"} {
			enqueue(t, d, b, outbox.Opts{}, inboxes(1)...)
		}
		for range 8 {
			idle(t, q)
			c.move(25 * time.Hour)
			q.Wake()
		}
		idle(t, q)
		if got := w.got["https://h0.example/inbox"]; !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("got %q", got)
		}
		clean(t, d)
	}, outbox.Migrations)
}

// TestBrokenOverOneDelivery: a host that says each time that it broke over the
// same activity gets what waits behind it after minutes, not after most of an hour.
func TestBrokenOverOneDelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		w := newWorld()
		w.says("h0.example", func(it outbox.Item) outbox.Result {
			if string(it.Body) == "unknown type" {
				return outbox.Result{Broken: true, Err: errors.New("500")}
			}
			return outbox.Result{OK: true}
		})
		q := start(t, d, w.send, outbox.Options{Clock: c.now})
		for _, b := range []string{"unknown type", "b", "c"} {
			enqueue(t, d, b, outbox.Opts{}, inboxes(1)...)
		}
		for range 2 {
			idle(t, q)
			if n := len(w.got["https://h0.example/inbox"]); n != 0 {
				t.Errorf("%d went before it was tried twice more", n)
			}
			c.move(4 * time.Minute)
			q.Wake()
		}
		idle(t, q)
		if got := w.got["https://h0.example/inbox"]; !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("got %q", got)
		}
		clean(t, d)
	}, outbox.Migrations)
}

// TestBrokenOverSeveralDeliveries: two that break the host, one behind the other, block it no longer than a few minutes more.
func TestBrokenOverSeveralDeliveries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var c clock
		w := newWorld()
		w.says("h0.example", func(it outbox.Item) outbox.Result {
			if strings.HasPrefix(string(it.Body), "unknown") {
				return outbox.Result{Broken: true, Err: errors.New("no answer")}
			}
			return outbox.Result{OK: true}
		})
		q := start(t, d, w.send, outbox.Options{Clock: c.now})
		for _, b := range []string{"unknown 1", "unknown 2", "unknown 3", "b", "c"} {
			enqueue(t, d, b, outbox.Opts{}, inboxes(1)...)
		}
		for range 6 {
			idle(t, q)
			c.move(26 * time.Minute)
			q.Wake()
		}
		idle(t, q)
		if got := w.got["https://h0.example/inbox"]; !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("got %q", got)
		}
		clean(t, d)
	}, outbox.Migrations)
}

func TestCancel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld()
		enqueue(t, d, "kept", outbox.Opts{PostID: 1}, inboxes(3)...)
		enqueue(t, d, "deleted", outbox.Opts{PostID: 2}, inboxes(3)...)
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return outbox.Cancel(ctx, tx, 2) }); err != nil {
			t.Fatal(err)
		}
		q := start(t, d, w.send, outbox.Options{})
		idle(t, q)
		if got := w.got["https://h1.example/inbox"]; !slices.Equal(got, []string{"kept"}) {
			t.Errorf("got %q", got)
		}
		clean(t, d)
	}, outbox.Migrations)
}

// TestCancelWhileSending: what is deleted while it is being sent is counted once,
// so that what comes later is seen to wait, whether the sending succeeds or not.
func TestCancelWhileSending(t *testing.T) {
	for name, answer := range map[string]outbox.Result{"taken": {OK: true}, "refused": {Permanent: true, Err: errors.New("no")}} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				w, begun, go_ := newWorld(), make(chan struct{}), make(chan struct{})
				w.says("h0.example", func(it outbox.Item) outbox.Result {
					if it.PostID == 2 {
						close(begun)
						<-go_
						return answer
					}
					return outbox.Result{OK: true}
				})
				q := start(t, d, w.send, outbox.Options{})
				enqueue(t, d, "deleted", outbox.Opts{PostID: 2}, inboxes(1)...)
				<-begun
				if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return outbox.Cancel(ctx, tx, 2) }); err != nil {
					t.Fatal(err)
				}
				enqueue(t, d, "the deletion", outbox.Opts{}, inboxes(1)...)
				close(go_)
				idle(t, q)
				if got := w.got["https://h0.example/inbox"]; len(got) == 0 || got[len(got)-1] != "the deletion" {
					t.Errorf("got %q", got)
				}
				clean(t, d)
			}, outbox.Migrations)
		})
	}
}

func TestHangingHostsDoNotHoldUpOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const hosts = 300
		enqueue(t, d, "x", outbox.Opts{}, inboxes(hosts)...)
		var healthy atomic.Int64
		allHealthy := make(chan struct{})
		release := make(chan struct{})
		send := func(ctx context.Context, it outbox.Item) outbox.Result {
			if strings.HasSuffix(it.Host, "0.example") {
				select {
				case <-release:
				case <-ctx.Done():
				}
				return outbox.Result{Err: errors.New("timeout")}
			}
			if healthy.Add(1) == hosts*9/10 {
				close(allHealthy)
			}
			return outbox.Result{OK: true}
		}
		q := start(t, d, send, outbox.Options{Workers: 8}) // 30 hosts hang
		select {
		case <-allHealthy:
		case <-time.After(5 * time.Second):
			t.Errorf("only %d healthy hosts reached", healthy.Load())
		}
		close(release)
		idle(t, q)
		if n, err := db.Get[int](t.Context(), d.Read(), `select count(*) from dest where fails = 1 and pending = 1`); err != nil || n != hosts/10 {
			t.Errorf("%d hosts failed, %v", n, err)
		}
	}, outbox.Migrations)
}

func TestStopInterruptsWithoutBlame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		started := make(chan struct{})
		q := outbox.New(d, func(ctx context.Context, it outbox.Item) outbox.Result {
			close(started)
			<-ctx.Done()
			return outbox.Result{Err: ctx.Err()}
		}, outbox.Options{Log: slog.New(slog.DiscardHandler)})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, d, "x", outbox.Opts{}, inboxes(1)...)
		<-started
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
		if h := host(t, d, "h0.example"); h.Fails != 0 || h.Pending != 1 || h.NextAt > time.Now().UnixMilli() {
			t.Errorf("host state %+v", h)
		}
	}, outbox.Migrations)
}

func TestClockSetBackADayBlocksNothing(t *testing.T) {
	d := dbtest.SQLite(t, outbox.Migrations)
	var c clock
	w := newWorld()
	q := start(t, d, w.send, outbox.Options{Clock: c.now})
	for range 2 {
		enqueue(t, d, "x", outbox.Opts{}, inboxes(3)...)
		idle(t, q)
		c.move(-24 * time.Hour)
	}
	enqueue(t, d, "x", outbox.Opts{}, inboxes(3)...)
	q.Wake()
	for range 200 {
		if w.tried("h2.example") == 3 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d of 3 arrived", w.tried("h2.example"))
}
