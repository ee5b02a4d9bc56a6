package account

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/internal/db"
)

const columns = `id, uri, kind, username, host, handle, display_name, note, note_source, fields, url, inbox, shared_inbox,
	outbox, followers, following, featured, avatar, header, avatar_alt, header_alt, attribution, key_id, public_key, locked, bot, discoverable, indexable,
	reachable, public, hidden, posts_count, followers_count, following_count, last_post_at, moved_to, suspended_at, sensitive_at, deleted_at,
	created_at, updated_at, fetched_at, alike`

func one(ctx context.Context, q db.Q, where string, args ...any) (*Account, error) {
	a, err := db.Get[Account](ctx, q, `select `+columns+` from account where `+where, args...)
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// ByID finds an account, deleted ones included; apperr.KindNotFound if there is none.
func ByID(ctx context.Context, q db.Q, id int64) (*Account, error) {
	return one(ctx, q, `id = $1`, id)
}

// ByURI finds an account by its ActivityPub id.
func ByURI(ctx context.Context, q db.Q, uri string) (*Account, error) {
	return one(ctx, q, `uri = $1`, uri)
}

// ByHandle finds an account by user name and host, host "" for ours; case does not matter.
func ByHandle(ctx context.Context, q db.Q, name, host string) (*Account, error) {
	return one(ctx, q, `handle = $1`, foldHandle(name, host))
}

// ByIDs finds many accounts in one query; those not found are absent.
func ByIDs(ctx context.Context, q db.Q, ids []int64) (map[int64]*Account, error) {
	out := make(map[int64]*Account, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	frag, args := db.In(1, db.Pad(ids))
	rows, err := db.All[Account](ctx, q, `select `+columns+` from account where id in `+frag, args...)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		out[rows[i].ID] = &rows[i]
	}
	return out, nil
}

// Locals lists our own accounts that are not deleted, oldest first.
func Locals(ctx context.Context, q db.Q) ([]Account, error) {
	return db.All[Account](ctx, q, `select `+columns+` from account where host = '' and deleted_at = 0 order by id`)
}

func saveProfile(ctx context.Context, tx *db.Tx, a *Account) error {
	_, err := tx.Exec(ctx, `update account set display_name = $1, note = $2, note_source = $3, fields = $4, locked = $5, bot = $6,
		discoverable = $7, indexable = $8, reachable = $9, public = $10, updated_at = $11, avatar_alt = $12,
		header_alt = $13, attribution = $14 where id = $15`,
		a.DisplayName, a.Note, a.NoteSource, a.Fields, a.Locked, a.Bot, a.Discoverable, a.Indexable, a.Reachable, a.Public, a.UpdatedAt,
		a.AvatarAlt, a.HeaderAlt, a.Attribution, a.ID)
	if err != nil {
		return err
	}
	return indexName(ctx, tx, a)
}

func bury(ctx context.Context, tx *db.Tx, id int64) error {
	now := time.Now().UnixMilli()
	_, err := tx.Exec(ctx, `update account set display_name = '', note = '', note_source = '', fields = '[]', avatar = '', header = '',
		avatar_alt = '', header_alt = '', attribution = '',
		reachable = false, public = false, discoverable = false, deleted_at = $1, updated_at = $1 where id = $2`, now, id)
	if err != nil {
		return err
	}
	for _, table := range []string{"consent", "account_word", "actor_key", "account_alias", "account_move"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// Count adds to the counters of an account; the slices that own what is counted
// call it. Of posts those for everyone are counted, and no others: how much
// somebody writes to a closed circle, and when, is that circle's business.
func Count(ctx context.Context, tx *db.Tx, id int64, posts, followers, following int) error {
	_, err := tx.Exec(ctx, `update account set posts_count = posts_count + $1, followers_count = followers_count + $2,
		following_count = following_count + $3 where id = $4`, posts, followers, following, id)
	return err
}

// Posted counts a post for everyone and notes its day.
func Posted(ctx context.Context, tx *db.Tx, id, at int64) error {
	_, err := tx.Exec(ctx, `update account set posts_count = posts_count + 1, last_post_at = $1 where id = $2`, at, id)
	return err
}

func encodeFields(f []Field) string {
	if f == nil {
		return "[]"
	}
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // two strings always marshal
	}
	return string(b)
}
