package officehours

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are right on machines without a table of them

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// The ways to meet.
const (
	Room  = "room"
	Video = "video"
	Phone = "phone"
)

// Bounds.
const (
	MaxOffers = 20 // of one person
	maxLine   = 300
	maxPhone  = 40
	weeks     = 6 // ahead, that can be booked
	maxHeld   = 3 // bookings to come that one person has with one other
)

// Slots are the lengths offered, in minutes.
var Slots = []int64{10, 15, 20, 30, 45, 60}

// Zones are those that the form offers.
var Zones = []string{"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "Indian/Mayotte", "America/Miquelon",
	"Pacific/Noumea", "Pacific/Tahiti", "Europe/Brussels"}

// Offer is the hours at which somebody receives people, every week.
type Offer struct {
	ID           int64
	AccountID    int64
	Title        string
	Note         string
	Place        string
	VideoUrl     string
	Phone        bool
	Zone         string
	Weekday      int64 // 0 is Sunday
	Begins, Ends int64 // minutes of the day
	Slot         int64 // minutes
	FirstDay     string
	LastDay      string // "" without an end
	CreatedAt    int64
	Open         bool // also to people without an account here
}

const offerColumns = `o.id, o.account_id, o.title, o.note, o.place, o.video_url, o.phone, o.zone, o.weekday, o.begins, o.ends, o.slot, o.first_day, o.last_day, o.created_at, o.open`

// Booking is a slot that somebody has.
type Booking struct {
	ID        int64
	HoursID   int64
	StartsAt  int64
	AccountID int64
	Way       string
	Phone     string
	Note      string
	Reminded  bool
	CreatedAt int64
	VisitorID int64  // 0 for an account
	Name      string // of a visitor
}

const bookingColumns = `b.id, b.hours_id, b.starts_at, b.account_id, b.way, b.phone, b.note, b.reminded, b.created_at, b.visitor_id, b.name`

// Service holds the rules on office hours.
type Service struct {
	civic.Trunk

	bundle func() *i18n.Bundle
}

func unknown() error { return apperr.NotFound("officehours.not_found") }

// Location is the zone of the place.
func (o *Offer) Location() *time.Location {
	if loc, err := time.LoadLocation(o.Zone); err == nil && o.Zone != "" {
		return loc
	}
	return time.UTC
}

// ways are how one may meet.
func (o *Offer) ways() []string {
	var out []string
	if o.Place != "" {
		out = append(out, Room)
	}
	if o.VideoUrl != "" {
		out = append(out, Video)
	}
	if o.Phone {
		out = append(out, Phone)
	}
	return out
}

// slots are the moments of an offer from now on, those of closed days left out. A
// moment that a change of clocks leaves out is none.
func (o *Offer) slots(now time.Time, closed map[string]bool) []time.Time {
	loc := o.Location()
	var out []time.Time
	here := now.In(loc)
	for n := range weeks*7 + 1 {
		day := time.Date(here.Year(), here.Month(), here.Day()+n, 12, 0, 0, 0, loc)
		name := day.Format(time.DateOnly)
		if int64(day.Weekday()) != o.Weekday || name < o.FirstDay || o.LastDay != "" && name > o.LastDay || closed[name] {
			continue
		}
		for m := o.Begins; m+o.Slot <= o.Ends; m += o.Slot {
			t := time.Date(day.Year(), day.Month(), day.Day(), int(m/60), int(m%60), 0, 0, loc)
			if t.After(now) && int64(t.Hour()*60+t.Minute()) == m {
				out = append(out, t)
			}
		}
	}
	return out
}

// Free are the moments of an offer that has neither days off nor bookings yet.
func (o *Offer) Free(now time.Time) []time.Time { return o.slots(now, nil) }

// Draft is an offer as typed.
type Draft struct {
	Title, Note, Place, VideoURL  string
	Phone                         bool
	Zone, Weekday, From, To, Slot string
	FirstDay, LastDay             string
	Open                          bool
}

