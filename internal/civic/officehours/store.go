package officehours

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

func offer(ctx context.Context, q db.Q, id int64) (*Offer, error) {
	o, err := db.Get[Offer](ctx, q, `select `+offerColumns+` from office_hours o where o.id = $1`, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, unknown()
	}
	return &o, err
}

// offers are those of people who are here still.
func offers(ctx context.Context, q db.Q) ([]Offer, error) {
	return db.All[Offer](ctx, q, `select `+offerColumns+` from office_hours o join account a on a.id = o.account_id
		where a.deleted_at = 0 and a.suspended_at = 0 and (o.last_day = '' or o.last_day >= $1) order by o.weekday, o.begins, o.id limit 500`,
		time.Now().AddDate(0, 0, -1).Format(time.DateOnly))
}

func closedDays(ctx context.Context, q db.Q, id int64) (map[string]bool, error) {
	days, err := db.All[string](ctx, q, `select day from office_closed where hours_id = $1`, id)
	out := make(map[string]bool, len(days))
	for _, d := range days {
		out[d] = true
	}
	return out, err
}

// closedOf are the closed days of several offers, and taken the moments booked, by offer.
func closedOf(ctx context.Context, q db.Q, all []int64, now time.Time) (closed map[int64]map[string]bool, taken map[int64]map[int64]bool, err error) {
	closed, taken = map[int64]map[string]bool{}, map[int64]map[int64]bool{}
	for _, id := range all {
		closed[id], taken[id] = map[string]bool{}, map[int64]bool{}
	}
	if len(all) == 0 {
		return closed, taken, nil
	}
	frag, args := db.In(1, all)
	days, err := db.All[struct {
		HoursID int64
		Day     string
	}](ctx, q, `select hours_id, day from office_closed where hours_id in `+frag, args...)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range days {
		closed[d.HoursID][d.Day] = true
	}
	frag, args = db.In(2, all)
	rows, err := db.All[struct{ HoursID, StartsAt int64 }](ctx, q, `select hours_id, starts_at from office_booking where starts_at > $1 and hours_id in `+frag,
		append([]any{now.UnixMilli()}, args...)...)
	for _, r := range rows {
		taken[r.HoursID][r.StartsAt] = true
	}
	return closed, taken, err
}

// booking finds a booking that is v's, on one side or the other.
func (s *Service) booking(ctx context.Context, v *auth.Viewer, id int64) (*Booking, *Offer, error) {
	b, err := db.Get[Booking](ctx, s.DB.Read(), `select `+bookingColumns+` from office_booking b join office_hours o on o.id = b.hours_id
		where b.id = $1 and (b.account_id = $2 or o.account_id = $2)`, id, v.AccountID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil, unknown()
	} else if err != nil {
		return nil, nil, err
	}
	o, err := offer(ctx, s.DB.Read(), b.HoursID)
	return &b, o, err
}

// bookings are those to come that are v's, on one side or the other.
func bookings(ctx context.Context, q db.Q, accountID int64, from time.Time) ([]Booking, error) {
	return db.All[Booking](ctx, q, `select `+bookingColumns+` from office_booking b join office_hours o on o.id = b.hours_id
		where (b.account_id = $1 or o.account_id = $1) and b.starts_at > $2 order by b.starts_at limit 200`, accountID, from.UnixMilli())
}

// drop takes offers away, with what hangs on them.
func drop(ctx context.Context, tx *db.Tx, where string, arg any) error {
	for _, table := range []string{"office_booking", "office_closed"} {
		if _, err := tx.Exec(ctx, `delete from `+table+` where hours_id in (select id from office_hours where `+where+`)`, arg); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `delete from office_hours where `+where, arg)
	return err
}

// Erase forgets an account: its offers, and the slots that it has.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	if _, err := tx.Exec(ctx, `delete from office_booking where account_id = $1`, accountID); err != nil {
		return err
	}
	return drop(ctx, tx, `account_id = $1`, accountID)
}

// visitorBooking is a booking of a visitor, with what the page says of its offer.
type visitorBooking struct {
	ID, StartsAt     int64
	Way, Title, Zone string
	Who              string
}

func (b *visitorBooking) location() *time.Location { return (&Offer{Zone: b.Zone}).Location() }

// bookingsOfVisitor are those to come of a visitor.
func bookingsOfVisitor(ctx context.Context, q db.Q, visitorID int64, from time.Time) ([]visitorBooking, error) {
	return db.All[visitorBooking](ctx, q, `select b.id, b.starts_at, b.way, o.title, o.zone, case when a.display_name <> '' then a.display_name else a.username end as who
		from office_booking b join office_hours o on o.id = b.hours_id join account a on a.id = o.account_id
		where b.visitor_id = $1 and b.starts_at > $2 order by b.starts_at limit 200`, visitorID, from.UnixMilli())
}

// isFree reports whether nobody has the moment of a booking yet.
func (s *Service) isFree(ctx context.Context, b *Booking) (bool, error) {
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from office_booking b where b.hours_id = $1 and b.starts_at = $2`, b.HoursID, b.StartsAt)
	return n == 0, err
}
