package officehours

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/visitor"
	"github.com/maillage/maillage/web"
)

// postBookOutside takes what somebody without an account chose: it is theirs when
// they are known already, else they say who they are first.
func (s *Service) postBookOutside(c *httpx.Ctx) error {
	o, owner, form, err := s.openHere(c)
	if err != nil {
		return err
	}
	a := askedIn(o, form)
	again := func(err error) error {
		errs := c.FieldErrors(err)
		if len(errs) == 0 {
			return err
		}
		return s.showOffer(c, http.StatusUnprocessableEntity, map[string]string{"slot": form.Get("slot"), "way": a.Way, "phone": a.Phone, "note": a.Note}, errs)
	}
	v, err := s.Visitors.Current(c)
	if err != nil {
		return err
	}
	if v != nil {
		b, err := s.BookOutside(c.Context(), v, a)
		if err != nil {
			return again(err)
		}
		c.Flash("success", "officehours.booked")
		return c.Redirect(bookingPath(b.ID))
	}
	b, err := s.judge(c.Context(), s.DB.Read(), o, time.UnixMilli(a.At), a.Way, a.Phone, a.Note)
	if err != nil {
		return again(err)
	}
	if free, err := s.isFree(c.Context(), b); err != nil {
		return err
	} else if !free {
		return again(apperr.Invalid("officehours.taken").Field("slot", "officehours.taken"))
	}
	return s.whoForm(c, o, owner, a, visitor.Form{})
}

// whoForm asks who somebody is, for a moment that they chose.
func (s *Service) whoForm(c *httpx.Ctx, o *Offer, owner *account.Account, a asked, typed visitor.Form) error {
	when := whenWords(c.Loc, time.UnixMilli(a.At).In(o.Location()), o.Zone, time.Now())
	typed.Title, typed.Text = c.T("officehours.who_title"), joinWords(o.Title, owner.Name(), when, c.T("officehours.way."+a.Way))
	typed.Action, typed.Back = pathOf(o.ID)+"/qui", web.Link{Name: o.Title, URL: pathOf(o.ID)}
	typed.Hidden = []web.HiddenField{{Name: "slot", Value: strconv.FormatInt(a.At, 10)}, {Name: "way", Value: a.Way}, {Name: "phone", Value: a.Phone}, {Name: "note", Value: a.Note}}
	return s.Visitors.ShowForm(c, typed)
}

// postWho sends the letter that confirms an address, or goes to the server of an account.
func (s *Service) postWho(c *httpx.Ctx) error {
	o, owner, form, err := s.openHere(c)
	if err != nil {
		return err
	}
	a := askedIn(o, form)
	b, err := s.judge(c.Context(), s.DB.Read(), o, time.UnixMilli(a.At), a.Way, a.Phone, a.Note)
	if err != nil {
		return err
	}
	a.Phone, a.Note = b.Phone, b.Note
	payload, err := json.Marshal(a)
	if err != nil {
		return err
	}
	again := func(err error) error {
		return s.whoForm(c, o, owner, a, visitor.Form{Name: form.Get("name"), Email: form.Get("email"), Handle: form.Get("handle"), Errors: c.FieldErrors(err)})
	}
	when, back := whenWords(c.Loc, time.UnixMilli(a.At).In(o.Location()), o.Zone, time.Now()), web.Link{Name: o.Title, URL: pathOf(o.ID)}
	wish := visitor.Wish{Email: form.Get("email"), Name: form.Get("name"), Lang: c.Lang, Act: actBook, Payload: string(payload), Back: Path,
		What: c.T("officehours.mail.to_confirm", "Title", o.Title, "Who", owner.Name(), "When", when)}
	if form.Get("by") == "account" {
		if err := s.Visitors.GoThere(c, form.Get("handle"), wish, back); len(c.FieldErrors(err)) > 0 {
			return again(err)
		} else {
			return err
		}
	}
	email, err := s.Visitors.Ask(c.Context(), c.Addr(), wish)
	if len(c.FieldErrors(err)) > 0 {
		return again(err)
	} else if err != nil {
		return err
	}
	return s.Visitors.ShowSent(c, email, back)
}

// openHere finds the offer of the path, for somebody without an account, and what they send.
func (s *Service) openHere(c *httpx.Ctx) (*Offer, *account.Account, url.Values, error) {
	id, err := c.ID("id")
	if err != nil || c.Viewer != nil {
		return nil, nil, nil, unknown()
	}
	o, owner, err := openOffer(c.Context(), s.DB.Read(), id)
	if err != nil {
		return nil, nil, nil, err
	}
	form, err := c.Form()
	return o, owner, form, err
}

// askedIn reads a moment that somebody chose.
func askedIn(o *Offer, form url.Values) asked {
	at, _ := strconv.ParseInt(form.Get("slot"), 10, 64)
	return asked{o.ID, at, form.Get("way"), form.Get("phone"), form.Get("note")}
}

// visitorHere finds the booking of the path, of the visitor who asks.
func (s *Service) visitorHere(c *httpx.Ctx) (*Booking, *Offer, *visitor.Visitor, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, nil, nil, unknown()
	}
	v, err := s.Visitors.Current(c)
	if err != nil {
		return nil, nil, nil, err
	}
	if v == nil {
		return nil, nil, nil, unknown()
	}
	b, o, err := s.ofVisitor(c.Context(), v, id)
	return b, o, v, err
}

// outsideRows are the moments to come that the visitor who looks at the page has.
func (s *Service) outsideRows(c *httpx.Ctx, now time.Time) ([]bookingRow, error) {
	v, err := s.Visitors.Current(c)
	if err != nil || v == nil {
		return nil, err
	}
	mine, err := bookingsOfVisitor(c.Context(), s.DB.Read(), v.ID, now)
	if err != nil {
		return nil, err
	}
	var out []bookingRow
	for _, b := range mine {
		out = append(out, bookingRow{bookingPath(b.ID), whenWords(c.Loc, time.UnixMilli(b.StartsAt).In(b.location()), b.Zone, now), b.Who, b.Title, c.T("officehours.way." + b.Way)})
	}
	return out, nil
}

// reachOf is how whoever receives reaches the visitor of a booking.
func (s *Service) reachOf(c *httpx.Ctx, b *Booking) (string, error) {
	all, err := visitor.ByIDs(c.Context(), s.DB.Read(), []int64{b.VisitorID})
	if err != nil || all[b.VisitorID] == nil {
		return b.Name, err
	}
	return b.Name + " (" + all[b.VisitorID].Who() + ")", nil
}
