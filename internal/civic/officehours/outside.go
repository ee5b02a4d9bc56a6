package officehours

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/visitor"
)

// actBook is what visitors want here: a moment.
const actBook = "officehours.book"

// asked is a moment that somebody from outside wants, until they have said who they are.
type asked struct {
	HoursID, At      int64
	Way, Phone, Note string
}

// openTo reports whether people from outside may know of an offer and book it: its
// owner wants so, and shows themselves to everybody.
func (o *Offer) openTo(owner *account.Account) bool {
	return o.Open && owner != nil && owner.Public && !owner.Gone()
}

// openOffer finds an offer that people from outside may book, with its owner.
func openOffer(ctx context.Context, q db.Q, id int64) (*Offer, *account.Account, error) {
	o, err := offer(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	owner, err := account.ByID(ctx, q, o.AccountID)
	if err != nil || !o.openTo(owner) {
		return nil, nil, unknown()
	}
	return o, owner, nil
}

// bookVisitor takes a moment for a visitor who has just said who they are.
func (s *Service) bookVisitor(ctx context.Context, tx *db.Tx, v *visitor.Visitor, payload string) error {
	var a asked
	if err := json.Unmarshal([]byte(payload), &a); err != nil {
		return err
	}
	_, err := s.bookOutside(ctx, tx, v, a)
	return err
}

// BookOutside takes a moment for a visitor. Errors: those of [Service.Book].
func (s *Service) BookOutside(ctx context.Context, v *visitor.Visitor, a asked) (*Booking, error) {
	var out *Booking
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = s.bookOutside(ctx, tx, v, a)
		return err
	})
	return out, err
}

func (s *Service) bookOutside(ctx context.Context, tx *db.Tx, v *visitor.Visitor, a asked) (*Booking, error) {
	o, owner, err := openOffer(ctx, tx, a.HoursID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.Invalid("officehours.not_found")
	} else if err != nil {
		return nil, err
	}
	b, err := s.judge(ctx, tx, o, time.UnixMilli(a.At), a.Way, a.Phone, a.Note)
	if err != nil {
		return nil, err
	}
	b.VisitorID, b.Name = v.ID, v.Name
	if err := s.take(ctx, tx, b); err != nil {
		return nil, err
	}
	if err := s.Visitors.Hold(ctx, tx, v.ID, b.StartsAt+kept.Milliseconds()); err != nil {
		return nil, err
	}
	if err := s.write(ctx, tx, newsBooked, o, owner, b, v); err != nil {
		return nil, err
	}
	return b, tellOwner(ctx, tx, newsBooked, o, b)
}

// judge makes the booking of what somebody chose. Errors: those of [Service.Book].
func (s *Service) judge(ctx context.Context, q db.Q, o *Offer, at time.Time, way, phone, note string) (*Booking, error) {
	now := time.Now()
	closed, err := closedDays(ctx, q, o.ID)
	if err != nil {
		return nil, err
	}
	b := newBooking(s.IDs.New(), o, at, way, phone, note, now)
	switch {
	case !slices.ContainsFunc(o.slots(now, closed), func(t time.Time) bool { return t.Equal(at) }):
		return nil, apperr.Invalid("officehours.no_slot").Field("slot", "officehours.no_slot")
	case !slices.Contains(o.ways(), way):
		return nil, apperr.Invalid("officehours.bad_way").Field("way", "officehours.bad_way")
	case !fits(phone, maxPhone):
		return nil, apperr.Invalid("officehours.too_long", maxPhone).Field("phone", "officehours.too_long", maxPhone)
	case !fits(note, maxLine):
		return nil, apperr.Invalid("officehours.too_long", maxLine).Field("note", "officehours.too_long", maxLine)
	case way == Phone && b.Phone == "":
		return nil, apperr.Invalid("officehours.no_phone").Field("phone", "officehours.no_phone")
	}
	if way != Phone {
		b.Phone = ""
	}
	return b, nil
}

// ofVisitor finds a booking of a visitor.
func (s *Service) ofVisitor(ctx context.Context, v *visitor.Visitor, id int64) (*Booking, *Offer, error) {
	b, err := db.Get[Booking](ctx, s.DB.Read(), `select `+bookingColumns+` from office_booking b where b.id = $1 and b.visitor_id = $2`, id, v.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil, unknown()
	} else if err != nil {
		return nil, nil, err
	}
	o, err := offer(ctx, s.DB.Read(), b.HoursID)
	return &b, o, err
}

// CancelOutside gives back what a visitor had booked, and tells whoever receives.
func (s *Service) CancelOutside(ctx context.Context, v *visitor.Visitor, id int64) error {
	b, o, err := s.ofVisitor(ctx, v, id)
	if err != nil {
		return err
	}
	if b.StartsAt <= time.Now().UnixMilli() {
		return apperr.Invalid("officehours.over")
	}
	return s.giveBack(ctx, o, b, func(ctx context.Context, tx *db.Tx, owner *account.Account) error {
		if err := s.write(ctx, tx, newsGivenBack, o, owner, b, v); err != nil {
			return err
		}
		return tellOwner(ctx, tx, newsGivenBack, o, b)
	})
}

// cancelVisitor gives back, for whoever receives, what a visitor had booked, and tells them.
func (s *Service) cancelVisitor(ctx context.Context, o *Offer, b *Booking) error {
	return s.giveBack(ctx, o, b, func(ctx context.Context, tx *db.Tx, owner *account.Account) error {
		return s.writeTo(ctx, tx, newsCancelled, o, owner, b)
	})
}

// giveBack frees a moment and tells of it, once.
func (s *Service) giveBack(ctx context.Context, o *Offer, b *Booking, tell func(context.Context, *db.Tx, *account.Account) error) error {
	owner, err := account.ByID(ctx, s.DB.Read(), o.AccountID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `delete from office_booking where id = $1`, b.ID)
		if err != nil || n == 0 {
			return err
		}
		return tell(ctx, tx, owner)
	})
}

// forgetVisitor gives back what a visitor had booked who is erased.
func (s *Service) forgetVisitor(ctx context.Context, tx *db.Tx, visitorID int64) error {
	all, err := db.All[Booking](ctx, tx, `select `+bookingColumns+` from office_booking b where b.visitor_id = $1`, visitorID)
	if err != nil {
		return err
	}
	for i := range all {
		b := &all[i]
		if b.StartsAt <= time.Now().UnixMilli() {
			continue
		}
		o, err := offer(ctx, tx, b.HoursID)
		if err != nil {
			return err
		}
		if err := tellOwner(ctx, tx, newsGivenBack, o, b); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `delete from office_booking where visitor_id = $1`, visitorID)
	return err
}
