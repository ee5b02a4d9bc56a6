package post

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/outbox"
)

// EraseAll erases all posts and reactions of an account that is being deleted.
// Servers that hold a copy of one of its posts are told once, that the account
// is gone: they erase the posts with it.
//
// Spec: AP 7.4; Spec: P9
func (s *Service) EraseAll(ctx context.Context, tx *db.Tx, accountID int64) error {
	a, err := account.ByID(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if a.Local() {
		if err := s.sendGone(ctx, tx, a); err != nil {
			return err
		}
	}
	if err := s.eraseReactions(ctx, tx, a.ID); err != nil {
		return err
	}
	rows, err := db.All[Post](ctx, tx, `select `+columns+` from post p where p.account_id = $1 and p.deleted_at = 0`, a.ID)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.forget(ctx, tx, &rows[i]); err != nil {
			return err
		}
	}
	for _, table := range []string{"post_mention", "post_idempotency", "audience_account", "thread_mute"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, a.ID); err != nil {
			return err
		}
	}
	return nil
}

// sendGone tells the servers that have copies, but for those of followers,
// whom the follow slice tells.
func (s *Service) sendGone(ctx context.Context, tx *db.Tx, a *account.Account) error {
	inboxes, err := db.All[string](ctx, tx, `select distinct c.inbox from post_copy c join post p on p.id = c.post_id where p.account_id = $1
		except select case when f.shared_inbox <> '' then f.shared_inbox else f.inbox end from account f
			where f.id in (select account_id from follow where target_id = $1 union select target_id from follow where account_id = $1)`, a.ID)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	body, err := as.Activity{Type: "Delete", ID: a.URI + "#delete", Actor: a.URI, Object: a.URI, To: []string{as.Public}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, a.ID, outbox.Opts{}, inboxes)
}

func (s *Service) eraseReactions(ctx context.Context, tx *db.Tx, accountID int64) error {
	liked, err := db.All[int64](ctx, tx, `select post_id from post_like where account_id = $1`, accountID)
	if err != nil {
		return err
	}
	for _, id := range liked {
		p, err := Raw(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := s.dropLike(ctx, tx, accountID, p); err != nil {
			return err
		}
	}
	return nil
}

// forget buries a post of an account that is gone, without a word of its own.
func (s *Service) forget(ctx context.Context, tx *db.Tx, p *Post) error {
	if p.BoostOfID != 0 {
		return s.buryBoost(ctx, tx, p)
	}
	if err := outbox.Cancel(ctx, tx, p.ID); err != nil {
		return err
	}
	return s.buryPost(ctx, tx, p)
}
