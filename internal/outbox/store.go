package outbox

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/maillage/maillage/internal/db"
)

// nextDue is when the first healthy host and the first failing one are due; negative for none.
func nextDue(ctx context.Context, q db.Q) (healthy, failing int64, err error) {
	type due struct{ H, F *int64 }
	d, err := db.Get[due](ctx, q, `select (select min(next_at) from dest where pending > 0 and fails = 0) as h,
		(select min(next_at) from dest where pending > 0 and fails > 0) as f`)
	healthy, failing = -1, -1
	if d.H != nil {
		healthy = *d.H
	}
	if d.F != nil {
		failing = *d.F
	}
	return healthy, failing, err
}

// claimHealthy leases up to n due hosts that did not fail last.
func claimHealthy(ctx context.Context, tx *db.Tx, dialect db.Dialect, by string, now, until int64, n int) ([]*visit, error) {
	due := `select host from dest where pending > 0 and fails = 0 and next_at <= $3 order by next_at limit $4`
	in := `in (` + due + `)`
	if dialect == db.Postgres {
		in = `= any(array(` + due + ` for update skip locked))`
	}
	return db.All[*visit](ctx, tx, `update dest set next_at = $1, lease_by = $2 where host `+in+` returning host, fails, last_error`, until, by, now, n)
}

// claimFailing leases up to n due hosts that failed last, and counts another
// failure with its rest in advance: nothing more is written if they fail again.
func claimFailing(ctx context.Context, tx *db.Tx, dialect db.Dialect, by string, now int64, n int) ([]*visit, error) {
	due := `select host, fails, last_error from dest where pending > 0 and fails > 0 and next_at <= $1 order by next_at limit $2`
	if dialect == db.Postgres {
		due += ` for update skip locked`
	}
	vs, err := db.All[*visit](ctx, tx, due, now, n)
	if err != nil {
		return nil, err
	}
	for _, v := range vs {
		v.until = now + max(backoff(v.Fails+1), leaseTime).Milliseconds()
		if _, err := db.Exec(ctx, tx, `update dest set fails = fails + 1, next_at = $1, lease_by = $2 where host = $3`, v.until, by, v.Host); err != nil {
			return nil, err
		}
	}
	return vs, nil
}

// item is a delivery as stored.
type item struct {
	ID int64
	delivery
}

const itemColumns = `id, host, inbox, body_id, actor_id, post_id, audience, created_at`

// load reads the first n deliveries of each host, in order. A query per host
// costs next to nothing on SQLite; on PostgreSQL each is a journey.
func load(ctx context.Context, q db.Q, dialect db.Dialect, hosts []string, n int) (map[string][]item, error) {
	all := make(map[string][]item, len(hosts))
	if dialect == db.Postgres {
		rows, err := db.All[item](ctx, q, `select d.* from unnest(cast($1 as text[])) h cross join lateral
			(select `+itemColumns+` from delivery where host = h order by id limit $2) d`, hosts, n)
		for _, r := range rows {
			all[r.Host] = append(all[r.Host], r)
		}
		for _, items := range all {
			slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.ID, b.ID) })
		}
		return all, err
	}
	for _, h := range hosts {
		rows, err := db.All[item](ctx, q, `select `+itemColumns+` from delivery where host = $1 order by id limit $2`, h, n)
		if err != nil {
			return nil, err
		}
		all[h] = rows
	}
	return all, nil
}

type body struct {
	ID   int64
	Body []byte
}

func loadBodies(ctx context.Context, q db.Q, ids []int64) ([]body, error) {
	in, args := db.In(1, db.Pad(ids))
	return db.All[body](ctx, q, `select id, body from delivery_body where id in `+in, args...)
}

