package event

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// The door of a meeting: on its evening the organiser shows a code, people who
// scan or type it are noted as present. It opens before the start and closes
// after the end; the code is of that evening only.
const (
	doorBefore = 2 * time.Hour
	doorAfter  = 3 * time.Hour
)

// door is the code of a meeting.
type door struct {
	PostID int64
	Code   string // six digits
	MadeAt int64
}

// opens reports whether people may be noted as present now.
func (m *Meeting) opens(now time.Time) bool {
	return m.Status != Cancelled && m.HasRoom() && now.After(m.Start().Add(-doorBefore)) && now.Before(m.End().Add(doorAfter))
}

// makeCode makes another code for a meeting.
func (s *Service) makeCode(ctx context.Context, postID int64) error {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into meeting_door (post_id, code, made_at) values ($1, $2, $3)
			on conflict (post_id) do update set code = excluded.code, made_at = excluded.made_at`, postID, fmt.Sprintf("%06d", n.Int64()), now())
		return err
	})
}

// rightCode reports whether a code is that of the evening. KindInvalid "event.door_closed", "event.wrong_code".
func (s *Service) rightCode(ctx context.Context, q db.Q, m *Meeting, code string) error {
	if !m.opens(nowTime()) {
		return apperr.Invalid("event.door_closed")
	}
	d, err := db.Get[door](ctx, q, `select post_id, code, made_at from meeting_door where post_id = $1`, m.PostID)
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(d.Code), []byte(code)) != 1 {
		return apperr.Invalid("event.wrong_code").Field("code", "event.wrong_code")
	}
	return nil
}

// Arrive notes somebody as present who shows the code of the evening. Who had not
// answered gets a seat first, if one is free; who is known to nobody gives a name.
// Errors: those of [Service.Answer]; KindInvalid "event.door_closed",
// "event.wrong_code", "event.full_at_door", "visitor.no_name".
func (s *Service) Arrive(ctx context.Context, postID int64, w who, name, code string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, postID); err != nil {
			return err
		}
		m, err := one(ctx, tx, postID)
		if err != nil {
			return err
		}
		if err := s.rightCode(ctx, tx, m, code); err != nil {
			return err
		}
		return s.arrive(ctx, tx, m, w, name)
	})
}

// arrive notes somebody as present; the meeting is held.
func (s *Service) arrive(ctx context.Context, tx *db.Tx, m *Meeting, w who, name string) error {
	var x *Seat
	var err error
	if w != (who{}) {
		if x, err = seatOf(ctx, tx, m.PostID, w); err != nil {
			return err
		}
	} else {
		var fits bool
		if name, fits = text.Fitting(name, 80); name == "" {
			return apperr.Invalid("visitor.no_name").Field("name", "visitor.no_name")
		} else if !fits {
			return apperr.Invalid("event.look_again").Field("name", "event.too_long", 80)
		}
	}
	if !x.registered() {
		free, err := s.free(ctx, tx, m)
		if err != nil {
			return err
		}
		if !free {
			return apperr.Invalid("event.full_at_door")
		}
		if x == nil {
			x = &Seat{ID: s.IDs.New(), PostID: m.PostID, AccountID: w.account, VisitorID: w.visitor, Name: name, CreatedAt: now(), Rank: m.NextRank}
		}
		x.Answer, x.State, x.Companions = Room, In, 0
	}
	if x.PresentAt == 0 {
		x.PresentAt = now()
	}
	return saveSeat(ctx, tx, x)
}

// free reports whether a seat is free: those who are in, and all who wait, come first
// only until the meeting begins.
func (s *Service) free(ctx context.Context, q db.Q, m *Meeting) (bool, error) {
	if m.Capacity == 0 {
		return true, nil
	}
	n, err := counts(ctx, q, []int64{m.PostID})
	if err != nil {
		return false, err
	}
	c := n[m.PostID]
	waits := c.Waiting
	if nowTime().After(m.Start()) {
		waits = 0
	}
	return c.Room+waits < m.Capacity, nil
}

// welcome notes one of those who answered as present, or takes it back; for the organiser.
func (s *Service) welcome(ctx context.Context, postID, seatID int64, here bool) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		at := int64(0)
		if here {
			at = now()
		}
		n, err := db.Exec(ctx, tx, `update meeting_seat set present_at = $3 where id = $1 and post_id = $2 and (present_at = 0) = (cast($3 as bigint) <> 0)`, seatID, postID, at)
		if err == nil && n == 0 {
			_, err = db.Get[int64](ctx, tx, `select id from meeting_seat where id = $1 and post_id = $2`, seatID, postID)
			if apperr.Is(err, apperr.KindNotFound) {
				return unknown()
			}
		}
		return err
	})
}

// codeOf is the code of a meeting, "" when none was made.
func codeOf(ctx context.Context, q db.Q, postID int64) (string, error) {
	d, err := db.Get[door](ctx, q, `select post_id, code, made_at from meeting_door where post_id = $1`, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return "", nil
	}
	return d.Code, err
}
