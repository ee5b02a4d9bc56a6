package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/mail"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/visitor"
)

// What people are told of.
const (
	newsKept    = "kept"    // their seat
	newsWaiting = "waiting" // for one
	newsSeated  = "seated"  // a seat became free for them
	newsLeft    = "left"    // they do not come any more
	newsChanged = "changed" // another date, place …
	newsStatus  = "status"  // cancelled, postponed, or on again
	newsSoon    = "soon"    // it is tomorrow
	newsRemoved = "removed" // what they asked or said there
	newsInside  = "inside"  // the link or the street, to who registered from their own server
)

// tellSeats tells some people of a meeting: ours by a notification, and by a letter
// if they want letters; visitors by a letter, or where their account is. People
// of other servers who joined from there have the meeting itself from us. Who may read
// it no more, as whoever was put out of its group, is told nothing.
//
// Spec: P7
func (s *Service) tellSeats(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, news string, whom []Seat) error {
	if len(whom) == 0 {
		return nil
	}
	var people, outside []int64
	for _, x := range whom {
		people, outside = append(people, x.AccountID), append(outside, x.VisitorID)
	}
	accounts, err := account.ByIDs(ctx, tx, people)
	if err != nil {
		return err
	}
	visitors, err := visitor.ByIDs(ctx, tx, outside)
	if err != nil {
		return err
	}
	letters, err := s.wanting(ctx, tx, people)
	if err != nil {
		return err
	}
	reads, err := post.Readers(ctx, tx, p.ID, people)
	if err != nil {
		return err
	}
	for i := range whom {
		x := &whom[i]
		if v := visitors[x.VisitorID]; v != nil {
			if err := s.tellVisitor(ctx, tx, p, m, news, x, v); err != nil {
				return err
			}
			continue
		}
		a := accounts[x.AccountID]
		if a == nil || a.Gone() || (a.Local() || p.Audience == post.Group) && !reads[a.ID] {
			continue
		}
		if !a.Local() {
			if err := s.tellRemote(ctx, tx, p, m, news, x); err != nil {
				return err
			}
			continue
		}
		if news != newsKept && news != newsWaiting && news != newsLeft { // they have just seen those
			if err := s.noticeAgain(ctx, tx, a.ID, noticeOf(m, news), p); err != nil {
				return err
			}
		}
		if l, ok := letters[a.ID]; ok {
			to := reader{Email: l.Email, Name: a.Name(), Lang: l.Lang, Link: s.Accounts.Base + path(p.ID), Leave: s.Accounts.Base + Path + "/courrier"}
			if err := s.Mail.Enqueue(ctx, tx, s.letter(p, m, news, x, to)); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellVisitor tells somebody without an account here.
func (s *Service) tellVisitor(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, news string, x *Seat, v *visitor.Visitor) error {
	if v.Email == "" {
		return nil // their server hides them from us: the page tells them
	}
	back := s.Visitors.ReturnURL(v.ID, path(p.ID))
	return s.Mail.Enqueue(ctx, tx, s.letter(p, m, news, x, reader{Email: v.Email, Name: v.Name, Lang: v.Lang, Link: back, Leave: back, Visitor: true}))
}

// tellRemote tells somebody of another server: who joined from there has the
// meeting itself, with each change, and wants to know of a seat.
func (s *Service) tellRemote(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, news string, x *Seat) error {
	if x.JoinUri == "" || news == newsRide || news == newsRemoved { // what no Update tells
		return s.tellElsewhere(ctx, tx, p, m, news, x.AccountID)
	}
	if news == newsSeated {
		if err := s.sendAnswer(ctx, tx, p, x, "Accept"); err != nil {
			return err
		}
		return s.tellInside(ctx, tx, p, m, x)
	}
	return nil
}

// reader is whom a letter is for.
type reader struct {
	Email, Name, Lang string
	Link              string // where they see the meeting, and change their mind
	Leave             string // where they end such letters
	Visitor           bool
}

// letter writes what a letter says of a meeting. It goes to somebody who answered
// to it, and says what they may know: the link to take part from afar is for
// those who are registered for that.
func (s *Service) letter(p *post.Post, m *Meeting, news string, x *Seat, to reader) mail.Letter {
	l := s.words(to.Lang)
	when := whenWords(l, m, time.Now())
	key := "event.mail." + news
	if news == newsStatus {
		key += "." + m.Status
	}
	facts := [][2]string{{l.T("event.fact.when"), when}}
	told := !m.Withheld || x.knowsStreet()
	if where := m.whereTo(told); where != "" {
		facts = append(facts, [2]string{l.T("event.fact.where"), where})
	}
	remote := ""
	if x.knowsLink() && m.RemoteUrl != "" && m.Status != Cancelled {
		remote = m.RemoteUrl
		facts = append(facts, [2]string{l.T("event.fact.remote"), remote})
	}
	if x.Companions > 0 {
		facts = append(facts, [2]string{l.T("event.mail.you"), l.N("event.bring", int(x.Companions))})
	}
	out := mail.Letter{To: to.Email, ToName: to.Name, Lang: l.Lang(), Subject: l.T(key+".subject", "Title", p.Title), About: m.Uid, Leave: to.Leave, Until: max(m.EndsAt, now()+time.Hour.Milliseconds())}
	out.Blocks = []mail.Block{{Text: l.T("event.mail.hello", "Name", to.Name)}, {Text: l.T(key, "Title", p.Title)}}
	if m.StatusNote != "" && (news == newsStatus || m.Status != Confirmed) {
		out.Blocks = append(out.Blocks, mail.Block{Text: m.StatusNote})
	}
	button := "event.mail.change"
	if news == newsLeft || m.Status == Cancelled {
		button = "event.see"
	}
	out.Blocks = append(out.Blocks, mail.Block{Facts: facts}, mail.Block{Label: l.T(button), URL: to.Link})
	if to.Visitor {
		out.Blocks = append(out.Blocks, mail.Block{Foot: l.T("event.mail.why_visitor", "Link", to.Link)})
	} else {
		out.Blocks = append(out.Blocks, mail.Block{Foot: l.T("event.mail.why", "Link", to.Leave)})
	}
	// Who only waits, or may come, has nothing of it in a calendar yet.
	if news != newsRide && news != newsRemoved && (x.registered() || news == newsLeft) {
		out.Calendar = s.invitation(p, m, news, x, to, remote)
	}
	return out
}

// invitation is the meeting for the calendar of one person, or takes it out of there.
//
// Spec: RFC 5546 3.2.2; Spec: RFC 5546 3.2.5
func (s *Service) invitation(p *post.Post, m *Meeting, news string, x *Seat, to reader, remote string) *mail.Calendar {
	method, entry := "REQUEST", *m
	if m.Status == Cancelled || news == newsLeft || !x.registered() {
		method, entry.Status = "CANCEL", Cancelled
	}
	e := icsEntry{m: &entry, title: p.Title, url: to.Link, remote: remote, created: p.CreatedAt, told: x.knowsStreet()}
	e.more = [][2]string{
		{"ORGANIZER;CN=" + quoted(s.Config.Name), "mailto:" + s.Config.Sender()},
		{"ATTENDEE;CN=" + quoted(to.Name) + ";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE", "mailto:" + to.Email},
	}
	return &mail.Calendar{Method: method, Body: writeCalendar("", method, []icsEntry{e})}
}

// quoted is the value of a parameter.
//
// Spec: RFC 5545 3.1; Spec: RFC 6868
func quoted(s string) string {
	var out []rune
	for _, r := range s {
		switch {
		case r == '"':
			out = append(out, '^', '\'')
		case r == '^':
			out = append(out, '^', '^')
		case r >= ' ':
			out = append(out, r)
		}
	}
	return `"` + string(out) + `"`
}

// wanting finds those of our people who want letters about meetings, with the
// address and language that they sign in with.
func (s *Service) wanting(ctx context.Context, q db.Q, people []int64) (map[int64]auth.Postal, error) {
	if !s.Mail.Ready() || len(people) == 0 {
		return nil, nil
	}
	frag, args := db.In(1, people)
	want, err := db.All[int64](ctx, q, `select account_id from meeting_mail where account_id in `+frag, args...)
	if err != nil || len(want) == 0 {
		return nil, err
	}
	return auth.PostalOf(ctx, q, want)
}

// wantsLetters reports whether somebody of ours wants letters.
func (s *Service) wantsLetters(ctx context.Context, q db.Q, accountID int64) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from meeting_mail where account_id = $1`, accountID)
	return n > 0, err
}

// setLetters notes whether somebody of ours wants letters.
func setLetters(ctx context.Context, tx *db.Tx, accountID int64, want bool) error {
	sql := `delete from meeting_mail where account_id = $1`
	if want {
		sql = `insert into meeting_mail (account_id) values ($1) on conflict do nothing`
	}
	_, err := tx.Exec(ctx, sql, accountID)
	return err
}
