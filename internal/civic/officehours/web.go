package officehours

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ical"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// Path is the page of all office hours.
const Path = "/permanences"

// Web declares the pages and forms of office hours.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.Public, s.getAll)
	r.Get(Path+"/nouvelle", httpx.SignedIn, s.getNew)
	r.Post(Path+"/nouvelle", httpx.SignedIn, s.postNew)
	r.Get(Path+"/rendez-vous/{id}", httpx.Public, s.getBooking)
	r.Get(Path+"/rendez-vous/{id}/date.ics", httpx.Public, s.getCalendar)
	r.Post(Path+"/rendez-vous/{id}/annuler", httpx.Public, s.postCancel)
	r.Get(Path+"/{id}", httpx.Public, s.getOffer)
	r.Post(Path+"/{id}", httpx.Public, s.postBook)
	r.Post(Path+"/{id}/qui", httpx.Public, s.postWho, httpx.Timeout(time.Minute))
	r.Post(Path+"/{id}/fermer", httpx.SignedIn, s.postClose)
	r.Post(Path+"/{id}/fin", httpx.SignedIn, s.postEnd)
}

func pathOf(id int64) string      { return Path + "/" + ids.String(id) }
func bookingPath(id int64) string { return Path + "/rendez-vous/" + ids.String(id) }

func (o *Offer) mine(c *httpx.Ctx) bool { return c.Viewer != nil && o.AccountID == c.Viewer.AccountID }

// offerRow is an offer in the list.
type offerRow struct {
	URL, Title, Who, When, Note string
	Ways                        []string
	Free                        string
	None, Mine                  bool
}

// bookingRow is one of the viewer's, on one side or the other.
type bookingRow struct{ URL, When, Who, Title, Way string }

// allView is the page of all office hours.
type allView struct {
	Bookings []bookingRow
	Offers   []offerRow
	Empty    *web.Empty
	NewURL   string
}

func wayWords(c *httpx.Ctx, o *Offer) []string {
	var out []string
	for _, w := range o.ways() {
		out = append(out, c.T("officehours.way."+w))
	}
	return out
}

// member reports whether the viewer sees all office hours; others see those that are open to them.
func member(c *httpx.Ctx) bool { return c.Viewer != nil && c.Viewer.Member }

// members refuses who is no member.
func members(c *httpx.Ctx) error {
	if !member(c) {
		return unknown()
	}
	return nil
}

func (s *Service) getAll(c *httpx.Ctx) error {
	now := time.Now()
	all, err := offers(c.Context(), s.DB.Read())
	if err != nil {
		return err
	}
	var mine []Booking
	if c.Viewer != nil {
		if mine, err = bookings(c.Context(), s.DB.Read(), c.Viewer.AccountID, now); err != nil {
			return err
		}
	}
	var offerIDs, people []int64
	byID := map[int64]*Offer{}
	for i := range all {
		offerIDs, people, byID[all[i].ID] = append(offerIDs, all[i].ID), append(people, all[i].AccountID), &all[i]
	}
	for _, b := range mine {
		people = append(people, b.AccountID)
	}
	names, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	name := func(id int64) string {
		if a := names[id]; a != nil {
			return a.Name()
		}
		return ""
	}
	closed, taken, err := closedOf(c.Context(), s.DB.Read(), offerIDs, now)
	if err != nil {
		return err
	}
	v := allView{}
	if member(c) {
		v.NewURL = Path + "/nouvelle"
	}
	for i := range all {
		o := &all[i]
		if !member(c) && !o.openTo(names[o.AccountID]) {
			continue
		}
		free := 0
		for _, t := range o.slots(now, closed[o.ID]) {
			if !taken[o.ID][t.UnixMilli()] {
				free++
			}
		}
		v.Offers = append(v.Offers, offerRow{URL: pathOf(o.ID), Title: o.Title, Who: name(o.AccountID), When: weekly(c.Loc, o), Note: o.Note, Ways: wayWords(c, o),
			Free: c.Loc.N("officehours.free", free), None: free == 0, Mine: o.mine(c)})
	}
	for _, b := range mine {
		o := byID[b.HoursID]
		if o == nil {
			continue
		}
		with := name(o.AccountID)
		if o.mine(c) {
			if with = name(b.AccountID); b.VisitorID != 0 {
				with = b.Name
			}
		}
		v.Bookings = append(v.Bookings, bookingRow{bookingPath(b.ID), whenWords(c.Loc, time.UnixMilli(b.StartsAt).In(o.Location()), o.Zone, now), with, o.Title,
			c.T("officehours.way." + b.Way)})
	}
	if c.Viewer == nil {
		if v.Bookings, err = s.outsideRows(c, now); err != nil {
			return err
		}
	}
	if len(v.Offers) == 0 {
		v.Empty = &web.Empty{Icon: "clock", Title: c.T("officehours.none")}
		if member(c) {
			v.Empty.Text, v.Empty.Link = c.T("officehours.none_text"), &web.Link{Name: c.T("officehours.new"), URL: v.NewURL}
		}
	}
	return c.Page(&web.Page{Name: "officehours/all", Title: c.T("officehours.all"), NoIndex: true, Data: v})
}

