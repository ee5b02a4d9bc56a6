// Package notify tells our people what concerns them.
//
// It knows no kind of thing but by name: the slices above add notifications in
// the transaction of what happened, so that neither exists without the other.
// One event notifies once, however often it is repeated.
//
// Ids ascend and stay below 2^53, since some client apps read them as numbers.
//
// Spec: Mastodon notifications
package notify

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
)

// The kinds that Mastodon clients know.
const (
	Mention       = "mention"
	Reblog        = "reblog"
	Favourite     = "favourite"
	Follow        = "follow"
	FollowRequest = "follow_request"
	Update        = "update"
	GroupInvite   = "group_invite"
	Poll          = "poll" // to its author too
	Quote         = "quote"
	QuotedUpdate  = "quoted_update"
	Status        = "status"             // a post of somebody whose every post is wanted
	AdminReport   = "admin.report"       // to moderators; PostID is that of the report
	Warning       = "moderation_warning" // a moderator's act; PostID is its number in their log
)

// Kinds are all of them, in the order of settings pages.
var kinds = []string{Mention, Reblog, Favourite, Follow, FollowRequest, Update, Poll, Quote, QuotedUpdate, Status, AdminReport, Warning}

// ValidKind reports whether k names a kind.
func ValidKind(k string) bool {
	for _, have := range kinds {
		if have == k {
			return true
		}
	}
	return false
}

// Notification is one row. PostID is 0 when it is about no post.
type Notification struct {
	ID        int64
	AccountID int64
	Kind      string
	FromID    int64
	PostID    int64
	CreatedAt int64
}

// Service adds and lists notifications.
type Service struct {
	DB  *db.DB
	IDs *ids.Maker

	// Gates are asked before somebody is notified; one that says no keeps the
	// notification back, for good.
	Gates []func(ctx context.Context, tx *db.Tx, accountID int64, kind string, fromID, postID int64) (bool, error)

	// Weigh gives the facts that policies are about; the post slice knows. Nothing
	// is filtered while it is nil.
	Weigh func(ctx context.Context, tx *db.Tx, accountID, fromID, postID int64) (Facts, error)

	// Added tells the slices above of a new notification that is not filtered, inside the transaction.
	Added []func(ctx context.Context, tx *db.Tx, n Notification) error
}