// judge makes the offer of a draft; all that is wrong is told at once.
func (d *Draft) judge(now time.Time) (*Offer, error) {
	bad := apperr.Invalid("officehours.look_again")
	wrong := func(field, key string) { bad = bad.Field(field, key) }
	line := func(field, typed string, most int) string {
		s, fits := text.Fitting(typed, most)
		if !fits {
			bad = bad.Field(field, "officehours.too_long", most)
		}
		return s
	}
	o := &Offer{Title: line("title", d.Title, 120), Note: line("note", d.Note, maxLine), Place: line("place", d.Place, maxLine), Phone: d.Phone, Zone: d.Zone, Open: d.Open,
		FirstDay: d.FirstDay, LastDay: d.LastDay}
	if o.Title == "" {
		wrong("title", "officehours.no_title")
	}
	if !slices.Contains(Zones, o.Zone) {
		wrong("zone", "officehours.bad_zone")
	}
	if d.VideoURL = strings.TrimSpace(d.VideoURL); d.VideoURL != "" {
		if u, err := url.Parse(d.VideoURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(d.VideoURL) > 1000 {
			wrong("video_url", "officehours.bad_link")
		}
		o.VideoUrl = d.VideoURL
	}
	if len(o.ways()) == 0 {
		wrong("place", "officehours.no_way")
	}
	o.Weekday = int64(strings.Index("0123456", d.Weekday))
	if len(d.Weekday) != 1 || o.Weekday < 0 {
		wrong("weekday", "officehours.bad_weekday")
		o.Weekday = 0
	}
	minutes := func(field, typed string) int64 {
		t, err := time.Parse("15:04", typed)
		if err != nil {
			wrong(field, "officehours.bad_hour")
		}
		return int64(t.Hour()*60 + t.Minute())
	}
	o.Begins, o.Ends = minutes("from", d.From), minutes("to", d.To)
	for _, n := range Slots {
		if d.Slot == slotName(n) {
			o.Slot = n
		}
	}
	switch {
	case o.Slot == 0:
		wrong("slot", "officehours.bad_slot")
	case o.Ends-o.Begins < o.Slot:
		wrong("to", "officehours.bad_end")
	}
	if o.FirstDay == "" {
		o.FirstDay = now.In(o.Location()).Format(time.DateOnly)
	}
	for field, day := range map[string]string{"first_day": o.FirstDay, "last_day": o.LastDay} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			wrong(field, "officehours.bad_day")
		}
	}
	if o.LastDay != "" && o.LastDay < o.FirstDay {
		wrong("last_day", "officehours.bad_last")
	} else if _, err := time.Parse(time.DateOnly, o.LastDay); err == nil && o.LastDay < now.In(o.Location()).Format(time.DateOnly) {
		wrong("last_day", "officehours.past_last")
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return o, nil
}

// Create offers hours. Errors: KindInvalid with the fields of the form, or
// "post.needs_consent" for hours that everybody sees; KindForbidden for who is no member.
func (s *Service) Create(ctx context.Context, v *auth.Viewer, d Draft) (*Offer, error) {
	if !v.Member {
		return nil, apperr.Forbidden("post.members_only")
	}
	o, err := d.judge(time.Now())
	if err != nil {
		return nil, err
	}
	if me, err := account.ByID(ctx, s.DB.Read(), v.AccountID); err != nil {
		return nil, err
	} else if o.Open && !me.Public {
		return nil, apperr.Invalid("post.needs_consent").Field("open", "post.needs_consent")
	}
	o.ID, o.AccountID, o.CreatedAt = s.IDs.New(), v.AccountID, time.Now().UnixMilli()
	return o, s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get[int](ctx, tx, `select count(*) from office_hours where account_id = $1`, v.AccountID)
		if err != nil {
			return err
		}
		if n >= MaxOffers {
			return apperr.Invalid("officehours.many", MaxOffers).Field("title", "officehours.many", MaxOffers)
		}
		return db.Insert(ctx, tx, "office_hours", o)
	})
}

// wish is a booking that is being asked for, or given back, inside the post that says so.
type wish struct {
	booking *Booking // to make
	cancel  int64    // to give back
}

// Part books and gives back slots in the transaction of the message about it.
func (s *Service) Part() post.Part {
	return post.Part{Name: "officehours", Store: func(ctx context.Context, tx *db.Tx, _ *post.Post, asked any) error {
		w := asked.(*wish)
		if w.cancel != 0 {
			n, err := db.Exec(ctx, tx, `delete from office_booking where id = $1`, w.cancel)
			if err == nil && n == 0 {
				err = unknown()
			}
			return err
		}
		return s.take(ctx, tx, w.booking)
	}}
}

