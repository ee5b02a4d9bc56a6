package post

import (
	"context"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/db"
)

func one(ctx context.Context, q db.Q, where string, args ...any) (*Post, error) {
	p, err := db.Get[Post](ctx, q, `select `+columns+` from post p where `+where, args...)
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// Raw finds a post by id whoever asks, deleted ones included. Only rules call
// it, never a reader: readers use Service.Get.
func Raw(ctx context.Context, q db.Q, id int64) (*Post, error) { return one(ctx, q, `p.id = $1`, id) }

// RawByURI is Raw by ActivityPub id.
func RawByURI(ctx context.Context, q db.Q, uri string) (*Post, error) {
	return one(ctx, q, `p.uri = $1`, uri)
}

// readable finds a post if r may read it.
func readable(ctx context.Context, q db.Q, r Reader, id int64) (*Post, error) {
	cond, args := Visible(r, "p", []any{id})
	p, err := one(ctx, q, `p.id = $1 and `+cond, args...)
	if err != nil || p.BoostOfID == 0 {
		return p, err
	}
	if _, err := readable(ctx, q, r, p.BoostOfID); err != nil {
		return nil, err
	}
	return p, nil
}

// ByIDs finds those of many posts that r may read, in one query.
func ByIDs(ctx context.Context, q db.Q, r Reader, ids []int64) (map[int64]*Post, error) {
	out := make(map[int64]*Post, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	frag, args := db.In(1, db.Pad(ids))
	cond, args := Visible(r, "p", args)
	rows, err := db.All[Post](ctx, q, `select `+columns+` from post p where p.id in `+frag+` and `+cond, args...)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		out[rows[i].ID] = &rows[i]
	}
	return out, nil
}

func insert(ctx context.Context, tx *db.Tx, p *Post) error { return db.Insert(ctx, tx, "post", p) }

func setMentions(ctx context.Context, tx *db.Tx, postID int64, accounts []int64) error {
	if _, err := tx.Exec(ctx, `delete from post_mention where post_id = $1`, postID); err != nil {
		return err
	}
	type row struct{ PostID, AccountID int64 }
	seen := make(map[int64]bool, len(accounts))
	var rows []row
	for _, a := range accounts {
		if !seen[a] {
			seen[a] = true
			rows = append(rows, row{postID, a})
		}
	}
	return db.InsertMany(ctx, tx, "post_mention", rows)
}

func setTags(ctx context.Context, tx *db.Tx, postID int64, tags []Tag) error {
	if _, err := tx.Exec(ctx, `delete from post_tag where post_id = $1`, postID); err != nil {
		return err
	}
	type row struct {
		PostID     int64
		Tag, Shown string
	}
	seen := make(map[string]bool, len(tags))
	var rows []row
	for _, t := range tags {
		if t.Tag != "" && !seen[t.Tag] && len(rows) < maxTags {
			seen[t.Tag] = true
			rows = append(rows, row{postID, t.Tag, t.Shown})
		}
	}
	return db.InsertMany(ctx, tx, "post_tag", rows)
}

func mentionsOf(ctx context.Context, q db.Q, postID int64) ([]int64, error) {
	return db.All[int64](ctx, q, `select account_id from post_mention where post_id = $1`, postID)
}

// keepRevision stores what a post said before an edit.
func keepRevision(ctx context.Context, tx *db.Tx, id int64, p *Post) error {
	at := p.EditedAt
	if at == 0 {
		at = p.CreatedAt
	}
	_, err := tx.Exec(ctx, `insert into post_revision (id, post_id, content, source, warning, sensitive, created_at)
		values ($1, $2, $3, $4, $5, $6, $7)`, id, p.ID, p.Content, p.Source, p.Warning, p.Sensitive, at)
	return err
}

func saveEdit(ctx context.Context, tx *db.Tx, p *Post) error {
	_, err := tx.Exec(ctx, `update post set title = $1, content = $2, source = $3, warning = $4, sensitive = $5, lang = $6, edited_at = $7
		where id = $8`, p.Title, p.Content, p.Source, p.Warning, p.Sensitive, p.Lang, p.EditedAt, p.ID)
	return err
}

// bury empties a post and marks it deleted, with the boosts of it. Whom it named
// stays until they are told.
func bury(ctx context.Context, tx *db.Tx, id int64) error {
	now := time.Now().UnixMilli()
	_, err := tx.Exec(ctx, `update post set url = '', title = '', content = '', source = '', warning = '', deleted_at = $1
		where id = $2 or boost_of_id = $2 and deleted_at = 0`, now, id)
	if err != nil {
		return err
	}
	for _, table := range []string{"post_tag", "post_revision", "post_like", "post_document"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// certain is by whom something was deleted of which nobody can doubt whose it was.
const certain = 0

// entomb remembers that an object was deleted by an account. Of what never was
// here the account may not be the author: then it says nothing about it.
func entomb(ctx context.Context, tx *db.Tx, uri string, byID int64) error {
	_, err := tx.Exec(ctx, `insert into tombstone (uri, by_id, deleted_at) values ($1, $2, $3) on conflict do nothing`, uri, byID, time.Now().UnixMilli())
	return err
}

// Entombed reports whether the deletion of an object by its author was seen.
func Entombed(ctx context.Context, q db.Q, uri string, authorID int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from tombstone where uri = $1 and by_id in (0, $2)`, uri, authorID)
	return n > 0, err
}

// adopt gives the posts that waited for p, their parent, their place in its thread.
func adopt(ctx context.Context, tx *db.Tx, p *Post) error {
	// (That the address is not empty leads SQLite to the index of those that wait.)
	// One that waits begins a thread of its own. If p is in that, p comes after it:
	// two posts that each say to answer the other make no circle.
	n, err := db.Exec(ctx, tx, `update post set reply_to_id = $1, reply_to_account = $2 where reply_to_uri = $3 and reply_to_uri <> '' and reply_to_id = 0 and deleted_at = 0
		and id <> $1 and thread_id <> $4`, p.ID, p.AccountID, p.URI, p.ThreadID)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `update post set replies_count = (select count(*) from post p join post parent on parent.id = p.reply_to_id
		where p.reply_to_id = $1 and p.deleted_at = 0 and `+counted+`) where id = $1`, p.ID); err != nil {
		return err
	}
	// The threads that began with those posts become part of this one.
	_, err = tx.Exec(ctx, `update post set thread_id = $1 where thread_id in
		(select c.id from post c where c.reply_to_id = $2 and c.thread_id <> $1)`, p.ThreadID, p.ID)
	return err
}

// counted is the condition that an answer p is counted to its parent: whoever
// may read the parent may read it too. A number that said more would tell of
// answers that are kept from the reader.
const counted = `(p.audience = parent.audience and parent.audience <> 'direct' and (parent.audience <> 'followers' or p.account_id = parent.account_id))`

// countReply counts an answer to its parent, or no longer.
func countReply(ctx context.Context, tx *db.Tx, p *Post, by int) error {
	if p.ReplyToID == 0 {
		return nil
	}
	parent, err := Raw(ctx, tx, p.ReplyToID)
	if err != nil {
		return err
	}
	if p.Audience != parent.Audience || p.Audience == Direct || p.Audience == Followers && p.AccountID != parent.AccountID {
		return nil // the same as counted
	}
	return count(ctx, tx, parent.ID, "replies_count", by)
}

func count(ctx context.Context, tx *db.Tx, id int64, column string, by int) error {
	_, err := tx.Exec(ctx, `update post set `+column+` = `+column+` + `+strconv.Itoa(by)+` where id = $1 and `+column+` + `+strconv.Itoa(by)+` >= 0`, id)
	return err
}

// SaveDocument keeps the bytes of a post's document.
func SaveDocument(ctx context.Context, tx *db.Tx, postID int64, body []byte) error {
	_, err := tx.Exec(ctx, `insert into post_document (post_id, body) values ($1, $2)
		on conflict (post_id) do update set body = excluded.body`, postID, body)
	return err
}

// Document gives the bytes of a post's document, by its URI, if r may read the post.
func Document(ctx context.Context, q db.Q, r Reader, uri string) ([]byte, error) {
	cond, args := Visible(r, "p", []any{uri})
	return db.Get[[]byte](ctx, q, `select d.body from post p join post_document d on d.post_id = p.id where p.uri = $1 and `+cond, args...)
}
