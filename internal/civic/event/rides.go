package event

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

const maxRideSeats = 8

// newsRide tells somebody that there is something new about a ride.
const newsRide = "ride"

// ride is a car with free seats.
type ride struct {
	ID        int64
	PostID    int64
	AccountID int64
	VisitorID int64
	Place     string
	Leaves    string // as typed: "17 h 30"
	Seats     int64
	Contact   string // for those who were given a seat
	CreatedAt int64
}

func (r *ride) who() who { return who{r.AccountID, r.VisitorID} }

// rideAsk is somebody who asks for a seat in a car.
type rideAsk struct {
	RideID    int64
	AccountID int64
	VisitorID int64
	Contact   string // for the driver
	State     string // asked, yes, no
	CreatedAt int64
}

func (a *rideAsk) who() who { return who{a.AccountID, a.VisitorID} }

const (
	rideColumns = `r.id, r.post_id, r.account_id, r.visitor_id, r.place, r.leaves, r.seats, r.contact, r.created_at`
	askColumns  = `a.ride_id, a.account_id, a.visitor_id, a.contact, a.state, a.created_at`
)

// offerRide puts somebody's car on the list, or changes it.
func (s *Service) offerRide(ctx context.Context, postID int64, w who, f url.Values) error {
	bad := apperr.Invalid("event.look_again")
	line := func(name string, most int) string {
		s, fits := text.Fitting(f.Get(name), most)
		if !fits {
			bad = bad.Field(name, "event.too_long", most)
		}
		return s
	}
	r := ride{ID: s.IDs.New(), PostID: postID, AccountID: w.account, VisitorID: w.visitor, Place: line("place", 100), Leaves: line("leaves", 40), Contact: line("contact", 100), CreatedAt: now()}
	if r.Place == "" {
		bad = bad.Field("place", "event.ride_no_place")
	}
	if n, err := strconv.ParseInt(f.Get("seats"), 10, 64); err != nil || n < 1 || n > maxRideSeats {
		bad = bad.Field("seats", "event.ride_bad_seats", maxRideSeats)
	} else {
		r.Seats = n
	}
	if r.Contact == "" {
		bad = bad.Field("contact", "event.ride_no_contact")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into meeting_ride (id, post_id, account_id, visitor_id, place, leaves, seats, contact, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			on conflict (post_id, account_id, visitor_id) do update set place = excluded.place, leaves = excluded.leaves, seats = excluded.seats, contact = excluded.contact`,
			r.ID, r.PostID, r.AccountID, r.VisitorID, r.Place, r.Leaves, r.Seats, r.Contact, r.CreatedAt)
		return err
	})
}

// onRide does what somebody wants with a ride: "ask" with a contact, "unask", "remove"
// for the driver, "yes" and "no" of the driver to the person named by key. There
// are never more given than the car has.
func (s *Service) onRide(ctx context.Context, in *inside, id int64, f url.Values) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, in.w.ID); err != nil {
			return err
		}
		r, err := db.Get[ride](ctx, tx, `select `+rideColumns+` from meeting_ride r where r.id = $1 and r.post_id = $2`, id, in.w.ID)
		if apperr.Is(err, apperr.KindNotFound) {
			return unknown()
		} else if err != nil {
			return err
		}
		mine := r.who() == in.who
		switch act := f.Get("act"); {
		case act == "remove" && mine:
			asks, err := db.All[rideAsk](ctx, tx, `select `+askColumns+` from meeting_ride_ask a where a.ride_id = $1 and a.state <> 'no'`, id)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `delete from meeting_ride where id = $1`, id); err != nil {
				return err
			}
			for _, a := range asks {
				if err := s.tellOne(ctx, tx, in.w.ID, newsRide, a.who()); err != nil {
					return err
				}
			}
			return nil
		case act == "ask" && !mine:
			contact, fits := text.Fitting(f.Get("contact"), 100)
			switch {
			case contact == "":
				return apperr.Invalid("event.ride_no_contact").Field("contact", "event.ride_no_contact")
			case !fits:
				return apperr.Invalid("event.look_again").Field("contact", "event.too_long", 100)
			}
			n, err := db.Exec(ctx, tx, `insert into meeting_ride_ask (ride_id, account_id, visitor_id, contact, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
				id, in.who.account, in.who.visitor, contact, now())
			if err != nil || n == 0 {
				return err
			}
			return s.tellOne(ctx, tx, in.w.ID, newsRide, r.who())
		case act == "unask" && !mine:
			n, err := db.Exec(ctx, tx, `delete from meeting_ride_ask where ride_id = $1 and account_id = $2 and visitor_id = $3 and state <> 'no'`, id, in.who.account, in.who.visitor)
			if err != nil || n == 0 {
				return err
			}
			return s.tellOne(ctx, tx, in.w.ID, newsRide, r.who())
		case (act == "yes" || act == "no") && mine:
			account, _ := ids.Parse(f.Get("account"))
			guest, _ := ids.Parse(f.Get("visitor"))
			if act == "yes" {
				given, err := db.Get[int64](ctx, tx, `select count(*) from meeting_ride_ask a where a.ride_id = $1 and a.state = 'yes'`, id)
				if err != nil {
					return err
				}
				if given >= r.Seats {
					return apperr.Invalid("event.ride_full")
				}
			}
			n, err := db.Exec(ctx, tx, `update meeting_ride_ask set state = $4 where ride_id = $1 and account_id = $2 and visitor_id = $3 and state <> $4`, id, account, guest, act)
			if err != nil || n == 0 {
				return err
			}
			return s.tellOne(ctx, tx, in.w.ID, newsRide, who{account, guest})
		}
		return unknown()
	})
}

