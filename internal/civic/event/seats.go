package event

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// Reply is what somebody answers to a meeting.
type Reply struct {
	Answer     string // Room, Remote, No, Maybe
	Companions int64
	JoinUri    string // of the activity that says so
	Name       string // of a visitor
	Message    string // a word to the organiser
	OfGroup    bool   // of the meeting that a group sends as its own
	There      bool   // said by the server of the person
}

// who is somebody who answers: an account, or a visitor.
type who struct{ account, visitor int64 }

// Answer stores what v answers to a meeting. Errors: KindInvalid "event.over",
// "event.no_remote", "event.no_room", "event.many_companions" (field
// "companions"), "event.no_seats_for"; "follow.needs_address" for a meeting of
// another server.
func (s *Service) Answer(ctx context.Context, v *auth.Viewer, postID int64, r Reply) (*Seat, error) {
	p, err := s.Posts.Get(ctx, v, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, unknown()
	} else if err != nil {
		return nil, err
	}
	if out, err := post.Left(ctx, s.DB.Read(), v.AccountID, p); err != nil || out {
		return nil, cmp.Or(err, unknown())
	}
	if err := s.mayAnswer(ctx, p.ID, who{account: v.AccountID}, r.Answer); err != nil {
		return nil, err
	}
	if !p.Local {
		return s.answerThere(ctx, v, p, r)
	}
	var out *Seat
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := seatOf(ctx, tx, p.ID, who{account: v.AccountID})
		if err != nil {
			return err
		}
		if out, err = s.answer(ctx, tx, p.ID, who{account: v.AccountID}, r); err != nil {
			return err
		}
		if old != nil && old.Answer == out.Answer && old.State == out.State || old == nil && out.Answer == No {
			return nil
		}
		m, err := one(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		return s.tellOwn(ctx, tx, p, m, out)
	})
	return out, err
}

// mayAnswer refuses what no button here says. « Peut-être » is for who was invited, or
// whose server has said so.
func (s *Service) mayAnswer(ctx context.Context, postID int64, w who, answer string) error {
	switch answer {
	case Room, Remote, No:
		return nil
	case Maybe:
		x, err := seatOf(ctx, s.DB.Read(), postID, w)
		if err != nil || x != nil && x.Answer == Maybe {
			return err
		}
		if i, err := invitation(ctx, s.DB.Read(), postID, w.account); err != nil || i != nil && w.account != 0 {
			return err
		}
	}
	return apperr.BadRequest("httpx.bad_request")
}

// answer decides on a seat of a meeting of ours. The caller has seen that the
// person may read the meeting.
func (s *Service) answer(ctx context.Context, tx *db.Tx, postID int64, w who, r Reply) (*Seat, error) {
	if err := hold(ctx, tx, postID); err != nil {
		return nil, err
	}
	m, err := one(ctx, tx, postID)
	if err != nil {
		return nil, err
	}
	all, err := seats(ctx, tx, postID)
	if err != nil {
		return nil, err
	}
	var old *Seat
	var used, waiting int64 // by others
	for i, x := range all {
		switch {
		case x.AccountID == w.account && x.VisitorID == w.visitor && w != who{}:
			old = &all[i]
		case x.Answer == Room && x.State == In:
			used += x.size()
		case x.State == Waiting:
			waiting++
		}
	}
	next := Seat{ID: s.IDs.New(), PostID: postID, AccountID: w.account, VisitorID: w.visitor, CreatedAt: time.Now().UnixMilli()}
	if old != nil {
		next = *old
	}
	next.Answer, next.Companions, next.State = r.Answer, r.Companions, In
	if r.JoinUri != "" {
		next.JoinUri, next.OfGroup = r.JoinUri, r.OfGroup
	}
	next.There = next.There || r.There
	if r.Name != "" {
		next.Name = r.Name
	}
	if r.Message != "" {
		next.Message = r.Message
	}
	if r.Answer != Room {
		next.Companions = 0
	}
	if err := m.takes(&next); err != nil {
		return nil, err
	}
	if r.Answer == Room {
		if err := m.decide(&next, old, used, waiting); err != nil {
			return nil, err
		}
	}
	if old == nil || old.Answer != next.Answer {
		next.Rank = m.NextRank
		if _, err := tx.Exec(ctx, `update meeting set next_rank = next_rank + 1 where post_id = $1`, postID); err != nil {
			return nil, err
		}
	}
	if err := saveSeat(ctx, tx, &next); err != nil {
		return nil, err
	}
	if err := settleInvitation(ctx, tx, postID, w.account); err != nil {
		return nil, err
	}
	if next.coming() && !(old != nil && old.coming()) {
		if err := s.tellOrganisers(ctx, tx, postID, noticeSeats, w); err != nil {
			return nil, err
		}
	}
	if err := s.moveUp(ctx, tx, postID); err != nil {
		return nil, err
	}
	return seatOf(ctx, tx, postID, w)
}