// Add notifies a local account in the caller's transaction. It does nothing for
// accounts of other servers, for oneself, and for what was already notified.
func (s *Service) Add(ctx context.Context, tx *db.Tx, accountID int64, kind string, fromID, postID int64) error {
	if accountID == fromID && kind != Poll {
		return nil
	}
	for _, gate := range s.Gates {
		if ok, err := gate(ctx, tx, accountID, kind, fromID, postID); err != nil || !ok {
			return err
		}
	}
	n := Notification{s.IDs.NewNotification(), accountID, kind, fromID, postID, time.Now().UnixMilli()}
	what, err := s.weigh(ctx, tx, &n)
	if err != nil || what == Drop {
		return err
	}
	added, err := db.Exec(ctx, tx, `insert into notification (id, account_id, kind, from_id, post_id, created_at, filtered)
		select $1, a.id, $2, $3, $4, $5, $7 from account a where a.id = $6 and a.host = '' and a.deleted_at = 0
		on conflict do nothing`, n.ID, n.Kind, n.FromID, n.PostID, n.CreatedAt, n.AccountID, what == Keep)
	if err != nil || added == 0 || what == Keep {
		return err
	}
	for _, hook := range s.Added {
		if err := hook(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// Again notifies local accounts of what goes on: of the first that happens, and
// of the next once that one was read.
func (s *Service) Again(ctx context.Context, tx *db.Tx, accounts []int64, kind string, fromID, postID int64) error {
	if len(accounts) == 0 {
		return nil
	}
	frag, args := db.In(3, accounts)
	waiting, err := db.All[int64](ctx, tx, `select n.account_id from notification n where n.kind = $1 and n.post_id = $2 and n.account_id in `+frag+`
		and n.id > coalesce((select m.last_read from notification_mark m where m.account_id = n.account_id), 0)`, append([]any{kind, postID}, args...)...)
	if err != nil {
		return err
	}
	for _, id := range accounts {
		if slices.Contains(waiting, id) {
			continue
		}
		if err := s.Take(ctx, tx, id, kind, fromID, postID); err != nil {
			return err
		}
		if err := s.Add(ctx, tx, id, kind, fromID, postID); err != nil {
			return err
		}
	}
	return nil
}

// Take removes a notification whose reason was undone.
func (s *Service) Take(ctx context.Context, tx *db.Tx, accountID int64, kind string, fromID, postID int64) error {
	_, err := tx.Exec(ctx, `delete from notification where account_id = $1 and kind = $2 and from_id = $3 and post_id = $4`,
		accountID, kind, fromID, postID)
	return err
}

// ForgetPost removes all that is about a deleted post.
func ForgetPost(ctx context.Context, tx *db.Tx, postID int64) error {
	_, err := tx.Exec(ctx, `delete from notification where post_id = $1`, postID)
	return err
}

// fromHere is the condition that who caused a notification is not suspended.
//
// Spec: OR16
const fromHere = `not exists (select 1 from account fh where fh.id = from_id and fh.suspended_at <> 0)`

// Filter narrows a list; empty slices mean all.
type Filter struct {
	Kinds, Without []string
	FromID         int64
	Filtered       bool // those kept apart too
}

// where is the filter as conditions; args are those before it.
func (f Filter) where(args []any) (string, []any) {
	where := " and " + fromHere
	if !f.Filtered {
		where += " and not filtered"
	}
	if len(f.Kinds) > 0 {
		frag, more := db.In(len(args)+1, f.Kinds)
		where, args = where+" and kind in "+frag, append(args, more...)
	}
	if len(f.Without) > 0 {
		frag, more := db.In(len(args)+1, f.Without)
		where, args = where+" and kind not in "+frag, append(args, more...)
	}
	if f.FromID != 0 {
		args = append(args, f.FromID)
		where += " and from_id = $" + strconv.Itoa(len(args))
	}
	return where, args
}

// List gives one page, newest first.
func (s *Service) List(ctx context.Context, accountID int64, r page.Range, f Filter) ([]Notification, error) {
	where, args := f.where([]any{accountID, r.Upper(), r.Lower(), r.Limit})
	rows, err := db.All[Notification](ctx, s.DB.Read(), `select id, account_id, kind, from_id, post_id, created_at
		from notification where account_id = $1 and id < $2 and id > $3`+where+` order by id `+r.Order()+` limit $4`, args...)
	return page.Fix(r, rows), err
}

// Get finds one notification of an account.
func (s *Service) Get(ctx context.Context, accountID, id int64) (*Notification, error) {
	n, err := db.Get[Notification](ctx, s.DB.Read(), `select id, account_id, kind, from_id, post_id, created_at
		from notification where account_id = $1 and id = $2`, accountID, id)
	return &n, err
}

// Dismiss removes one notification, or all when id is 0.
func (s *Service) Dismiss(ctx context.Context, accountID, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if id == 0 {
			_, err := tx.Exec(ctx, `delete from notification where account_id = $1`, accountID)
			return err
		}
		_, err := tx.Exec(ctx, `delete from notification where account_id = $1 and id = $2`, accountID, id)
		return err
	})
}

// Unread counts what came after the mark, up to 100.
func (s *Service) Unread(ctx context.Context, accountID int64) (int, error) {
	return s.UnreadOf(ctx, accountID, Filter{}, 100)
}

// UnreadOf counts what came after the mark and passes f, up to most.
func (s *Service) UnreadOf(ctx context.Context, accountID int64, f Filter, most int) (int, error) {
	where, args := f.where([]any{accountID, most})
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from (select 1 from notification where account_id = $1
		and id > coalesce((select last_read from notification_mark where account_id = $1), 0)`+where+` limit $2) as n`, args...)
}

// MarkRead moves the mark forward, never back.
func (s *Service) MarkRead(ctx context.Context, accountID, upTo int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into notification_mark (account_id, last_read) values ($1, $2)
			on conflict (account_id) do update set last_read = excluded.last_read
			where notification_mark.last_read < excluded.last_read`, accountID, upTo)
		return err
	})
}

// Erase removes what an account was told, and what others were told of it.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"notification", "notification_permission"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1 or from_id = $1`, accountID); err != nil {
			return err
		}
	}
	for _, table := range []string{"notification_mark", "notification_policy"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	return nil
}