// tellOne tells one person who comes to a meeting.
func (s *Service) tellOne(ctx context.Context, tx *db.Tx, postID int64, news string, w who) error {
	x, err := seatOf(ctx, tx, postID, w)
	if err != nil || x == nil {
		return err
	}
	p, err := post.Raw(ctx, tx, postID)
	if err != nil {
		return err
	}
	m, err := one(ctx, tx, postID)
	if err != nil {
		return err
	}
	return s.tellSeats(ctx, tx, p, m, news, []Seat{*x})
}

// ridesView is the page of rides.
type ridesView struct {
	Title, Where, Back, Action string
	Summary                    web.ErrorSummary
	Problem                    string
	Closed                     string // why no more are offered
	Rows                       []rideRow
	Fields                     []web.Field // to offer one
	Offers                     bool        // one does already
}

type rideRow struct {
	ID, Action         string
	Name, Place, Leave string
	Left               string
	Mine               bool
	State, Contact     string     // of the reader: "", asked, yes, no; how to reach the driver
	Ask                *web.Field // to ask for a seat
	Asks               []rideAsker
	Acts               []web.Act
}

type rideAsker struct {
	Name, State, Contact string
	Acts                 []web.Act
}

func (s *Service) getRides(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	return s.showRides(c, http.StatusOK, in, url.Values{}, 0, nil)
}

