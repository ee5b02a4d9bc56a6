package db

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// MaxTold is the most bytes that Tell takes, topic included.
const MaxTold = 2000

// Missed is what hearers are told when something may have been lost between
// nodes: they look for themselves at what they depend on.
const Missed = ""

// Hear has f called with each text told to topic, by this node or, on
// PostgreSQL, by another one that shares the database; and with Missed after
// the connection between nodes was lost and found again. f must be quick, as
// for AfterCommit, and bear calls from several goroutines. stop ends it.
func (d *DB) Hear(topic string, f func(text string)) (stop func()) {
	d.lmu.Lock()
	defer d.lmu.Unlock()
	if d.hearers == nil {
		d.hearers = make(map[string][]*func(string))
	}
	d.hearers[topic] = append(d.hearers[topic], &f)
	if d.wire != nil {
		d.wire.start()
	}
	return func() {
		d.lmu.Lock()
		defer d.lmu.Unlock()
		d.hearers[topic] = slices.DeleteFunc(slices.Clone(d.hearers[topic]), func(g *func(string)) bool { return g == &f })
	}
}

func (d *DB) told(topic, text string) {
	d.lmu.Lock()
	fs := d.hearers[topic]
	d.lmu.Unlock()
	for _, f := range fs {
		(*f)(text)
	}
}

// toldAll tells every topic that something may have been missed.
func (d *DB) toldAll() {
	d.lmu.Lock()
	var fs []*func(string)
	for _, of := range d.hearers {
		fs = append(fs, of...)
	}
	d.lmu.Unlock()
	for _, f := range fs {
		(*f)(Missed)
	}
}

// wire carries what is told between the nodes that share a PostgreSQL database,
// by NOTIFY and LISTEN. Notices go out after the commit and several at a time:
// a NOTIFY inside of a transaction makes all commits of the database wait in
// line. What is lost with a node is lost: no state depends on the wire alone.
type wire struct {
	d    *DB
	node string // begins each notice, so that a node passes over its own

	mu      sync.Mutex
	out     []string // "topic\ttext"
	sending bool
	stop    context.CancelFunc // nil until started
	ended   chan struct{}
	closed  bool
}

const (
	wireChannel = "maillage"
	wireBytes   = 7900    // PostgreSQL takes 8000 bytes in a notice
	wireQueue   = 100_000 // texts; beyond, the oldest are dropped
)

func newWire(d *DB) *wire {
	var b [8]byte
	rand.Read(b[:])
	return &wire{d: d, node: hex.EncodeToString(b[:])}
}

// start begins to listen, once.
func (w *wire) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil || w.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop, w.ended = cancel, make(chan struct{})
	go w.run(ctx)
}

func (w *wire) close() {
	w.mu.Lock()
	stop, ended := w.stop, w.ended
	w.closed = true
	w.mu.Unlock()
	if stop != nil {
		stop()
		<-ended
	}
}

// run listens until ctx ends, and connects again when the connection breaks.
func (w *wire) run(ctx context.Context) {
	defer close(w.ended)
	wait := 100 * time.Millisecond
	for first := true; ctx.Err() == nil; first = false {
		began := time.Now()
		err := w.listen(ctx, !first)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			wait = 100 * time.Millisecond
		}
		w.d.log.Warn("the notices of other nodes are not heard; trying again", "pkg", "db", "err", err)
		select {
		case <-time.After(wait):
			wait = min(2*wait, 10*time.Second)
		case <-ctx.Done():
		}
	}
}

func (w *wire) listen(ctx context.Context, again bool) error {
	cfg, err := pgx.ParseConfig(w.d.url)
	if err != nil {
		return err
	}
	cfg.RuntimeParams["application_name"] = "maillage"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+wireChannel); err != nil {
		return err
	}
	if again {
		w.d.toldAll()
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		lines := strings.Split(n.Payload, "\n")
		if lines[0] == w.node {
			continue
		}
		for _, line := range lines[1:] {
			if topic, text, ok := strings.Cut(line, "\t"); ok {
				w.d.cb.call(func() { w.d.told(topic, text) })
			}
		}
	}
}

// send queues a text and sees to it that the queue is sent.
func (w *wire) send(topic, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	if len(w.out) >= wireQueue {
		w.out = w.out[wireQueue/2:]
	}
	w.out = append(w.out, topic+"\t"+text)
	if !w.sending {
		w.sending = true
		go w.flush()
	}
}

// flush sends what is queued until nothing is.
func (w *wire) flush() {
	for {
		w.mu.Lock()
		batch, size := 0, len(w.node)
		for batch < len(w.out) && size+1+len(w.out[batch]) <= wireBytes {
			size += 1 + len(w.out[batch])
			batch++
		}
		if batch == 0 {
			w.sending, w.out = false, nil
			w.mu.Unlock()
			return
		}
		lines := w.out[:batch]
		w.out = w.out[batch:]
		w.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := w.d.eng.(*pgEngine).notify(ctx, w.node+"\n"+strings.Join(lines, "\n"))
		cancel()
		if err != nil {
			w.mu.Lock()
			closed := w.closed
			w.mu.Unlock()
			if !closed {
				w.d.log.Warn("a notice to other nodes was not sent", "pkg", "db", "err", err)
			}
		}
	}
}

func (e *pgEngine) notify(ctx context.Context, payload string) error {
	_, err := e.w.ExecContext(ctx, `select pg_notify($1, $2)`, wireChannel, payload)
	return err
}
