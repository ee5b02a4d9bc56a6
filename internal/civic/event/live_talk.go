package event

import (
	"context"
	"fmt"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/text"
)

// Bounds of the talk during a meeting.
const (
	maxMessage    = 300 // characters
	shownMessages = 200
	talkBurst     = 10 // messages of one person in a minute
)

// message is what somebody says during a meeting.
type message struct {
	ID        int64
	AccountID int64
	VisitorID int64
	Body      string
	CreatedAt int64
}

func (m message) who() who { return who{m.AccountID, m.VisitorID} }

// messages are the last ones, the oldest first.
func messages(ctx context.Context, q db.Q, postID int64) ([]message, error) {
	all, err := db.All[message](ctx, q, `select x.id, x.account_id, x.visitor_id, x.body, x.created_at from meeting_message x
		where x.post_id = $1 order by x.id desc limit `+fmt.Sprint(shownMessages), postID)
	slices.Reverse(all)
	return all, err
}

// say stores what somebody inside says. Errors, with the field "message": KindInvalid
// "event.live.closed", "event.live.no_message", "event.live.long_message", "event.live.slowly".
func (s *Service) say(ctx context.Context, in *inside, body string) error {
	body = text.PlainName(body, maxMessage+1)
	refuse := func(e *apperr.Error) error { return e.Field("message", e.Key, e.Args...) }
	switch {
	case !in.f.happens(nowTime()):
		return refuse(apperr.Invalid("event.live.closed"))
	case body == "":
		return refuse(apperr.Invalid("event.live.no_message"))
	case len([]rune(body)) > maxMessage:
		return refuse(apperr.Invalid("event.live.long_message", maxMessage))
	}
	if _, ok := s.talks.Allow(fmt.Sprint(in.who)); !ok {
		return refuse(apperr.Invalid("event.live.slowly"))
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into meeting_message (id, post_id, account_id, visitor_id, body, created_at) values ($1, $2, $3, $4, $5, $6)`,
			s.IDs.New(), in.w.ID, in.who.account, in.who.visitor, body, now()); err != nil {
			return err
		}
		return s.tellLive(tx, in.w.ID, toldTalk)
	})
}

// unsay takes a message away, for the organiser and for whoever wrote it.
func (s *Service) unsay(ctx context.Context, in *inside, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		by, err := db.Get[struct{ AccountID, VisitorID int64 }](ctx, tx, `select account_id, visitor_id from meeting_message where id = $1 and post_id = $2`, id, in.w.ID)
		if apperr.Is(err, apperr.KindNotFound) {
			return unknown()
		} else if err != nil {
			return err
		}
		author := who{by.AccountID, by.VisitorID}
		if author != in.who && !in.organiser {
			return unknown()
		}
		if _, err := tx.Exec(ctx, `delete from meeting_message where id = $1`, id); err != nil {
			return err
		}
		if author != in.who {
			if err := s.tellOne(ctx, tx, in.w.ID, newsRemoved, author); err != nil {
				return err
			}
		}
		return s.tellLive(tx, in.w.ID, toldTalk)
	})
}
