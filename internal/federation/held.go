package federation

import (
	"context"
	"errors"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// This file bounds what people whom we do not know can make us keep and do.
//
// Spec: FE5, FE9, RE12

const (
	maxHeldBytes = 64 << 20        // of bodies kept until their key is fetched
	maxHostBytes = 8 << 20         // of those from one server
	crowd        = 10              // requests of one server that never give way
	maxHeldFor   = 2 * time.Minute // after which a key that cannot be had is given up
	admitBudget  = 20              // requests that finding one key may cause
	maxAskers    = 16              // signed questions whose key is being fetched, at once
)

// held is how much is kept.
type held struct{ Total, Host, Bytes, HostBytes int }

// room finds out whether a request of a server can be kept, making place if it
// can be made: of a crowd of one server the older half gives way, since only an
// attack looks so; and so does what has waited in vain.
func (e *Engine) room(ctx context.Context, tx *db.Tx, host string, size int) error {
	c, err := db.Get[held](ctx, tx, `select count(*) as total, coalesce(sum(case when host = $1 then 1 else 0 end), 0) as host,
		coalesce(sum(length(body)), 0) as bytes, coalesce(sum(case when host = $1 then length(body) else 0 end), 0) as host_bytes
		from inbox_unverified`, host)
	if err != nil {
		return err
	}
	if c.Host >= maxPerHost || c.HostBytes+size > maxHostBytes {
		return &busyError{apperr.TooMany("federation.too_many"), time.Minute}
	}
	if c.Total < maxUnverified && c.Bytes+size <= maxHeldBytes {
		return nil
	}
	n, err := db.Exec(ctx, tx, `delete from inbox_unverified where received_at < $1`, e.Clock().Add(-maxHeldFor).UnixMilli())
	if err != nil || n > 0 {
		return err
	}
	most, err := db.Get[struct {
		Host string
		N    int
	}](ctx, tx, `select host, count(*) as n from inbox_unverified group by host order by sum(length(body)) / $1 + count(*) desc, host limit 1`,
		maxHeldBytes/maxUnverified)
	if err != nil {
		return err
	}
	if most.N <= crowd {
		return &busyError{apperr.Unavailable("federation.busy"), time.Minute}
	}
	_, err = tx.Exec(ctx, `delete from inbox_unverified where id in (select id from inbox_unverified where host = $1 order by id limit $2)`,
		most.Host, most.N/2)
	return err
}

// behind reports whether requests with the same key still wait, sent before it was
// known: what comes now waits behind them, else an Undo overtakes what it undoes. Only
// who was met a moment ago may have any, so nobody else costs a question.
func (e *Engine) behind(ctx context.Context, in *received) (bool, error) {
	if e.Clock().Sub(in.signer.FetchedAt) > maxHeldFor {
		return false, nil
	}
	n, err := db.Get[int](ctx, e.DB.Read(), `select count(*) from (select 1 from inbox_unverified where key_id = $1 limit 1) as n`, in.signature.KeyID)
	return n > 0, err
}

// hopeless reports whether a request has waited for its key in vain.
func (e *Engine) hopeless(u *unverified) bool {
	return e.Clock().Sub(time.UnixMilli(u.ReceivedAt)) > maxHeldFor
}

// silence remembers that a server does not answer at all, so that many
// addresses of it do not keep as many workers waiting.
func (e *Engine) silence(ctx context.Context, uri string, err error) {
	var f *fetch.Error
	if ctx.Err() == nil && errors.As(err, &f) && f.Reason == fetch.NoAnswer {
		e.misses.add(silentKey(uri), apperr.Unavailable("federation.unavailable").Wrap(err))
	}
}

func silentKey(uri string) string { return "silent " + as.Host(uri) }

// ask runs f if few enough others ask at the same time.
func (e *Engine) ask(f func() error) error {
	if e.askers.Add(1) > maxAskers {
		e.askers.Add(-1)
		return apperr.Unavailable("federation.busy")
	}
	defer e.askers.Add(-1)
	return f()
}