// take stores a booking; of two for one slot the second is refused.
func (s *Service) take(ctx context.Context, tx *db.Tx, b *Booking) error {
	if _, err := tx.Exec(ctx, `update office_hours set slot = slot where id = $1`, b.HoursID); err != nil { // one at a time
		return err
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from office_booking b where b.hours_id = $1 and b.starts_at = $2`, b.HoursID, b.StartsAt)
	if err != nil {
		return err
	}
	if n > 0 {
		return apperr.Invalid("officehours.taken").Field("slot", "officehours.taken")
	}
	if n, err = db.Get[int](ctx, tx, `select count(*) from office_booking b where b.hours_id = $1 and b.account_id = $2 and b.visitor_id = $4 and b.starts_at > $3`, b.HoursID, b.AccountID, time.Now().UnixMilli(), b.VisitorID); err != nil {
		return err
	}
	if n >= maxHeld {
		return apperr.Invalid("officehours.held", maxHeld).Field("slot", "officehours.held", maxHeld)
	}
	if err := db.Insert(ctx, tx, "office_booking", b); err != nil {
		return err
	}
	if at := time.UnixMilli(b.StartsAt).Add(-ahead); at.After(time.Now()) {
		if err := jobs.Enqueue(ctx, tx, kindRemind, about{b.ID}, jobs.At(at)); err != nil {
			return err
		}
	}
	return jobs.Enqueue(ctx, tx, kindForget, about{b.ID}, jobs.At(time.UnixMilli(b.StartsAt).Add(kept)))
}

// Book takes a slot for v, and tells whoever receives. Errors: KindInvalid with
// the fields "slot" ("officehours.taken", "officehours.held", "officehours.no_slot"),
// "way", "phone".
func (s *Service) Book(ctx context.Context, v *auth.Viewer, o *Offer, at time.Time, way, phone, note string) (*Booking, error) {
	if v.AccountID == o.AccountID {
		return nil, apperr.Invalid("officehours.own").Field("slot", "officehours.own")
	}
	b, err := s.judge(ctx, s.DB.Read(), o, at, way, phone, note)
	if err != nil {
		return nil, err
	}
	b.AccountID = v.AccountID
	return b, s.say(ctx, v, o.AccountID, "officehours.said.booked", o, b, &wish{booking: b})
}

func fits(typed string, most int) bool {
	_, ok := text.Fitting(typed, most)
	return ok
}

func newBooking(id int64, o *Offer, at time.Time, way, phone, note string, now time.Time) *Booking {
	return &Booking{ID: id, HoursID: o.ID, StartsAt: at.UnixMilli(), Way: way, Phone: text.PlainName(phone, maxPhone), Note: text.PlainName(note, maxLine), CreatedAt: now.UnixMilli()}
}

// Cancel gives a slot back; either of the two may.
func (s *Service) Cancel(ctx context.Context, v *auth.Viewer, id int64) error {
	b, o, err := s.booking(ctx, v, id)
	if err != nil {
		return err
	}
	if b.StartsAt <= time.Now().UnixMilli() {
		return apperr.Invalid("officehours.over")
	}
	if b.VisitorID != 0 {
		return s.cancelVisitor(ctx, o, b)
	}
	other := o.AccountID
	if v.AccountID == other {
		other = b.AccountID
	}
	return s.say(ctx, v, other, "officehours.said.cancelled", o, b, &wish{cancel: b.ID})
}

// say writes a message from v to another person about a booking, and does what w
// asks in the same transaction.
func (s *Service) say(ctx context.Context, v *auth.Viewer, to int64, key string, o *Offer, b *Booking, w *wish) error {
	other, err := account.ByID(ctx, s.DB.Read(), to)
	if err != nil {
		return err
	}
	l := s.words(ctx, to)
	when := time.UnixMilli(b.StartsAt).In(o.Location())
	d := post.Draft{Audience: post.Direct, To: to, Lang: l.Lang(), Text: l.T(key, "Who", "@"+other.Username, "Title", o.Title, "When", whenWords(l, when, o.Zone, time.Now()),
		"Way", l.T("officehours.way."+b.Way))}
	if w != nil {
		if d.Parts = map[string]any{"officehours": w}; w.booking != nil && b.Note != "" {
			d.Text += "\n\n" + b.Note
		}
		if w.booking != nil && b.Phone != "" {
			d.Text += "\n\n" + b.Phone
		}
	}
	_, err = s.Posts.Create(ctx, v, d)
	return err
}

// CloseDay says that nobody is received on a day; who had booked it is told.
func (s *Service) CloseDay(ctx context.Context, v *auth.Viewer, o *Offer, day string) error {
	if o.AccountID != v.AccountID {
		return unknown()
	}
	at, err := time.ParseInLocation(time.DateOnly, day, o.Location())
	if err != nil {
		return apperr.Invalid("officehours.bad_day").Field("day", "officehours.bad_day")
	}
	if err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into office_closed (hours_id, day) values ($1, $2) on conflict do nothing`, o.ID, day)
		return err
	}); err != nil {
		return err
	}
	return s.cancelAll(ctx, v, o, at, at.AddDate(0, 0, 1))
}

// cancelAll gives back what is booked in a span of time and still to come.
func (s *Service) cancelAll(ctx context.Context, v *auth.Viewer, o *Offer, from, to time.Time) error {
	if now := time.Now(); from.Before(now) {
		from = now
	}
	all, err := db.All[int64](ctx, s.DB.Read(), `select b.id from office_booking b where b.hours_id = $1 and b.starts_at >= $2 and b.starts_at < $3`, o.ID, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := s.Cancel(ctx, v, id); err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
	}
	return nil
}

// End takes an offer away; who had booked is told.
func (s *Service) End(ctx context.Context, v *auth.Viewer, o *Offer) error {
	if o.AccountID != v.AccountID {
		return unknown()
	}
	if err := s.cancelAll(ctx, v, o, time.Now(), time.Now().AddDate(1, 0, 0)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return drop(ctx, tx, `id = $1`, o.ID)
	})
}
