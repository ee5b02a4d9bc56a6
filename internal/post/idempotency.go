package post

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// idempotencyAge is how long a client's key answers with the same post.
//
// Spec: Mastodon statuses#create
const idempotencyAge = time.Hour

// answered finds the post that an earlier request with the same key made.
func (s *Service) answered(ctx context.Context, accountID int64, key string) (*Post, error) {
	if key == "" {
		return nil, nil
	}
	id, err := db.Get[int64](ctx, s.DB.Read(), `select post_id from post_idempotency where account_id = $1 and key = $2 and created_at > $3`,
		accountID, text.Clean(key, 200), time.Now().Add(-idempotencyAge).UnixMilli())
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return Raw(ctx, s.DB.Read(), id)
}

// claim binds a key to a post in its transaction; keys past their time are
// dropped on the way. When another request with the key came first, prior is
// the post that it made: the caller answers with it in the same transaction,
// which ends no sooner than the one of the first request.
func (s *Service) claim(ctx context.Context, tx *db.Tx, accountID int64, key string, postID int64) (prior int64, err error) {
	if key == "" {
		return 0, nil
	}
	key = text.Clean(key, 200)
	now := time.Now()
	if _, err := tx.Exec(ctx, `delete from post_idempotency where created_at < $1`, now.Add(-idempotencyAge).UnixMilli()); err != nil {
		return 0, err
	}
	n, err := db.Exec(ctx, tx, `insert into post_idempotency (account_id, key, post_id, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
		accountID, key, postID, now.UnixMilli())
	if err != nil || n > 0 {
		return 0, err
	}
	return db.Get[int64](ctx, tx, `select post_id from post_idempotency where account_id = $1 and key = $2`, accountID, key)
}

// once is the key of a form with what was typed into it: a form sent twice makes
// one post, and two texts make two, even from one form.
func once(form, text string) string {
	if form == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return form[:min(len(form), 100)] + " " + hex.EncodeToString(sum[:16])
}
