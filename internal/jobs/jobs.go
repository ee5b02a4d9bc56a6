package jobs

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// Migrations holds the table job.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Kind says how to run the jobs of one name.
type Kind struct {
	Name        string
	Handle      func(ctx context.Context, payload []byte) error // at least once per job
	MaxTries    int                                             // default 5
	Timeout     time.Duration                                   // of one try; default one minute
	Concurrency int                                             // most of them running at a time on this node; default 4
}

// JSON makes a Handle of a function that takes the payload decoded.
func JSON[T any](f func(ctx context.Context, payload T) error) func(context.Context, []byte) error {
	return func(ctx context.Context, b []byte) error {
		var v T
		if err := json.Unmarshal(b, &v); err != nil {
			return Park(fmt.Errorf("payload: %w", err))
		}
		return f(ctx, v)
	}
}

// Option changes one job.
type Option func(*row)

// At has the job run no earlier than t.
func At(t time.Time) Option { return func(r *row) { r.RunAt = t.UnixMilli() } }

// Key makes the job the only one of its kind and key that has not started yet:
// adding another has no effect, but that the earlier of both moments counts.
func Key(key string) Option { return func(r *row) { r.UniqueKey = &key } }

// topic is signalled by transactions that add jobs.
const topic = "jobs"

type row struct {
	Kind, Payload, State string
	UniqueKey            *string
	RunAt, CreatedAt     int64
}

// Enqueue adds a job in the transaction q; payload is stored as JSON. The
// runner wakes up when the transaction is durable.
func Enqueue(ctx context.Context, q db.Q, kind string, payload any, opts ...Option) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("jobs: payload of %s: %w", kind, err)
	}
	r := row{Kind: kind, Payload: string(b), State: "ready", CreatedAt: time.Now().UnixMilli()}
	for _, o := range opts {
		o(&r)
	}
	_, err = db.Exec(ctx, q, `insert into job (kind, payload, state, unique_key, run_at, created_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (kind, unique_key) where state = 'ready' and unique_key is not null
		do update set run_at = case when excluded.run_at < job.run_at then excluded.run_at else job.run_at end`,
		r.Kind, r.Payload, r.State, r.UniqueKey, r.RunAt, r.CreatedAt)
	if err != nil {
		return fmt.Errorf("jobs: enqueue %s: %w", kind, err)
	}
	if s, ok := q.(interface{ Signal(string) }); ok {
		s.Signal(topic)
	}
	return nil
}

// Drop takes back a job that was added with Key and has not started yet, if there is one.
func Drop(ctx context.Context, tx *db.Tx, kind, key string) error {
	if _, err := tx.Exec(ctx, `delete from job where kind = $1 and unique_key = $2 and state = 'ready'`, kind, key); err != nil {
		return fmt.Errorf("jobs: drop %s: %w", kind, err)
	}
	return nil
}

// parked is an error after which trying again is of no use.
type parked struct{ error }

func (p parked) Unwrap() error { return p.error }

// Park makes err final: the job that returns it is parked at once.
func Park(err error) error { return parked{err} }

// ErrLost says that the job runs elsewhere by now: its lease had ended.
var ErrLost = errors.New("jobs: the lease has ended")

type taskKey struct{}

// Done ends the current job in the transaction q, together with its effects;
// ctx is a Handle's. After a rollback the job is as before.
func Done(ctx context.Context, q *db.Tx) error {
	t, ok := ctx.Value(taskKey{}).(*task)
	if !ok {
		return errors.New("jobs: Done outside of a job")
	}
	n, err := db.Exec(ctx, q, `delete from job where id = $1 and lease_by = $2`, t.ID, t.by)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrLost
	}
	q.AfterCommit(func() { t.done.Store(true) })
	return nil
}

// Parked is a job that was given up.
type Parked struct {
	ID        int64
	Kind      string
	Tries     int
	LastError string
	CreatedAt int64 // unix ms
}

// ListParked gives the jobs that were given up, the newest first, at most 100.
func ListParked(ctx context.Context, q db.Q) ([]Parked, error) {
	return db.All[Parked](ctx, q, `select id, kind, tries, last_error, created_at from job where state = 'parked' order by id desc limit 100`)
}

// Retry makes a parked job run again, with all its tries.
func Retry(ctx context.Context, tx *db.Tx, id int64) error {
	_, err := db.Exec(ctx, tx, `update job set state = 'retry', run_at = 0, tries = 0 where id = $1 and state = 'parked'`, id)
	tx.Signal(topic)
	return err
}
