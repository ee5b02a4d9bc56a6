package officehours

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

const (
	kindRemind = "officehours.remind"
	kindForget = "officehours.forget"
	kindTell   = "officehours.tell"
	kindOwner  = "officehours.owner"

	ahead = 24 * time.Hour      // the reminder
	kept  = 30 * 24 * time.Hour // after it, a booking is forgotten
)

// about is the payload of every job here: a booking.
type about struct{ ID int64 }

// Jobs are the kinds of work of office hours.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindRemind, Handle: jobs.JSON(s.remind), MaxTries: 10},
		{Name: kindForget, Handle: jobs.JSON(s.forget), MaxTries: 20},
		{Name: kindTell, Handle: jobs.JSON(s.tell), MaxTries: 10},
		{Name: kindOwner, Handle: jobs.JSON(s.owner), MaxTries: 10},
	}
}

// remind has whoever receives tell who booked that it is tomorrow, once.
func (s *Service) remind(ctx context.Context, a about) error {
	b, err := db.Get[Booking](ctx, s.DB.Read(), `select `+bookingColumns+` from office_booking b where b.id = $1`, a.ID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (b.Reminded || b.StartsAt < time.Now().UnixMilli()) {
		return nil
	} else if err != nil {
		return err
	}
	o, err := offer(ctx, s.DB.Read(), b.HoursID)
	if err != nil {
		return err
	}
	n := int64(0)
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err = db.Exec(ctx, tx, `update office_booking set reminded = true where id = $1 and reminded = false`, b.ID)
		if err != nil || n == 0 || b.VisitorID == 0 {
			return err
		}
		owner, err := account.ByID(ctx, tx, o.AccountID)
		if err != nil {
			return err
		}
		return s.writeTo(ctx, tx, newsTomorrow, o, owner, &b)
	}); err != nil || n == 0 || b.VisitorID != 0 {
		return err
	}
	member, err := db.Get[bool](ctx, s.DB.Read(), `select l.member from login l where l.account_id = $1`, o.AccountID)
	if err != nil {
		return err
	}
	return s.say(ctx, &auth.Viewer{AccountID: o.AccountID, Member: member}, b.AccountID, "officehours.said.tomorrow", o, &b, nil)
}

func (s *Service) forget(ctx context.Context, a about) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from office_booking where id = $1`, a.ID); err != nil {
			return err
		}
		return jobs.Done(ctx, tx)
	})
}
