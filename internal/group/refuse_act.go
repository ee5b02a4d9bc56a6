package group

import (
	"cmp"
	"context"
	"html"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// refuseAct tells somebody on another server that a group of ours does not do what they sent
// it, and why, once: by a Reject, as for a post. What was not sent to the group is none of its business,
// and of a closed one only its members hear.
//
// Spec: FEP-1b12
func (s *Service) refuseAct(ctx context.Context, tx *db.Tx, in *route.Inbound, groupID int64, why error) error {
	e, ok := apperr.As(why)
	if !ok || e.Kind != apperr.KindForbidden && e.Kind != apperr.KindInvalid && e.Kind != apperr.KindNotFound {
		return why
	}
	if in.Inside || in.Hinted || in.Via != nil {
		return nil
	}
	g, err := ByID(ctx, tx, groupID)
	if ignoreMissing(err) != nil {
		return err
	}
	if err != nil || !slices.Contains(addresses(in.Doc), g.Account.URI) {
		// What is elsewhere is answered as what is not here at all: else whoever knows the address of a
		// post could ask whether this server has it, and so whether it has members of a closed group.
		if !tellsMissing(in.Doc) {
			return nil
		}
		id, err := namedGroup(ctx, tx, in.Doc)
		if err != nil || id == 0 {
			return err
		}
		if g, err = ByID(ctx, tx, id); err != nil {
			return ignoreMissing(err)
		}
		e = errMissing
	}
	if known, err := s.mayAnswer(ctx, tx, g, in.Actor); err != nil || !known {
		return err
	}
	o := as.Activity{Type: in.Doc.Type(), ID: in.Doc.ID(), Actor: in.Actor.URI, Object: cmp.Or(in.Doc.Object().ID(), g.Account.URI)}
	return s.sayNo(ctx, tx, g, in.Actor.ID, o, s.wordsOf(ctx, tx, g, e.Key, e.Args...))
}

var errMissing, _ = apperr.As(apperr.Invalid("group.ask_missing"))

// tellsMissing reports whether an act is answered when what it is about is not here: a Lock and a Move,
// as all others are said of other things too.
func tellsMissing(d *as.Doc) bool {
	if d.Is("Undo") {
		d = d.Object().Doc()
	}
	return d != nil && d.Is("Lock", "Move")
}

// mayAnswer reports whether an act of somebody on a group may be answered at all.
func (s *Service) mayAnswer(ctx context.Context, q db.Q, g *Group, who *route.Actor) (bool, error) {
	if !g.Closed() {
		return true, nil
	}
	m, err := membership(ctx, q, g.AccountID, who.ID)
	if err != nil || !m.In() {
		return false, err
	}
	return mayHold(ctx, q, who.Host)
}

// MaxRefusals is how many acts from one server are answered within an hour: who moderates needs to
// be told of a few, who sends one after the other is not to have us write and send without end.
const MaxRefusals = 30

// refusedKept is for how long it is known that an act was answered, longer than its inbox knows it.
const refusedKept = 31 * 24 * time.Hour

// sayNo sends the Reject of an act, once.
func (s *Service) sayNo(ctx context.Context, tx *db.Tx, g *Group, to int64, act as.Activity, reason string) error {
	who, err := account.ByID(ctx, tx, to)
	if err != nil || who.Local() || who.Inbox == "" {
		return ignoreMissing(err)
	}
	if _, err := tx.Exec(ctx, `delete from group_refusal where at < $1`, now()-refusedKept.Milliseconds()); err != nil {
		return err
	}
	told, err := db.Get[int](ctx, tx, `select count(*) from group_refusal where host = $1 and at > $2`, who.Host, now()-time.Hour.Milliseconds())
	if err != nil || told >= MaxRefusals {
		return err
	}
	n, err := db.Exec(ctx, tx, `insert into group_refusal (group_id, uri, host, at) values ($1, $2, $3, $4) on conflict do nothing`, g.AccountID, act.ID, who.Host, now())
	if err != nil || n == 0 {
		return err
	}
	body, err := as.Activity{Type: "Reject", ID: s.activityID(), Actor: g.Account.URI, Object: act, To: []string{who.URI}, Content: html.EscapeString(reason), Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	var o outbox.Opts
	if g.Closed() {
		o.Audience = string(post.Group)
	}
	return outbox.Enqueue(ctx, tx, body, g.AccountID, o, []string{who.Inbox})
}

// namedGroup is the group of ours to which an activity was sent, 0 for none.
func namedGroup(ctx context.Context, q db.Q, d *as.Doc) (int64, error) {
	a, err := addressed(ctx, q, d)
	if err != nil || a == nil || !a.Local() {
		return 0, err
	}
	return a.ID, nil
}

// endMove tells who asked from another server that a group of ours gives a thread to another one that it
// stays where it is.
func (s *Service) endMove(ctx context.Context, tx *db.Tx, g *Group, x *transfer, reason string) error {
	if x.Asked == "" {
		return nil
	}
	who, err := account.ByID(ctx, tx, x.ByID)
	if err != nil {
		return ignoreMissing(err)
	}
	p, err := post.Raw(ctx, tx, x.ThreadID)
	if err != nil {
		return ignoreMissing(err)
	}
	return s.sayNo(ctx, tx, g, who.ID, as.Activity{Type: "Move", ID: x.Asked, Actor: who.URI, Object: p.URI}, reason)
}
