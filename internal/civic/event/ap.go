package event

import (
	"context"
	"encoding/json"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Activities are what other servers may tell us about who comes: to a meeting of
// ours, and what they answer to our people about theirs.
//
// Mobilizon joins and leaves; Smithereen joins tentatively too; Friendica accepts
// and rejects the event itself; who was invited accepts and rejects the Invite.
//
// Spec: AP-Vocabulary Join; Spec: Mobilizon; Spec: Smithereen; Spec: Friendica
func (s *Service) Activities() []route.Activity {
	return []route.Activity{
		{Type: "Join", Object: "*", Handle: s.onAnswer(Room)},
		{Type: "Leave", Object: "*", Handle: s.onAnswer(No)},
		{Type: "Undo", Object: "Join", Handle: s.onUndo},
		{Type: "Undo", Object: "", Handle: s.onUndoBare},
		{Type: "TentativeAccept", Object: "*", Handle: s.onAnswer(Maybe)},
		{Type: "TentativeJoin", Object: "*", Handle: s.onAnswer(Maybe)},
		{Type: "Accept", Object: "Event", Handle: s.onAnswer(Room)},
		{Type: "Reject", Object: "Event", Handle: s.onAnswer(No)},
		{Type: "Accept", Object: "Invite", Handle: s.onAnswer(Room)},
		{Type: "Reject", Object: "Invite", Handle: s.onAnswer(No)},
		{Type: "Accept", Object: "Join", Handle: s.onVerdict(In)},
		{Type: "Reject", Object: "Join", Handle: s.onVerdict(Refused)},
		{Type: "Accept", Object: "", Handle: s.onBare(In, Room)},
		{Type: "Reject", Object: "", Handle: s.onBare(Refused, No)},
		{Type: "Ignore", Object: "Join", Handle: s.onIgnored},
		{Type: "Ignore", Object: "", Handle: s.onIgnored},
		{Type: "Invite", Object: "*", Prepare: s.prepareInvite, Handle: s.onInvite},
		{Type: "Undo", Object: "Invite", Handle: s.onUninvite},
	}
}

// meant finds the meeting of ours that somebody of another server may read; nil when there is none.
func (s *Service) meant(ctx context.Context, tx *db.Tx, in *route.Inbound, uri string) (*post.Post, *Meeting, error) {
	uri, err := s.byAlias(ctx, tx, uri)
	if err != nil {
		return nil, nil, err
	}
	p, err := post.ByURI(ctx, tx, post.Reader{AccountID: in.Actor.ID, Host: in.Actor.Host}, uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	m, err := one(ctx, tx, p.ID)
	if apperr.Is(err, apperr.KindNotFound) || !p.Local {
		return nil, nil, nil
	}
	return p, m, err
}

// onAnswer takes what somebody of another server answers to a meeting of ours.
// Who comes gets a seat, and an Accept to them alone; who must wait is told when a
// seat is theirs; a Reject goes to who comes too late.
func (s *Service) onAnswer(answer string) func(context.Context, *db.Tx, *route.Inbound) error {
	return func(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
		return s.answered(ctx, tx, in, answer, objectOf(in))
	}
}

func (s *Service) answered(ctx context.Context, tx *db.Tx, in *route.Inbound, answer, object string) error {
	object, err := behindInvite(ctx, tx, in, object)
	if err != nil {
		return err
	}
	p, m, err := s.meant(ctx, tx, in, object)
	if p == nil {
		return err
	}
	ofGroup, err := s.isAlias(ctx, tx, object)
	if err != nil {
		return err
	}
	r := Reply{Answer: answer, There: true}
	if answer == Room {
		r.OfGroup = ofGroup
		r.Message = text.PlainName(text.Plain(in.Doc.String("participationMessage")), maxLine)
		if in.Doc.Is("Join") {
			r.JoinUri = in.Doc.ID()
		}
		if !m.HasRoom() {
			r.Answer = Remote
		}
	}
	old, err := seatOf(ctx, tx, p.ID, who{account: in.Actor.ID})
	if err != nil {
		return err
	}
	if old == nil && answer == No {
		if i, err := invitation(ctx, tx, p.ID, in.Actor.ID); err != nil || i == nil {
			return err
		}
	}
	seat, err := s.answer(ctx, tx, p.ID, who{account: in.Actor.ID}, r)
	if apperr.Is(err, apperr.KindInvalid) {
		if in.Doc.Is("Join") {
			return s.sendAnswer(ctx, tx, p, &Seat{AccountID: in.Actor.ID, JoinUri: in.Doc.ID(), OfGroup: ofGroup}, "Reject")
		}
		return nil
	} else if err != nil {
		return err
	}
	if in.Doc.Is("Join") && seat.State == In {
		if err := s.sendAnswer(ctx, tx, p, seat, "Accept"); err != nil {
			return err
		}
	}
	if old.registered() || old.coming() && old.There {
		return nil // and told
	}
	return s.tellInside(ctx, tx, p, m, seat)
}

// onUndo takes back a Join.
func (s *Service) onUndo(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	uri := ""
	if in.Object != nil {
		uri = in.Object.Object().ID()
	}
	if uri == "" {
		return nil
	}
	return s.answered(ctx, tx, in, No, uri)
}

// sendAnswer tells one person of another server whether they have a seat, and nobody else.
func (s *Service) sendAnswer(ctx context.Context, tx *db.Tx, p *post.Post, x *Seat, kind string) error {
	them, err := account.ByID(ctx, tx, x.AccountID)
	if err != nil {
		return err
	}
	if them.Local() {
		return nil
	}
	me, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil {
		return err
	}
	join := as.Activity{Type: "Join", ID: x.JoinUri, Actor: them.URI, Object: p.URI}
	if x.OfGroup {
		g, section, err := groupOf(ctx, tx, p.ID)
		if err != nil || g == nil {
			return err
		}
		me, join.Object = g, s.aliasOf(p.ID, g, section)
	}
	return s.send(ctx, tx, me, them, as.Activity{Type: kind, Object: join})
}

// send addresses an activity of one of ours to one person of another server.
func (s *Service) send(ctx context.Context, tx *db.Tx, me, them *account.Account, a as.Activity) error {
	if a.ID == "" {
		a.ID = s.Accounts.Base + "/activities/" + ids.Key()
	}
	a.Actor, a.To = me.URI, []string{them.URI}
	if inner, ok := a.Object.(as.Activity); ok {
		body, err := inner.Build()
		if err != nil {
			return err
		}
		a.Object = json.RawMessage(body)
	}
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, me.ID, outbox.Opts{}, []string{them.BestInbox()})
}

// answerThere tells the server of a meeting what one of ours answers. It decides.
func (s *Service) answerThere(ctx context.Context, v *auth.Viewer, p *post.Post, r Reply) (*Seat, error) {
	var out *Seat
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := hold(ctx, tx, p.ID); err != nil {
			return err
		}
		m, err := one(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		me, err := account.ByID(ctx, tx, v.AccountID)
		if err != nil {
			return err
		}
		if !me.Reachable {
			return apperr.Invalid("follow.needs_address")
		}
		them, err := account.ByID(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		old, err := seatOf(ctx, tx, p.ID, who{account: me.ID})
		if err != nil {
			return err
		}
		coming := old != nil && (old.Answer == Room || old.Answer == Remote) && old.State != Refused
		wants := r.Answer == Room || r.Answer == Remote
		if out = old; coming == wants && old != nil && (wants || old.Answer == r.Answer) {
			if wants && old.State == Asked { // they may not have heard
				return s.send(ctx, tx, me, them, as.Activity{Type: "Join", ID: old.JoinUri, Object: p.URI})
			}
			return nil // they know
		}
		next := Seat{ID: s.IDs.New(), PostID: p.ID, AccountID: me.ID, CreatedAt: now()}
		if old != nil {
			next = *old
		}
		if next.Answer, next.State = r.Answer, In; wants {
			next.State, next.JoinUri = Asked, s.Accounts.Base+"/activities/"+ids.Key()
			if m.NoJoin {
				return apperr.Invalid("event.not_by_join")
			}
			if err := m.takes(&Seat{Answer: Maybe}); err != nil {
				return err
			}
		}
		out = &next
		if err := saveSeat(ctx, tx, &next); err != nil {
			return err
		}
		if err := s.answerInvite(ctx, tx, p, me, r.Answer); err != nil {
			return err
		}
		if wants {
			return s.send(ctx, tx, me, them, as.Activity{Type: "Join", ID: next.JoinUri, Object: p.URI})
		}
		if !coming && (old == nil || old.Answer != Maybe) {
			return nil
		}
		return s.send(ctx, tx, me, them, as.Activity{Type: "Leave", Object: p.URI})
	})
	return out, err
}

// onVerdict takes what the server of a meeting says of the Join of one of ours.
func (s *Service) onVerdict(state string) func(context.Context, *db.Tx, *route.Inbound) error {
	return func(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
		return s.verdict(ctx, tx, in, objectOf(in), state)
	}
}

// verdict settles the Join of one of ours. Only a server that the meeting is of
// may: a group's moderator answers for its organiser.
func (s *Service) verdict(ctx context.Context, tx *db.Tx, in *route.Inbound, uri, state string) error {
	if uri == "" {
		return nil
	}
	x, err := db.Get[Seat](ctx, tx, `select `+seatColumns+` from meeting_seat s where s.join_uri = $1`, uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	p, err := post.Raw(ctx, tx, x.PostID)
	if err != nil || p.Local || !as.SameOrigin(p.URI, in.Actor.URI) || x.Answer == No || x.State == state {
		return err
	}
	x.State = state
	if err := saveSeat(ctx, tx, &x); err != nil {
		return err
	}
	kind := noticeIn
	if state == Refused {
		kind = noticeOut
	}
	return s.noticeAgain(ctx, tx, x.AccountID, kind, p)
}

// onBare takes an Accept or Reject that names something only by its id: a Join
// of one of ours, or a meeting of ours.
func (s *Service) onBare(state, answer string) func(context.Context, *db.Tx, *route.Inbound) error {
	return func(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
		if err := s.verdict(ctx, tx, in, in.ObjectURI, state); err != nil {
			return err
		}
		return s.answered(ctx, tx, in, answer, in.ObjectURI)
	}
}