// showRides lists the cars. at is the ride that a fault is about, 0 for the form.
func (s *Service) showRides(c *httpx.Ctx, status int, in *inside, typed url.Values, at int64, problem error) error {
	rides, err := db.All[ride](c.Context(), s.DB.Read(), `select `+rideColumns+` from meeting_ride r where r.post_id = $1 order by r.id`, in.w.ID)
	if err != nil {
		return err
	}
	asks, err := db.All[rideAsk](c.Context(), s.DB.Read(), `select `+askColumns+` from meeting_ride_ask a join meeting_ride r on r.id = a.ride_id where r.post_id = $1 order by a.created_at`, in.w.ID)
	if err != nil {
		return err
	}
	var people []who
	for _, r := range rides {
		people = append(people, r.who())
	}
	for _, a := range asks {
		people = append(people, a.who())
	}
	names, err := s.names(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	page := path(in.w.ID) + "/covoiturage"
	errs := c.FieldErrors(problem)
	shut := in.f.takes(&Seat{Answer: Maybe}) // cancelled, or over
	v := ridesView{Title: in.w.Title, Where: in.f.whereTo(in.f.tellsAddress(in.w)), Back: path(in.w.ID), Action: page, Summary: web.ErrorSummary{Errors: errs}}
	if problem != nil && len(errs) == 0 {
		v.Problem = c.ErrorText(problem)
	} else if shut != nil {
		v.Closed = c.ErrorText(shut)
	}
	own := ride{Seats: 1}
	for i := range rides {
		r := &rides[i]
		row := rideRow{ID: ids.String(r.ID), Action: page + "/" + ids.String(r.ID), Name: names[r.who()], Place: r.Place, Leave: r.Leaves, Mine: r.who() == in.who}
		left := r.Seats
		for _, a := range asks {
			if a.RideID != r.ID {
				continue
			}
			if a.State == "yes" {
				left--
			}
			if a.who() == in.who {
				if row.State = a.State; a.State == "yes" {
					row.Contact = r.Contact
				}
			}
			if row.Mine {
				asker := rideAsker{Name: names[a.who()], State: a.State, Contact: a.Contact}
				for _, act := range []string{"yes", "no"} {
					if a.State != act {
						asker.Acts = append(asker.Acts, web.Act{Label: c.T("event.ride_" + act), URL: row.Action, Fields: []web.HiddenField{{Name: "act", Value: act},
							{Name: "account", Value: ids.String(a.AccountID)}, {Name: "visitor", Value: ids.String(a.VisitorID)}}})
					}
				}
				row.Asks = append(row.Asks, asker)
			}
		}
		row.Left = c.Loc.N("event.ride_left", int(max(0, left)))
		switch {
		case row.Mine:
			own, v.Offers = *r, true
			row.Acts = []web.Act{{Label: c.T("event.ride_remove"), URL: row.Action, Style: "danger", Fields: []web.HiddenField{{Name: "act", Value: "remove"}}}}
		case row.State == "asked" || row.State == "yes":
			row.Acts = []web.Act{{Label: c.T("event.ride_unask"), URL: row.Action, Fields: []web.HiddenField{{Name: "act", Value: "unask"}}}}
		case row.State == "" && left > 0 && shut == nil:
			row.Ask = &web.Field{Name: "contact", Label: c.T("event.ride_your_contact"), Hint: c.T("event.ride_contact_hint"), MaxLength: 100, Required: true}
			if at == r.ID && len(errs) > 0 {
				row.Ask.Error, row.Ask.Value = errs[0].Text, typed.Get("contact")
			}
		}
		v.Rows = append(v.Rows, row)
	}
	value := func(name, have string) string {
		if typed.Has(name) && at == 0 {
			return typed.Get(name)
		}
		return have
	}
	if shut == nil {
		v.Fields = rideFields(c, value, own)
	}
	for _, e := range errs {
		for i := range v.Fields {
			if v.Fields[i].Name == e.Name && at == 0 {
				v.Fields[i].Error = e.Text
			}
		}
	}
	p := &web.Page{Name: "event/rides", Title: c.T("event.rides"), NoIndex: true, Data: v}
	if in.guest {
		p.CSRF = c.CSRF()
	}
	c.Private()
	return c.PageStatus(status, p)
}

// rideFields are those of the form to offer a car.
func rideFields(c *httpx.Ctx, value func(name, have string) string, own ride) []web.Field {
	return []web.Field{
		{Name: "place", Label: c.T("event.ride_place"), Value: value("place", own.Place), Required: true, MaxLength: 100},
		{Name: "leaves", Label: c.T("event.ride_leaves"), Value: value("leaves", own.Leaves), Optional: true, MaxLength: 40, Short: true},
		{Name: "seats", Label: c.T("event.ride_seats"), Type: "number", Value: value("seats", strconv.FormatInt(own.Seats, 10)), Required: true, Short: true},
		{Name: "contact", Label: c.T("event.ride_contact"), Hint: c.T("event.ride_contact_hint"), Value: value("contact", own.Contact), Required: true, MaxLength: 100},
	}
}

func (s *Service) postRide(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := in.f.takes(&Seat{Answer: Maybe}); err != nil {
		return s.showRides(c, http.StatusUnprocessableEntity, in, form, 0, err)
	}
	if err := s.offerRide(c.Context(), in.w.ID, in.who, form); apperr.Is(err, apperr.KindInvalid) {
		return s.showRides(c, http.StatusUnprocessableEntity, in, form, 0, err)
	} else if err != nil {
		return err
	}
	return c.Redirect(path(in.w.ID) + "/covoiturage")
}

func (s *Service) postOnRide(c *httpx.Ctx) error {
	in, err := s.inside(c)
	if err != nil {
		return err
	}
	id, err := c.ID("ride")
	if err != nil {
		return unknown()
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form.Get("act") == "ask" {
		if err := in.f.takes(&Seat{Answer: Maybe}); err != nil {
			return s.showRides(c, http.StatusUnprocessableEntity, in, form, id, err)
		}
	}
	if err := s.onRide(c.Context(), in, id, form); apperr.Is(err, apperr.KindInvalid) {
		return s.showRides(c, http.StatusUnprocessableEntity, in, form, id, err)
	} else if err != nil {
		return err
	}
	return c.Redirect(path(in.w.ID) + "/covoiturage")
}