// formView is the page to offer hours.
type formView struct {
	Summary web.ErrorSummary
	Fields  []web.Field
}

func (s *Service) getNew(c *httpx.Ctx) error {
	if err := members(c); err != nil {
		return err
	}
	return s.showForm(c, http.StatusOK, Draft{Zone: homeZone, Weekday: "4", From: "18:00", To: "20:00", Slot: "20"}, nil)
}

func (s *Service) showForm(c *httpx.Ctx, status int, d Draft, errs []web.FieldError) error {
	field := func(name, kind, value string) web.Field {
		f := web.Field{Name: name, Type: kind, Label: c.T("officehours.field." + name), Value: value}
		if key := "officehours.field." + name + "_hint"; c.Loc.Has(key) {
			f.Hint = c.T(key)
		}
		for _, e := range errs {
			if e.Name == name {
				f.Error = e.Text
			}
		}
		return f
	}
	optional := func(f web.Field) web.Field { f.Optional = true; return f }
	short := func(f web.Field) web.Field { f.Short = true; return f }
	title := field("title", "", d.Title)
	title.Required, title.MaxLength = true, 120
	weekday, zone, slot, phone := field("weekday", "select", ""), field("zone", "select", ""), field("slot", "select", ""), field("phone", "checkbox", "")
	names := strings.Fields(c.T("cal.weekdays"))
	for i := range 7 {
		n := (i + 1) % 7 // from Monday
		weekday.Choices = append(weekday.Choices, web.Choice{Value: strconv.Itoa(n), Label: names[n], Checked: d.Weekday == strconv.Itoa(n)})
	}
	for _, z := range Zones {
		zone.Choices = append(zone.Choices, web.Choice{Value: z, Label: zoneWords(c.Loc, z), Checked: z == d.Zone})
	}
	for _, n := range Slots {
		slot.Choices = append(slot.Choices, web.Choice{Value: slotName(n), Label: c.T("officehours.minutes", "N", n), Checked: slotName(n) == d.Slot})
	}
	phone.Checked = d.Phone
	outside := field("open", "checkbox", "")
	outside.Checked = d.Open
	v := formView{Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{title, optional(field("note", "", d.Note)), short(weekday), short(field("from", "time", d.From)),
		short(field("to", "time", d.To)), short(slot), zone, optional(field("place", "", d.Place)), optional(field("video_url", "url", d.VideoURL)), phone,
		short(optional(field("first_day", "date", d.FirstDay))), short(optional(field("last_day", "date", d.LastDay))), outside}}
	return c.PageStatus(status, &web.Page{Name: "officehours/form", Title: c.T("officehours.new"), NoIndex: true, Data: v})
}

func (s *Service) postNew(c *httpx.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	d := Draft{Title: f.Get("title"), Note: f.Get("note"), Place: f.Get("place"), VideoURL: f.Get("video_url"), Phone: f.Get("phone") != "", Zone: f.Get("zone"),
		Weekday: f.Get("weekday"), From: f.Get("from"), To: f.Get("to"), Slot: f.Get("slot"), FirstDay: f.Get("first_day"), LastDay: f.Get("last_day"), Open: f.Get("open") != ""}
	if err := s.Accounts.Agreed(c); err != nil {
		return err
	}
	o, err := s.Create(c.Context(), c.Viewer, d)
	if kind, ok := account.ConsentAsked(err); ok {
		ask := account.Ask{Kind: kind, Action: Path + "/nouvelle", Yes: c.T("officehours.agree"), Back: Path}
		for name, values := range f {
			for _, v := range values {
				if name != web.CSRFField {
					ask.Fields = append(ask.Fields, web.HiddenField{Name: name, Value: v})
				}
			}
		}
		return s.Accounts.Ask(c, ask)
	}
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showForm(c, http.StatusUnprocessableEntity, d, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "officehours.created")
	return c.Redirect(pathOf(o.ID))
}

