package timeline

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
)

// Home timelines are bounded: of each the newest entries are kept, and what is older
// is found by whom its owner follows now. That takes longer, and is asked for by the
// few who go back that far.

const kindTrim = "timeline.trim"

// Bounds of a home timeline.
const (
	homeKept  = 2000 // entries that stay
	homeSlack = 500  // more, before they are looked at
	trimPart  = 5000 // entries that go in one transaction
	trimBatch = 200  // people that one job looks at
)

// trimJob goes through our people, from the one after an account.
type trimJob struct{ After int64 }

// Jobs keeps the home timelines bounded.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{{Name: kindTrim, Handle: jobs.JSON(s.trimSome), Timeout: 10 * time.Minute, Concurrency: 1}}
}

// TrimDaily has all home timelines looked at, once a day while something is written.
// It is a hook of post.Service.Stored.
func (s *Service) TrimDaily(ctx context.Context, tx *db.Tx, _ *post.Post) error {
	day := time.Now().Unix() / 86400
	if s.trimmed.Swap(day) == day {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindTrim, trimJob{}, jobs.Key("all"), jobs.At(time.Now().Add(time.Hour)))
}

func (s *Service) trimSome(ctx context.Context, j trimJob) error {
	people, err := db.All[int64](ctx, s.DB.Read(), `select id from account where host = '' and id > $1 order by id limit $2`, j.After, trimBatch)
	if err != nil {
		return err
	}
	for _, id := range people {
		if over, err := nth(ctx, s.DB.Read(), id, homeKept+homeSlack); err != nil || over == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.Trim(ctx, id, homeKept); err != nil {
			return err
		}
	}
	if len(people) < trimBatch {
		return nil
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kindTrim, trimJob{people[len(people)-1]})
	})
}

// nth is the entry of a home timeline behind the n newest ones, 0 for none.
func nth(ctx context.Context, q db.Q, accountID int64, n int) (int64, error) {
	id, err := db.Get[int64](ctx, q, `select post_id from home_entry where account_id = $1 order by post_id desc limit 1 offset $2`, accountID, n)
	if apperr.Is(err, apperr.KindNotFound) {
		return 0, nil
	}
	return id, err
}

// Trim removes all but the newest entries of a home timeline. From the first moment
// on what is to go is not read any more, so that it may go bit by bit.
func (s *Service) Trim(ctx context.Context, accountID int64, keep int) error {
	floor, err := nth(ctx, s.DB.Read(), accountID, keep)
	if err != nil || floor == 0 {
		return err
	}
	for {
		n := int64(0)
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if _, err := tx.Exec(ctx, `insert into home_floor (account_id, post_id) values ($1, $2)
				on conflict (account_id) do update set post_id = excluded.post_id where home_floor.post_id < excluded.post_id`, accountID, floor); err != nil {
				return err
			}
			n, err = db.Exec(ctx, tx, `delete from home_entry where account_id = $1 and post_id in (
				select post_id from home_entry where account_id = $1 and post_id <= $2 order by post_id limit $3)`, accountID, floor, trimPart)
			return err
		})
		if err != nil || n < trimPart {
			return err
		}
	}
}

// floor is up to which post the entries of somebody were removed, 0 for none.
func floor(ctx context.Context, q db.Q, accountID int64) (int64, error) {
	id, err := db.Get[int64](ctx, q, `select post_id from home_floor where account_id = $1`, accountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return 0, nil
	}
	return id, err
}

// below are the conditions of a post p that would stand in the home timeline of $4, as
// Fan and the hashtags that people follow have it.
const below = `p.deleted_at = 0 and (p.local and p.account_id = $4
	or exists (select 1 from follow f where f.account_id = $4 and f.target_id = p.account_id and f.accepted and (p.boost_of_id = 0 or f.boosts)
		and (f.languages = '' or p.lang = '' or f.languages like '%,' || lower(substr(p.lang || '-', 1, 2)) || ',%' or f.languages like '%,' || lower(substr(p.lang || '-', 1, 3)) || ',%')
		and (p.audience <> 'direct' or exists (select 1 from post_mention m where m.post_id = p.id and m.account_id = $4))
		and (p.boost_of_id <> 0 or p.audience = 'direct' or p.reply_to_uri = '' or p.reply_to_account in (p.account_id, $4)
			or exists (select 1 from follow g where g.account_id = $4 and g.target_id = p.reply_to_account and g.accepted)))
	or p.boost_of_id = 0 and p.listed and p.audience in ('public', 'section', 'movement') and exists (
		select 1 from post_tag t join tag_follow tf on tf.tag = t.tag where t.post_id = p.id and tf.account_id = $4))`

// homePosts reads a page of a home timeline: from its entries, and below the floor
// from what its owner follows.
func (s *Service) homePosts(ctx context.Context, v *auth.Viewer, r page.Range, narrow string) ([]post.Post, error) {
	read := func(from, where, by string, upper, lower int64, limit int) ([]post.Post, error) {
		if upper <= lower+1 || limit == 0 {
			return nil, nil
		}
		cond, args := post.Shown(post.ReaderOf(v), "p", []any{upper, lower, limit, v.AccountID})
		wants, args := post.WantedShown(post.ReaderOf(v), "p", args)
		return db.All[post.Post](ctx, s.DB.Read(), `select `+post.Columns+` from `+from+` where `+where+narrow+` and `+cond+` and `+wants+
			` order by `+by+` `+r.Order()+` limit $3`, args...)
	}
	entries := func(limit int) ([]post.Post, error) {
		return read(`home_entry h join post p on p.id = h.post_id`, `h.account_id = $4 and h.post_id < $1 and h.post_id > $2
			and h.post_id > coalesce((select post_id from home_floor where account_id = $4), 0)`, `h.post_id`, r.Upper(), r.Lower(), limit)
	}
	older := func(limit int) ([]post.Post, error) {
		if limit == 0 {
			return nil, nil
		}
		bottom, err := floor(ctx, s.DB.Read(), v.AccountID)
		if err != nil {
			return nil, err
		}
		return read(`post p`, `p.id < $1 and p.id > $2 and `+below, `p.id`, min(r.Upper(), bottom+1), r.Lower(), limit)
	}
	first, second := entries, older
	if r.Order() == "asc" {
		first, second = older, entries
	}
	rows, err := first(r.Limit)
	if err != nil {
		return nil, err
	}
	more, err := second(r.Limit - len(rows))
	return append(rows, more...), err
}
