package notify

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/stream"
)

// Request is what was filtered from one person: they ask, so to say, to be heard.
// FromID is its id too; it is paged by LastID.
//
// Spec: Mastodon entities/NotificationRequest
type Request struct {
	FromID          int64
	Count           int
	LastID          int64 // of the latest notification
	LastPostID      int64 // of the latest post among them, 0 for none
	FirstAt, LastAt int64
}

const requests = `select from_id, count(*) as count, max(id) as last_id, max(post_id) as last_post_id, min(created_at) as first_at,
	max(created_at) as last_at from notification where account_id = $1 and filtered`

// Requests lists who was filtered, the latest first.
//
// Spec: Mastodon notifications#get-requests
func (s *Service) Requests(ctx context.Context, accountID int64, r page.Range) ([]Request, error) {
	rows, err := db.All[Request](ctx, s.DB.Read(), requests+` group by from_id having max(id) < $2 and max(id) > $3
		order by max(id) `+r.Order()+` limit $4`, accountID, r.Upper(), r.Lower(), r.Limit)
	return page.Fix(r, rows), err
}

// Request finds what was filtered from one person; KindNotFound when nothing was.
func (s *Service) Request(ctx context.Context, accountID, fromID int64) (*Request, error) {
	r, err := db.Get[Request](ctx, s.DB.Read(), requests+` and from_id = $2 group by from_id`, accountID, fromID)
	if err != nil {
		return nil, apperr.NotFound("notify.not_found").Wrap(err)
	}
	return &r, nil
}

// AcceptFrom lets people be heard: what was filtered from them joins the other
// notifications, and nothing more is filtered.
//
// Spec: Mastodon notifications#accept-request
func (s *Service) AcceptFrom(ctx context.Context, accountID int64, from []int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		merged := false
		for _, id := range from {
			n, err := db.Exec(ctx, tx, `update notification set filtered = false where account_id = $1 and from_id = $2 and filtered`, accountID, id)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			merged = true
			if _, err := tx.Exec(ctx, `insert into notification_permission (account_id, from_id, created_at) values ($1, $2, $3) on conflict do nothing`,
				accountID, id, time.Now().UnixMilli()); err != nil {
				return err
			}
		}
		if !merged {
			return nil
		}
		return stream.Publish(tx, stream.Event{Kind: stream.NotificationsMerged, Account: accountID})
	})
}

// DismissFrom forgets what was filtered from people; what they do next is filtered anew.
//
// Spec: Mastodon notifications#dismiss-request
func (s *Service) DismissFrom(ctx context.Context, accountID int64, from []int64) error {
	frag, args := db.In(2, from)
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from notification where account_id = $1 and filtered and from_id in `+frag, append([]any{accountID}, args...)...)
		return err
	})
}

// Pending counts who and what waits to be accepted.
func (s *Service) Pending(ctx context.Context, accountID int64) (people, notifications int, err error) {
	n, err := db.Get[struct{ People, Notifications int }](ctx, s.DB.Read(),
		`select count(distinct from_id) as people, count(*) as notifications from notification where account_id = $1 and filtered`, accountID)
	return n.People, n.Notifications, err
}