// slotView is a moment that can be chosen.
type slotView struct {
	Value, Clock string
	Taken        bool
	Chosen       bool
}

// dayView is the moments of a day.
type dayView struct {
	Day, Key string
	Slots    []slotView
	Free     bool
}

// offerView is the page of one offer.
type offerView struct {
	Summary       web.ErrorSummary
	Title, Who    string
	When, Note    string
	Place         string
	Ways          []web.Choice
	Days          []dayView
	Phone, Reason web.Field
	SlotError     string
	WayError      string
	Action        string
	Mine, Full    bool
	Closed        []string
}

func (s *Service) getOffer(c *httpx.Ctx) error {
	return s.showOffer(c, http.StatusOK, map[string]string{}, nil)
}

func (s *Service) showOffer(c *httpx.Ctx, status int, typed map[string]string, errs []web.FieldError) error {
	o, err := s.offerHere(c)
	if err != nil {
		return err
	}
	now := time.Now()
	who, err := account.ByID(c.Context(), s.DB.Read(), o.AccountID)
	if err != nil {
		return err
	}
	closed, taken, err := closedOf(c.Context(), s.DB.Read(), []int64{o.ID}, now)
	if err != nil {
		return err
	}
	v := offerView{Summary: web.ErrorSummary{Errors: errs}, Title: o.Title, Who: who.Name(), When: weekly(c.Loc, o), Note: o.Note, Place: o.Place, Action: pathOf(o.ID), Mine: o.mine(c), Full: true,
		Phone:  web.Field{Name: "phone", Type: "tel", Label: c.T("officehours.field.your_phone"), Hint: c.T("officehours.field.your_phone_hint", "Who", who.Name()), Value: typed["phone"], Optional: true, Autocomplete: "tel", Short: true},
		Reason: web.Field{Name: "note", Label: c.T("officehours.field.reason"), Hint: c.T("officehours.field.reason_hint", "Who", who.Name()), Value: typed["note"], Optional: true, MaxLength: maxLine}}
	for _, e := range errs {
		switch e.Name {
		case "slot":
			v.SlotError = e.Text
		case "way":
			v.WayError = e.Text
		case "phone":
			v.Phone.Error = e.Text
		case "note":
			v.Reason.Error = e.Text
		}
	}
	for i, w := range o.ways() {
		v.Ways = append(v.Ways, web.Choice{Value: w, Label: c.T("officehours.way." + w), Checked: typed["way"] == w || typed["way"] == "" && i == 0})
	}
	for _, t := range o.slots(now, closed[o.ID]) {
		key := t.Format(time.DateOnly)
		if len(v.Days) == 0 || v.Days[len(v.Days)-1].Key != key {
			v.Days = append(v.Days, dayView{Day: c.Loc.Day(t, now), Key: key})
		}
		d := &v.Days[len(v.Days)-1]
		value := strconv.FormatInt(t.UnixMilli(), 10)
		x := slotView{Value: value, Clock: c.Loc.Clock(t), Taken: taken[o.ID][t.UnixMilli()], Chosen: typed["slot"] == value}
		d.Slots, d.Free = append(d.Slots, x), d.Free || !x.Taken
		v.Full = v.Full && x.Taken
	}
	p := &web.Page{Name: "officehours/offer", Title: o.Title, NoIndex: true, Data: v}
	if c.Viewer == nil {
		p.CSRF = c.CSRF()
		c.Private()
	}
	return c.PageStatus(status, p)
}

func (s *Service) offerHere(c *httpx.Ctx) (*Offer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, unknown()
	}
	if !member(c) {
		o, _, err := openOffer(c.Context(), s.DB.Read(), id)
		return o, err
	}
	return offer(c.Context(), s.DB.Read(), id)
}

