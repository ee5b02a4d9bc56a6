package poll

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

const pollColumns = `post_id, multiple, hide_totals, closes_at, ended_at, voters, fetched_at`

// row is a poll as it is stored, without its options.
type row struct {
	PostID     int64
	Multiple   bool
	HideTotals bool
	ClosesAt   int64
	EndedAt    int64
	Voters     int64
	FetchedAt  int64
}

func (r row) poll() *Poll {
	return &Poll{PostID: r.PostID, Multiple: r.Multiple, HideTotals: r.HideTotals, ClosesAt: r.ClosesAt, EndedAt: r.EndedAt,
		Voters: r.Voters, FetchedAt: r.FetchedAt}
}

// load finds the polls of posts, with their options, and with what accountID chose.
func load(ctx context.Context, q db.Q, accountID int64, posts []int64) (map[int64]*Poll, error) {
	out := map[int64]*Poll{}
	if len(posts) == 0 {
		return out, nil
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[row](ctx, q, `select `+pollColumns+` from poll where post_id in `+frag, args...)
	if err != nil || len(rows) == 0 {
		return out, err
	}
	found := make([]int64, len(rows))
	for i, r := range rows {
		found[i], out[r.PostID] = r.PostID, r.poll()
	}
	frag, args = db.In(1, found)
	options, err := db.All[Option](ctx, q, `select post_id, position, title, votes from poll_option where post_id in `+frag+` order by post_id, position`, args...)
	if err != nil {
		return nil, err
	}
	for _, o := range options {
		out[o.PostID].Options = append(out[o.PostID].Options, o)
	}
	if accountID == 0 {
		return out, nil
	}
	own, err := db.All[struct {
		PostID   int64
		Position int
	}](ctx, q, `select r.post_id, coalesce(v.position, -1) as position from poll_voter r
		left join poll_vote v on v.post_id = r.post_id and v.account_id = r.account_id
		where r.account_id = $`+strconv.Itoa(len(args)+1)+` and r.post_id in `+frag+` order by r.post_id, v.position`, append(slices.Clone(args), accountID)...)
	if err != nil {
		return nil, err
	}
	for _, v := range own {
		p := out[v.PostID]
		if p.Voted = true; v.Position >= 0 {
			p.Own = append(p.Own, v.Position)
		}
	}
	return out, nil
}

// one is load for one post; KindNotFound when it has no poll.
func one(ctx context.Context, q db.Q, accountID, postID int64) (*Poll, error) {
	found, err := load(ctx, q, accountID, []int64{postID})
	if err != nil {
		return nil, err
	}
	if p := found[postID]; p != nil {
		return p, nil
	}
	return nil, apperr.NotFound("poll.not_found")
}

// hold keeps others from changing a poll until the end of the transaction.
func hold(ctx context.Context, tx *db.Tx, postID int64) error {
	_, err := tx.Exec(ctx, `update poll set voters = voters where post_id = $1`, postID)
	return err
}

// put writes a poll with its options, in place of what the post had.
func put(ctx context.Context, tx *db.Tx, p *Poll) error {
	_, err := tx.Exec(ctx, `insert into poll (`+pollColumns+`) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (post_id) do update set multiple = excluded.multiple, hide_totals = excluded.hide_totals,
		closes_at = excluded.closes_at, ended_at = excluded.ended_at, voters = excluded.voters, fetched_at = excluded.fetched_at`,
		p.PostID, p.Multiple, p.HideTotals, p.ClosesAt, p.EndedAt, p.Voters, p.FetchedAt)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from poll_option where post_id = $1`, p.PostID); err != nil {
		return err
	}
	return db.InsertMany(ctx, tx, "poll_option", p.Options)
}

// clear forgets the votes of a poll, but not the numbers.
func clear(ctx context.Context, tx *db.Tx, postID int64) error {
	for _, table := range []string{"poll_vote", "poll_voter"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, postID); err != nil {
			return err
		}
	}
	return nil
}

func remove(ctx context.Context, tx *db.Tx, postID int64) error {
	if err := clear(ctx, tx, postID); err != nil {
		return err
	}
	for _, table := range []string{"poll_option", "poll"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, postID); err != nil {
			return err
		}
	}
	return nil
}

// addVoter makes somebody a voter; false when they are one already.
func addVoter(ctx context.Context, tx *db.Tx, postID, accountID int64) (bool, error) {
	n, err := db.Exec(ctx, tx, `insert into poll_voter (post_id, account_id, created_at) values ($1, $2, $3) on conflict do nothing`,
		postID, accountID, time.Now().UnixMilli())
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `update poll set voters = voters + 1 where post_id = $1 and voters >= 0`, postID)
	return true, err
}

// addVote counts one choice of a voter; false when it is counted already.
func addVote(ctx context.Context, tx *db.Tx, postID, accountID int64, position int) (bool, error) {
	n, err := db.Exec(ctx, tx, `insert into poll_vote (post_id, account_id, position) values ($1, $2, $3) on conflict do nothing`,
		postID, accountID, position)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `update poll_option set votes = votes + 1 where post_id = $1 and position = $2`, postID, position)
	return true, err
}

// EraseAll forgets who an account was in polls. What it voted stays in the
// numbers, which name nobody.
func EraseAll(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, table := range []string{"poll_vote", "poll_voter"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	return nil
}