// store writes the results of visits whose lease still holds.
func store(ctx context.Context, tx *db.Tx, dialect db.Dialect, by string, now int64, vs []*visit) error {
	if dialect == db.Postgres {
		if err := lockHosts(ctx, tx, vs); err != nil {
			return err
		}
	}
	var ids []int64
	bodies, hours, gone := make(map[int64]bool), make(hours), make(map[string]int)
	slices.SortFunc(vs, func(a, b *visit) int { return strings.Compare(a.Host, b.Host) })
	// The hosts that took all they were sent differ by the number only.
	ok := make(map[int][]*visit)
	for _, v := range vs {
		switch {
		case v.plain():
			ok[len(v.ended)] = append(ok[len(v.ended)], v)
		case v.silent():
		default:
			held, err := storeOne(ctx, tx, by, now, v, bodies)
			if err != nil {
				return err
			}
			if held {
				if !v.recounted() {
					gone[v.Host] = len(v.ended)
				}
				ids = v.addEnded(ids, bodies)
				hours.add(v.took)
			}
		}
	}
	for _, n := range sorted(ok) {
		for part := range slices.Chunk(ok[n], 256) {
			hosts := make([]string, len(part))
			for i, v := range part {
				hosts[i] = v.Host
			}
			in, args := db.In(4, db.Pad(hosts))
			held, err := db.All[string](ctx, tx, `update dest set pending = pending - $1, fails = 0, next_at = $2, last_ok_at = $2, lease_by = ''
				where lease_by = $3 and host in `+in+` returning host`, append([]any{n, now, by}, args...)...)
			if err != nil {
				return err
			}
			is := make(map[string]bool, len(held))
			for _, h := range held {
				is[h] = true
			}
			for _, v := range part {
				if is[v.Host] {
					gone[v.Host] = n
					ids = v.addEnded(ids, bodies)
					hours.add(v.took)
				}
			}
		}
	}
	for part := range slices.Chunk(ids, 512) {
		in, args := db.In(1, db.Pad(part))
		deleted, err := db.All[string](ctx, tx, `delete from delivery where id in `+in+` returning host`, args...)
		if err != nil {
			return err
		}
		for _, h := range deleted {
			gone[h]--
		}
	}
	if err := countBack(ctx, tx, gone); err != nil {
		return err
	}
	if err := dropBodies(ctx, tx, sorted(bodies)); err != nil {
		return err
	}
	return hours.write(ctx, tx)
}

// countBack gives pending back what was taken from it for rows that Cancel had
// deleted and counted while they were being sent: counted twice, a delivery that
// comes later would not be seen to wait.
func countBack(ctx context.Context, tx *db.Tx, gone map[string]int) error {
	for _, h := range sorted(gone) {
		if gone[h] > 0 {
			if _, err := db.Exec(ctx, tx, `update dest set pending = pending + $1 where host = $2`, gone[h], h); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockHosts locks the rows of the hosts in the order in which addToHosts does,
// so that the two never wait for each other in a circle.
func lockHosts(ctx context.Context, tx *db.Tx, vs []*visit) error {
	var hosts []string
	for _, v := range vs {
		if !v.silent() {
			hosts = append(hosts, v.Host)
		}
	}
	_, err := tx.Exec(ctx, `select 1 from dest where host = any($1) order by host for update`, hosts)
	return err
}

// storeOne writes the result of a visit that was not plain success; held is
// false when the lease has gone to another node, which will send again.
func storeOne(ctx context.Context, tx *db.Tx, by string, now int64, v *visit, bodies map[int64]bool) (held bool, err error) {
	fails, next, okAt := 0, now, now
	switch {
	case v.failed:
		fails, next = v.failsNow(), v.nextAt(now)
		if !v.ok {
			okAt = 0
		}
	case !v.ok: // nothing was sent: interrupted, or nothing was left to send
		fails, okAt = v.Fails, 0
	}
	n, err := db.Exec(ctx, tx, `update dest set pending = pending - $1, fails = $2, next_at = $3, last_error = $4, lease_by = '',
		last_ok_at = case when $5 > last_ok_at then $5 else last_ok_at end where host = $6 and lease_by = $7`,
		len(v.ended), fails, next, v.lastError(), okAt, v.Host, by)
	if err != nil || n == 0 {
		return false, err
	}
	if !v.recounted() {
		return true, nil
	}
	// Rows beyond those that were read may go too; then all are counted anew.
	drop := func(sql string, args ...any) error {
		of, err := db.All[int64](ctx, tx, sql+` returning body_id`, args...)
		for _, id := range of {
			bodies[id] = true
		}
		return err
	}
	for _, inbox := range v.gone {
		if err := drop(`delete from delivery where host = $1 and inbox = $2`, v.Host, inbox); err != nil {
			return false, err
		}
	}
	if v.expired {
		if err := drop(`delete from delivery where host = $1 and created_at < $2`, v.Host, now-Keep.Milliseconds()); err != nil {
			return false, err
		}
	}
	var ids []int64
	ids = v.addEnded(ids, bodies)
	in, args := db.In(2, db.Pad(ids))
	_, err = db.Exec(ctx, tx, `update dest set pending = (select count(*) from delivery where host = $1 and id not in `+notIn(in)+`) where host = $1`, append([]any{v.Host}, args...)...)
	return true, err
}

// notIn makes db.In's "(null)" for no values one that everything is outside of.
func notIn(in string) string {
	if in == "(null)" {
		return "(0)"
	}
	return in
}

// dropBodies deletes those of the bodies that nothing refers to any more.
func dropBodies(ctx context.Context, tx *db.Tx, ids []int64) error {
	for part := range slices.Chunk(ids, 512) {
		in, args := db.In(1, db.Pad(part))
		if _, err := db.Exec(ctx, tx, `delete from delivery_body where id in `+in+` and not exists (select 1 from delivery d where d.body_id = delivery_body.id)`, args...); err != nil {
			return err
		}
	}
	return nil
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
