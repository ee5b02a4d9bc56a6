package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// unknown is the answer to whoever may not know of a meeting, whether or not there is one.
func unknown() error { return apperr.NotFound("event.not_found") }

// hold keeps others from changing who comes to a meeting until the end of the transaction.
func hold(ctx context.Context, tx *db.Tx, postID int64) error {
	_, err := tx.Exec(ctx, `update meeting set next_rank = next_rank where post_id = $1`, postID)
	return err
}

func one(ctx context.Context, q db.Q, postID int64) (*Meeting, error) {
	m, err := db.Get[Meeting](ctx, q, `select `+columns+` from meeting m where m.post_id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, unknown()
	}
	return &m, err
}

// put writes a meeting with its items, in place of what the post had.
func put(ctx context.Context, tx *db.Tx, m *Meeting, items []Item) error {
	if _, err := tx.Exec(ctx, `delete from meeting_item where post_id = $1`, m.PostID); err != nil {
		return err
	}
	n, err := db.Exec(ctx, tx, `update meeting set kind = $2, sequence = $3, starts_at = $4, ends_at = $5, zone = $6, place = $7, address = $8, postcode = $9,
		city = $10, remote_url = $11, online = $12, capacity = $13, companions = $14, status = $15, status_note = $16, register_url = $17, changed_at = $18,
		minutes = $19, replay_url = $20, keep_list = $21, website = $22, withheld = $23, no_join = $24, open_end = $25
		where post_id = $1`, m.PostID, m.Kind, m.Sequence, m.StartsAt, m.EndsAt, m.Zone, m.Place, m.Address, m.Postcode, m.City, m.RemoteUrl, m.Online,
		m.Capacity, m.Companions, m.Status, m.StatusNote, m.RegisterUrl, m.ChangedAt, m.Minutes, m.ReplayUrl, m.KeepList, m.Website, m.Withheld, m.NoJoin, m.OpenEnd)
	if err != nil {
		return err
	}
	if n == 0 {
		if err := db.Insert(ctx, tx, "meeting", m); err != nil {
			return err
		}
	}
	for i := range items {
		items[i].PostID, items[i].Position = m.PostID, int64(i)
	}
	return db.InsertMany(ctx, tx, "meeting_item", items)
}

func remove(ctx context.Context, tx *db.Tx, postID int64) error {
	if err := shred(ctx, tx, `d.post_id = $1`, postID); err != nil {
		return err
	}
	for _, table := range []string{"meeting_seat", "meeting_invite", "meeting_item", "meeting_live", "meeting_date", "meeting_spot", "meeting"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where post_id = $1`, postID); err != nil {
			return err
		}
	}
	return nil
}

func itemsOf(ctx context.Context, q db.Q, posts []int64) (map[int64][]Item, error) {
	frag, args := db.In(1, posts)
	rows, err := db.All[Item](ctx, q, `select post_id, position, at, title, note, decision, outcome, began_at from meeting_item where post_id in `+frag+` order by post_id, position`, args...)
	out := map[int64][]Item{}
	for _, r := range rows {
		out[r.PostID] = append(out[r.PostID], r)
	}
	return out, err
}

// counts tells how many come to each of some meetings.
func counts(ctx context.Context, q db.Q, posts []int64) (map[int64]Count, error) {
	frag, args := db.In(1, posts)
	rows, err := db.All[Count](ctx, q, `select s.post_id,
		coalesce(sum(case when s.state = 'in' and s.answer = 'room' then 1 + s.companions else 0 end), 0) as room,
		coalesce(sum(case when s.state = 'in' and s.answer = 'remote' then 1 else 0 end), 0) as remote,
		coalesce(sum(case when s.state = 'waiting' then 1 + s.companions else 0 end), 0) as waiting
		from meeting_seat s where s.post_id in `+frag+` group by s.post_id`, args...)
	out := map[int64]Count{}
	for _, r := range rows {
		out[r.PostID] = r
	}
	return out, err
}

// seatOf is what somebody answered; nil when they did not.
func seatOf(ctx context.Context, q db.Q, postID int64, w who) (*Seat, error) {
	s, err := db.Get[Seat](ctx, q, `select `+seatColumns+` from meeting_seat s where s.post_id = $1 and s.account_id = $2 and s.visitor_id = $3`, postID, w.account, w.visitor)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil
	}
	return &s, err
}

func saveSeat(ctx context.Context, tx *db.Tx, s *Seat) error {
	n, err := db.Exec(ctx, tx, `update meeting_seat set name = $2, answer = $3, state = $4, companions = $5, rank = $6, join_uri = $7, message = $8, present_at = $9, of_group = $10, there = $11
		where id = $1`, s.ID, s.Name, s.Answer, s.State, s.Companions, s.Rank, s.JoinUri, s.Message, s.PresentAt, s.OfGroup, s.There)
	if err != nil || n > 0 {
		return err
	}
	return db.Insert(ctx, tx, "meeting_seat", s)
}

// seats are the answers to a meeting, in the order of arrival.
func seats(ctx context.Context, q db.Q, postID int64) ([]Seat, error) {
	return db.All[Seat](ctx, q, `select `+seatColumns+` from meeting_seat s where s.post_id = $1 order by s.rank, s.id`, postID)
}

// Erase forgets an account: its answers, its calendar's address. A seat that it
// had goes to the next.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	had, err := db.All[int64](ctx, tx, `select post_id from meeting_seat where account_id = $1 order by post_id`, accountID)
	if err != nil {
		return err
	}
	for _, id := range had {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, table := range []string{"meeting_seat", "meeting_feed", "meeting_mail", "meeting_series", "agenda_choice"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where account_id = $1`, accountID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `delete from meeting_invite where account_id = $1 or by_id = $1`, accountID); err != nil {
		return err
	}
	if err := eraseTalk(ctx, tx, "account_id", accountID); err != nil {
		return err
	}
	for _, id := range had {
		if err := s.moveUp(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

func now() int64 { return nowTime().UnixMilli() }

func nowTime() time.Time { return time.Now() }
