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
	if err != nil {
		return ignoreMissing(err)
	}
	if !slices.Contains(addresses(in.Doc), g.Account.URI) {
		return nil
	}
	if known, err := s.mayAnswer(ctx, tx, g, in.Actor); err != nil || !known {
		return err
	}
	o := as.Activity{Type: in.Doc.Type(), ID: in.Doc.ID(), Actor: in.Actor.URI, Object: cmp.Or(in.Doc.Object().ID(), g.Account.URI)}
	return s.sayNo(ctx, tx, g, in.Actor.ID, o, s.wordsOf(ctx, tx, g, e.Key, e.Args...))
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

// sayNo sends the Reject of an act, once.
func (s *Service) sayNo(ctx context.Context, tx *db.Tx, g *Group, to int64, act as.Activity, reason string) error {
	n, err := db.Exec(ctx, tx, `insert into group_passed (group_id, uri, at) values ($1, $2, $3) on conflict do nothing`, g.AccountID, act.ID+"#refused", now())
	if err != nil || n == 0 {
		return err
	}
	who, err := account.ByID(ctx, tx, to)
	if err != nil || who.Local() || who.Inbox == "" {
		return ignoreMissing(err)
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
