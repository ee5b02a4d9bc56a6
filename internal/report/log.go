package report

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/maillage/maillage/internal/db"
)

// The acts of moderators.
const (
	ActNote      = "note"   // nothing but a word
	ActDelete    = "delete" // a post is removed
	ActLimit     = "limit"  // shown to followers only
	ActUnlimit   = "unlimit"
	ActSuspend   = "suspend" // nothing in, nothing out
	ActUnsuspend = "unsuspend"
	ActWarn      = "warn"      // a word to the person, and nothing more
	ActCover     = "sensitive" // all its pictures are covered
	ActUncover   = "unsensitive"
	ActDisable   = "disable" // kept from signing in
	ActEnable    = "enable"
	ActErase     = "erase" // the account is deleted with all it holds
	ActResolve   = "resolve"
	ActReopen    = "reopen"
	ActTake      = "assign" // the moderator takes the report upon themselves
	ActLeave     = "unassign"
	ActSort      = "sort" // the kind of the report is another
	ActRead      = "read" // a direct post that a report names was read
)

// Row is one row of the log.
type Row struct {
	ID         int64
	At         int64 // unix ms
	ByID       int64 // 0 when the account was deleted since
	TargetID   int64 // 0 when it concerns nobody, or the account was deleted since
	Act        string
	ReportID   int64
	PostID     int64
	Why        string
	Nonce      string
	ByMark     string
	TargetMark string
	Hash       string
}

const logColumns = `id, at, by_id, target_id, act, report_id, post_id, why, nonce, by_mark, target_mark, hash`

func mark(nonce, what string, id int64) string {
	if id == 0 {
		return ""
	}
	return digest(nonce, what, fmt.Sprint(id))
}

// digest hashes texts in a way that keeps them apart.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r *Row) digest(before string) string {
	return digest(before, fmt.Sprint(r.ID, r.At, r.ReportID, r.PostID), r.Act, r.Why, r.Nonce, r.ByMark, r.TargetMark)
}

// write adds a row to the log in the transaction of what it tells.
func write(ctx context.Context, tx *db.Tx, r Row) error {
	// Taking the head first makes whoever else writes wait.
	head, err := db.Get[struct {
		ID   int64
		Hash string
	}](ctx, tx, `update staff_log_head set id = id + 1 where one = 1 returning id, hash`)
	if err != nil {
		return err
	}
	r.ID, r.At, r.Nonce = head.ID, time.Now().UnixMilli(), rand.Text()
	r.ByMark, r.TargetMark = mark(r.Nonce, "by", r.ByID), mark(r.Nonce, "target", r.TargetID)
	r.Hash = r.digest(head.Hash)
	if err := db.Insert(ctx, tx, "staff_log", r); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update staff_log_head set hash = $1 where one = 1`, r.Hash)
	return err
}

// Log gives rows of the log, newest first, of one report or of all for 0, with
// ids below before unless that is 0.
func (s *Service) Log(ctx context.Context, reportID, before int64, limit int) ([]Row, error) {
	return db.All[Row](ctx, s.DB.Read(), `select `+logColumns+` from staff_log where (cast($1 as bigint) = 0 or report_id = cast($1 as bigint)) and (cast($2 as bigint) = 0 or id < cast($2 as bigint))
		order by id desc limit $3`, reportID, before, limit)
}

// Verify reads the whole log and gives the id of the first row that was altered
// or before which one is missing; 0 when the chain is whole.
//
// Spec: AC9
func (s *Service) Verify(ctx context.Context) (broken int64, err error) {
	before, next := "", int64(1)
	for {
		rows, err := db.All[Row](ctx, s.DB.Read(), `select `+logColumns+` from staff_log where id >= $1 order by id limit 500`, next)
		if err != nil {
			return 0, err
		}
		for _, r := range rows {
			forged := r.ByID != 0 && mark(r.Nonce, "by", r.ByID) != r.ByMark || r.TargetID != 0 && mark(r.Nonce, "target", r.TargetID) != r.TargetMark
			if r.ID != next || r.digest(before) != r.Hash || forged {
				return next, nil
			}
			before, next = r.Hash, next+1
		}
		if len(rows) < 500 {
			break
		}
	}
	head, err := db.Get[int64](ctx, s.DB.Read(), `select id from staff_log_head where one = 1`)
	if err == nil && head != next-1 {
		broken = next // the last ones are missing
	}
	return broken, err
}
