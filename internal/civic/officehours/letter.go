package officehours

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ical"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/mail"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/visitor"
)

// What is told of the booking of a visitor.
const (
	newsBooked    = "booked"
	newsGivenBack = "given_back" // by them
	newsCancelled = "cancelled"  // by whoever receives
	newsTomorrow  = "tomorrow"
)

// writeTo tells the visitor of a booking.
func (s *Service) writeTo(ctx context.Context, tx *db.Tx, news string, o *Offer, owner *account.Account, b *Booking) error {
	all, err := visitor.ByIDs(ctx, tx, []int64{b.VisitorID})
	if err != nil || all[b.VisitorID] == nil {
		return err
	}
	return s.write(ctx, tx, news, o, owner, b, all[b.VisitorID])
}

// write tells a visitor of their booking: by a letter, or by a message where their
// account is. Whom their server hides from us sees it on the page alone.
func (s *Service) write(ctx context.Context, tx *db.Tx, news string, o *Offer, owner *account.Account, b *Booking, v *visitor.Visitor) error {
	if v.Email == "" {
		if v.AccountID == 0 || news == newsBooked || news == newsGivenBack { // they have just seen those
			return nil
		}
		return jobs.Enqueue(ctx, tx, kindTell, told{From: o.AccountID, To: v.AccountID, Text: s.sentence(ctx, news, o, b, v.Lang)})
	}
	l := s.wordsOf(v.Lang)
	when := whenWords(l, time.UnixMilli(b.StartsAt).In(o.Location()), o.Zone, time.Now())
	back := s.Visitors.ReturnURL(v.ID, bookingPath(b.ID))
	if news == newsCancelled || news == newsGivenBack {
		back = s.Accounts.Base + pathOf(o.ID)
	}
	facts := [][2]string{{l.T("officehours.fact.when"), when}, {l.T("officehours.fact.with"), owner.Name()}, {l.T("officehours.fact.how"), l.T("officehours.way." + b.Way)}}
	if where := o.where(b); where != "" && news != newsCancelled && news != newsGivenBack {
		facts = append(facts, [2]string{l.T("officehours.fact.where"), where})
	}
	key := "officehours.mail." + news
	method := "REQUEST"
	if news == newsCancelled || news == newsGivenBack {
		method = "CANCEL"
	}
	return s.Mail.Enqueue(ctx, tx, mail.Letter{To: v.Email, ToName: v.Name, Lang: l.Lang(), Subject: l.T(key+".subject", "Title", o.Title), About: ids.String(b.ID) + "-rdv", Until: b.StartsAt,
		Blocks: []mail.Block{{Text: l.T("officehours.mail.hello", "Name", v.Name)}, {Text: l.T(key, "Title", o.Title, "Who", owner.Name())}, {Facts: facts},
			{Label: l.T("officehours.mail.see"), URL: back}, {Foot: l.T("officehours.mail.why")}},
		Calendar: &mail.Calendar{Method: method, Body: s.calendar(method, o, b, owner.Name(), l.T("officehours.way."+b.Way))}})
}

// sentence is what a message says of a booking.
func (s *Service) sentence(_ context.Context, news string, o *Offer, b *Booking, lang string) string {
	l := s.wordsOf(lang)
	return l.T("officehours.said."+news, "Title", o.Title, "When", whenWords(l, time.UnixMilli(b.StartsAt).In(o.Location()), o.Zone, time.Now()), "Way", l.T("officehours.way."+b.Way), "Who", "")
}

// calendar is a booking for the calendar of one of the two; other is the other.
func (s *Service) calendar(method string, o *Offer, b *Booking, other, way string) []byte {
	start := time.UnixMilli(b.StartsAt).In(o.Location())
	e := ical.Event{UID: ids.String(b.ID) + "-rdv@" + s.Accounts.Host, Start: start, End: start.Add(time.Duration(o.Slot) * time.Minute), Zone: o.Zone,
		Summary: o.Title + " (" + other + ")", Status: ical.Confirmed, Location: joinWords(way, o.where(b)), Description: b.Note,
		URL: s.Accounts.Base + bookingPath(b.ID), Created: time.UnixMilli(b.CreatedAt), Changed: time.UnixMilli(b.CreatedAt)}
	if method == "CANCEL" {
		e.Status, e.Sequence = ical.Cancelled, 1
	}
	return ical.Write("", method, []ical.Event{e})
}

// where is the place, the link or the number of a booking.
func (o *Offer) where(b *Booking) string {
	switch b.Way {
	case Video:
		return o.VideoUrl
	case Phone:
		return b.Phone
	}
	return o.Place
}

// told is a message that somebody writes to somebody; From 0 is the section.
type told struct {
	From, To int64
	Text     string
}

// tellOwner has the section tell whoever receives of what a visitor did: they have
// no account here that could.
func tellOwner(ctx context.Context, tx *db.Tx, news string, o *Offer, b *Booking) error {
	return jobs.Enqueue(ctx, tx, kindOwner, ofVisitor{OfferID: o.ID, BookingID: b.ID, News: news, Name: b.Name, At: b.StartsAt, Way: b.Way})
}

// ofVisitor is the payload of telling whoever receives.
type ofVisitor struct {
	OfferID, BookingID int64
	News, Name, Way    string
	At                 int64
}

func (s *Service) owner(ctx context.Context, x ofVisitor) error {
	o, err := offer(ctx, s.DB.Read(), x.OfferID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	l := s.words(ctx, o.AccountID)
	text := l.T("officehours.visitor."+x.News, "Name", x.Name, "Title", o.Title, "When", whenWords(l, time.UnixMilli(x.At).In(o.Location()), o.Zone, time.Now()), "Way", l.T("officehours.way."+x.Way))
	if x.News == newsBooked {
		text += "\n\n" + s.Accounts.Base + bookingPath(x.BookingID)
	}
	return s.tell(ctx, told{To: o.AccountID, Text: text})
}

// tell writes a message.
func (s *Service) tell(ctx context.Context, x told) error {
	if x.From == 0 {
		id, err := db.Get[int64](ctx, s.DB.Read(), `select id from account where host = '' and kind = $1 and deleted_at = 0 order by id limit 1`, account.Group)
		if apperr.Is(err, apperr.KindNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		x.From = id
	}
	them, err := account.ByID(ctx, s.DB.Read(), x.To)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && them.Gone() {
		return nil
	} else if err != nil {
		return err
	}
	_, err = s.Posts.Create(ctx, &auth.Viewer{AccountID: x.From, Member: true}, post.Draft{Audience: post.Direct, To: them.ID, Text: "@" + them.Acct() + " " + x.Text})
	if apperr.Is(err, apperr.KindForbidden) || apperr.Is(err, apperr.KindInvalid) {
		return jobs.Park(err)
	}
	return err
}
