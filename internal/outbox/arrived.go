package outbox

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// Soon is the time within which a delivery counts as arrived at once.
const Soon = time.Minute

const hourMs = int64(time.Hour / time.Millisecond)

// Hour counts the deliveries that set out in one hour, whenever they arrived.
// Twenty-four rows a day are kept for ever: they name nobody.
type Hour struct {
	Hour    int64 // since 1970
	Arrived int
	Soon    int // of these, within Soon
	Waiting int // still to be sent
	Late    int // of these, for longer than Soon
}

// Begin is the first moment of the hour.
func (h Hour) Begin() time.Time { return time.UnixMilli(h.Hour * hourMs) }

// Hours counts what set out since a moment, by hour, those with nothing left out.
// What was refused, or given up, counts nowhere.
func Hours(ctx context.Context, q db.Q, since, now time.Time) ([]Hour, error) {
	return db.All[Hour](ctx, q, `select hour, cast(sum(arrived) as bigint) as arrived, cast(sum(soon) as bigint) as soon,
			cast(sum(waiting) as bigint) as waiting, cast(sum(late) as bigint) as late from (
		select hour, arrived, soon, 0 as waiting, 0 as late from delivery_hour where hour >= $1
		union all
		select created_at / 3600000 as hour, 0, 0, count(*), sum(case when created_at < $3 then 1 else 0 end)
			from delivery where created_at >= $2 group by created_at / 3600000) as counted
		group by hour order by hour`, since.UnixMilli()/hourMs, since.UnixMilli()/hourMs*hourMs, now.Add(-Soon).UnixMilli())
}

// OldestTo tells when the oldest delivery that waits for each of the hosts set
// out, in unix ms; it is given up after Keep.
func OldestTo(ctx context.Context, q db.Q, hosts []string) (map[string]int64, error) {
	in, args := db.In(1, db.Pad(hosts))
	rows, err := db.All[struct {
		Host string
		At   int64
	}](ctx, q, `select host, min(created_at) as at from delivery where host in `+in+` group by host`, args...)
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Host] = r.At
	}
	return out, err
}

// took is a delivery that was taken.
type took struct {
	hour int64 // in which it set out
	soon bool
}

func tookAfter(created int64, at time.Time) took {
	return took{created / hourMs, at.UnixMilli()-created <= Soon.Milliseconds()}
}

// hours adds up what was taken.
type hours map[int64]*Hour

func (hs hours) add(list []took) {
	for _, t := range list {
		h := hs[t.hour]
		if h == nil {
			h = &Hour{}
			hs[t.hour] = h
		}
		h.Arrived++
		if t.soon {
			h.Soon++
		}
	}
}

// write comes last in a transaction, and in the order of time: the row of this
// hour is wanted by all nodes, and none may hold it while it waits for another.
func (hs hours) write(ctx context.Context, tx *db.Tx) error {
	for _, hour := range sorted(hs) {
		if _, err := db.Exec(ctx, tx, `insert into delivery_hour (hour, arrived, soon) values ($1, $2, $3)
			on conflict (hour) do update set arrived = delivery_hour.arrived + excluded.arrived, soon = delivery_hour.soon + excluded.soon`,
			hour, hs[hour].Arrived, hs[hour].Soon); err != nil {
			return err
		}
	}
	return nil
}
