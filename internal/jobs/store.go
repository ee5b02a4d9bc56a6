package jobs

import (
	"context"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/db"
)

// nextDue gives, per kind, when its first job is due; kinds without jobs are absent.
func nextDue(ctx context.Context, q db.Q, kinds []string) (map[string]int64, error) {
	var b strings.Builder
	args := make([]any, len(kinds))
	for i, k := range kinds {
		if i > 0 {
			b.WriteString(" union all ")
		}
		n := strconv.Itoa(i + 1)
		b.WriteString(`select cast($` + n + ` as text) as kind, (select min(run_at) from job where kind = $` + n + ` and state <> 'parked') as due`)
		args[i] = k
	}
	type due struct {
		Kind string
		Due  *int64
	}
	rows, err := db.All[due](ctx, q, b.String(), args...)
	if err != nil {
		return nil, err
	}
	m := make(map[string]int64, len(rows))
	for _, r := range rows {
		if r.Due != nil {
			m[r.Kind] = *r.Due
		}
	}
	return m, nil
}

const returning = ` returning id, kind, payload, tries`

// claim leases up to n due jobs of a kind. On PostgreSQL nodes that claim at
// the same time step around each other's rows.
func claim(ctx context.Context, tx *db.Tx, dialect db.Dialect, kind, by string, now, until int64, n int) ([]*task, error) {
	due := `select id from job where kind = $3 and state <> 'parked' and run_at <= $4 order by run_at, id limit $5`
	in := `in (` + due + `)`
	if dialect == db.Postgres {
		in = `= any(array(` + due + ` for update skip locked))`
	}
	return db.All[*task](ctx, tx, `update job set state = 'running', run_at = $1, lease_by = $2, tries = tries + 1 where id `+in+returning,
		until, by, kind, now, n)
}

// recoverAll takes back all leases: on SQLite this process is the only one.
func recoverAll(ctx context.Context, tx *db.Tx) error {
	_, err := db.Exec(ctx, tx, `update job set state = 'retry', run_at = 0 where state = 'running'`)
	return err
}

func renew(ctx context.Context, tx *db.Tx, by string, until int64, ids []int64) error {
	return inChunks(ids, func(in string, args []any) error {
		_, err := db.Exec(ctx, tx, `update job set run_at = $1 where lease_by = $2 and state = 'running' and id in `+in, append([]any{until, by}, args...)...)
		return err
	}, 3)
}

func remove(ctx context.Context, tx *db.Tx, by string, ids []int64) error {
	return inChunks(ids, func(in string, args []any) error {
		_, err := db.Exec(ctx, tx, `delete from job where lease_by = $1 and id in `+in, append([]any{by}, args...)...)
		return err
	}, 2)
}

// giveBack returns jobs that did not run, so that the claim does not count as a try.
func giveBack(ctx context.Context, tx *db.Tx, by string, ids []int64) error {
	return inChunks(ids, func(in string, args []any) error {
		_, err := db.Exec(ctx, tx, `update job set state = 'retry', run_at = 0, lease_by = '', tries = tries - 1 where lease_by = $1 and id in `+in, append([]any{by}, args...)...)
		return err
	}, 2)
}

// again puts off a job that failed, unless one of the same key waits already.
func again(ctx context.Context, tx *db.Tx, by string, id, at int64, reason string) error {
	n, err := db.Exec(ctx, tx, `delete from job where id = $1 and lease_by = $2 and unique_key is not null and exists (
		select 1 from job o where o.kind = job.kind and o.unique_key = job.unique_key and o.id <> job.id and o.state in ('ready', 'retry'))`, id, by)
	if err != nil || n > 0 {
		return err
	}
	_, err = db.Exec(ctx, tx, `update job set state = 'retry', run_at = $1, lease_by = '', last_error = $2 where id = $3 and lease_by = $4`, at, reason, id, by)
	return err
}

func park(ctx context.Context, tx *db.Tx, by string, id int64, reason string) error {
	_, err := db.Exec(ctx, tx, `update job set state = 'parked', lease_by = '', last_error = $1 where id = $2 and lease_by = $3`, reason, id, by)
	return err
}

func inChunks(ids []int64, f func(in string, args []any) error, from int) error {
	const most = 512
	for len(ids) > 0 {
		n := min(most, len(ids))
		in, args := db.In(from, db.Pad(ids[:n]))
		if err := f(in, args); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