// takes refuses an answer that does not fit the meeting.
func (m *Meeting) takes(x *Seat) error {
	switch {
	case x.Answer == No:
		return nil
	case m.Status == Cancelled:
		return apperr.Invalid("event.is_cancelled")
	case m.Over(time.Now()):
		return apperr.Invalid("event.over")
	case x.Answer == Remote && !m.Online:
		return apperr.Invalid("event.no_remote")
	case x.Answer == Room && !m.HasRoom():
		return apperr.Invalid("event.no_room")
	case x.Answer != Room && x.Answer != Remote && x.Answer != Maybe:
		return apperr.BadRequest("httpx.bad_request")
	case x.Companions < 0 || x.Companions > m.Companions:
		return apperr.Invalid("event.many_companions", m.Companions).Field("companions", "event.many_companions", m.Companions)
	case m.Capacity > 0 && x.Answer == Room && x.size() > m.Capacity:
		return apperr.Invalid("event.many_companions", m.Capacity-1).Field("companions", "event.many_companions", m.Capacity-1)
	}
	return nil
}

// decide says whether somebody has a seat or waits. Who has one and asks for
// more than there is keeps what they have.
func (m *Meeting) decide(next, old *Seat, used, waiting int64) error {
	fits := m.Capacity == 0 || used+next.size() <= m.Capacity
	if old != nil && old.Answer == Room {
		switch {
		case old.State == Waiting:
			next.State = Waiting // moving up decides
			return nil
		case next.size() <= old.size():
			return nil
		case !fits || waiting > 0:
			return apperr.Invalid("event.no_seats_for").Field("companions", "event.no_seats_for")
		}
		return nil
	}
	if !fits || waiting > 0 && m.Capacity > 0 {
		next.State = Waiting
	}
	return nil
}

// moveUp gives free seats to those who wait, the first one first, and tells them.
// The meeting is held by the caller's transaction.
func (s *Service) moveUp(ctx context.Context, tx *db.Tx, postID int64) error {
	m, err := one(ctx, tx, postID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if m.Status == Cancelled || m.Over(time.Now()) {
		return nil
	}
	all, err := seats(ctx, tx, postID)
	if err != nil {
		return err
	}
	var used int64
	for _, x := range all {
		if x.Answer == Room && x.State == In {
			used += x.size()
		}
	}
	var seated []Seat
	for i := range all {
		x := &all[i]
		if x.State != Waiting {
			continue
		}
		if m.Capacity > 0 && used+x.size() > m.Capacity {
			break
		}
		used += x.size()
		x.State = In
		if err := saveSeat(ctx, tx, x); err != nil {
			return err
		}
		seated = append(seated, *x)
	}
	if len(seated) == 0 {
		return nil
	}
	p, err := post.Raw(ctx, tx, postID)
	if err != nil {
		return err
	}
	return s.tellSeats(ctx, tx, p, m, newsSeated, seated)
}

// tellAll tells everybody who comes or waits that a meeting changed. What was
// told before, and is not yet read, is told anew.
func (s *Service) tellAll(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, news string) error {
	return s.tell(ctx, tx, p, m, news, func(x *Seat) bool { return x.Answer != No && x.State != Refused })
}

func (s *Service) tell(ctx context.Context, tx *db.Tx, p *post.Post, m *Meeting, news string, whom func(*Seat) bool) error {
	all, err := seats(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	return s.tellSeats(ctx, tx, p, m, news, slices.DeleteFunc(all, func(x Seat) bool { return !whom(&x) }))
}

// newsOf is what a change to a meeting is, for those who come.
func newsOf(was, is *Meeting) string {
	if was.Status != is.Status {
		return newsStatus
	}
	return newsChanged
}

// rank is how many come before somebody who waits, and they themselves.
func (s *Service) rank(ctx context.Context, x *Seat) (int, error) {
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from meeting_seat s where s.post_id = $1 and s.state = 'waiting' and (s.rank < $2 or s.rank = $2 and s.id <= $3)`,
		x.PostID, x.Rank, x.ID)
}

// setPresent notes who was there, of those who answered.
func (s *Service) setPresent(ctx context.Context, postID int64, here map[int64]bool) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err := seats(ctx, tx, postID)
		if err != nil {
			return err
		}
		for i := range all {
			x := &all[i]
			if (x.PresentAt != 0) == here[x.ID] {
				continue
			}
			if x.PresentAt = 0; here[x.ID] {
				x.PresentAt = time.Now().UnixMilli()
			}
			if err := saveSeat(ctx, tx, x); err != nil {
				return err
			}
		}
		return nil
	})
}