func (s *Service) postBook(c *httpx.Ctx) error {
	if c.Viewer == nil {
		return s.postBookOutside(c)
	}
	o, err := s.offerHere(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	at, _ := strconv.ParseInt(f.Get("slot"), 10, 64)
	b, err := s.Book(c.Context(), c.Viewer, o, time.UnixMilli(at), f.Get("way"), f.Get("phone"), f.Get("note"))
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showOffer(c, http.StatusUnprocessableEntity, map[string]string{"slot": f.Get("slot"), "way": f.Get("way"), "phone": f.Get("phone"), "note": f.Get("note")}, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "officehours.booked")
	return c.Redirect(bookingPath(b.ID))
}

func (s *Service) postClose(c *httpx.Ctx) error {
	o, err := s.offerHere(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.CloseDay(c.Context(), c.Viewer, o, f.Get("day")); err != nil {
		return err
	}
	c.Flash("success", "officehours.closed")
	return c.Redirect(pathOf(o.ID))
}

func (s *Service) postEnd(c *httpx.Ctx) error {
	o, err := s.offerHere(c)
	if err != nil {
		return err
	}
	if err := s.End(c.Context(), c.Viewer, o); err != nil {
		return err
	}
	c.Flash("success", "officehours.ended")
	return c.Redirect(Path)
}

// bookingView is one booking, for the two whom it concerns.
type bookingView struct {
	Title, When, Who, Way string
	Place, Video, Phone   string
	Note                  string
	ICS, Cancel           string
}

// bookingHere finds the booking of the path, of one of the two; who is the name of the other.
func (s *Service) bookingHere(c *httpx.Ctx) (b *Booking, o *Offer, who string, err error) {
	if c.Viewer == nil {
		b, o, _, err = s.visitorHere(c)
	} else {
		id, bad := c.ID("id")
		if bad != nil {
			return nil, nil, "", unknown()
		}
		b, o, err = s.booking(c.Context(), c.Viewer, id)
	}
	if err != nil {
		return nil, nil, "", err
	}
	other := o.AccountID
	if o.mine(c) {
		if other = b.AccountID; b.VisitorID != 0 {
			who, err = s.reachOf(c, b)
			return b, o, who, err
		}
	}
	a, err := account.ByID(c.Context(), s.DB.Read(), other)
	if err != nil {
		return nil, nil, "", err
	}
	return b, o, a.Name(), nil
}

func (s *Service) getBooking(c *httpx.Ctx) error {
	b, o, who, err := s.bookingHere(c)
	if err != nil {
		return err
	}
	v := bookingView{Title: o.Title, When: whenWords(c.Loc, time.UnixMilli(b.StartsAt).In(o.Location()), o.Zone, time.Now()), Who: who, Way: c.T("officehours.way." + b.Way),
		Phone: b.Phone, Note: b.Note, ICS: bookingPath(b.ID) + "/date.ics"}
	switch b.Way {
	case Room:
		v.Place = o.Place
	case Video:
		v.Video = o.VideoUrl
	}
	if b.StartsAt > time.Now().UnixMilli() {
		v.Cancel = bookingPath(b.ID) + "/annuler"
	}
	p := &web.Page{Name: "officehours/booking", Title: o.Title, NoIndex: true, Data: v}
	if c.Viewer == nil {
		p.CSRF = c.CSRF()
	}
	return c.Page(p)
}

func (s *Service) getCalendar(c *httpx.Ctx) error {
	b, o, who, err := s.bookingHere(c)
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Disposition", `attachment; filename="date.ics"`)
	c.Private()
	return c.Bytes(http.StatusOK, ical.Type, s.calendar("PUBLISH", o, b, who, c.T("officehours.way."+b.Way)))
}

func (s *Service) postCancel(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	if c.Viewer == nil {
		v, cerr := s.Visitors.Current(c)
		if cerr != nil {
			return cerr
		}
		if v == nil {
			return unknown()
		}
		err = s.CancelOutside(c.Context(), v, id)
	} else {
		err = s.Cancel(c.Context(), c.Viewer, id)
	}
	if err != nil && !apperr.Is(err, apperr.KindNotFound) {
		return err
	}
	c.Flash("success", "officehours.cancelled")
	return c.Redirect(Path)
}
