package host

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// What rows of the audit trail tell, beside the levels.
const (
	ActRemove     = "remove"      // what was laid down is taken back
	ActRetry      = "retry"       // deliveries were tried at once
	ActForget     = "forget"      // deliveries that waited were dropped
	ActRelayJoin  = "relay_join"  // a relay was asked to take us in
	ActRelayLeave = "relay_leave" // a relay was left
	ActRelease    = "release"     // newcomers held back are let through
)

// Entry is one row of the audit trail.
type Entry struct {
	ID     int64
	At     int64 // unix ms
	ByID   int64 // account, 0 for the command line
	Host   string
	Act    string // a Level or one of the Act… names
	Detail string
	Why    string
}

// Audit adds a row to the audit trail in the transaction of the change.
func Audit(ctx context.Context, tx *db.Tx, by int64, host, act, detail, why string) error {
	_, err := tx.Exec(ctx, `insert into host_audit (at, by_id, host, act, detail, why) values ($1, $2, $3, $4, $5, $6)`,
		time.Now().UnixMilli(), by, host, act, detail, why)
	return err
}

// Trail gives the newest rows, of one host or of all for "", with ids below
// before unless that is 0.
func (s *Service) Trail(ctx context.Context, host string, before int64, limit int) ([]Entry, error) {
	return db.All[Entry](ctx, s.DB.Read(), `select id, at, by_id, host, act, detail, why from host_audit
		where ($1 = '' or host = $1) and (cast($2 as bigint) = 0 or id < $2) order by id desc limit $3`, host, before, limit)
}

// Erase takes the name of a deleted account out of the trail.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	_, err := tx.Exec(ctx, `update host_audit set by_id = 0 where by_id = $1`, accountID)
	return err
}

// Notice tells those who run the server something about a host, once a day for
// each kind; first reports whether this was the first time.
func Notice(ctx context.Context, tx *db.Tx, kind, host string, at time.Time) (first bool, err error) {
	n, err := db.Exec(ctx, tx, `insert into host_notice (kind, host, day, at) values ($1, $2, $3, $4) on conflict do nothing`,
		kind, host, at.Unix()/86400, at.UnixMilli())
	return n > 0, err
}

// Told is one notice.
type Told struct {
	Kind string
	Host string
	At   int64
}

// Notices gives those of the last days, newest first.
func (s *Service) Notices(ctx context.Context, since time.Time) ([]Told, error) {
	return db.All[Told](ctx, s.DB.Read(), `select kind, host, at from host_notice where at > $1 order by at desc limit 50`, since.UnixMilli())
}
