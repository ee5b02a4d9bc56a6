package follow

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/relation"
)

// Activities are what other servers may tell us about follows.
//
// Spec: AP 7.5, 7.6, 7.7, 7.10
func (s *Service) Activities() []route.Activity {
	var out []route.Activity
	for _, object := range []string{"Follow", ""} {
		out = append(out,
			route.Activity{Type: "Accept", Object: object, Handle: s.onAccept},
			route.Activity{Type: "Reject", Object: object, Handle: s.onReject},
			route.Activity{Type: "Undo", Object: object, Handle: s.onUndo})
	}
	return append(out,
		route.Activity{Type: "Follow", Object: "*", Handle: s.onFollow},
		route.Activity{Type: "Move", Object: "*", Prepare: s.prepareMove, Handle: s.onMove})
}

// onFollow answers a request at once, or leaves it to the person. A repeated
// Follow is answered again: the first answer may have been lost.
func (s *Service) onFollow(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	target, err := account.ByURI(ctx, tx, in.ObjectURI)
	if err != nil {
		return err
	}
	// The same answer as for somebody who does not exist.
	if !target.Local() || target.Gone() {
		return apperr.NotFound("account.not_found")
	}
	if !target.Reachable { // known to the movement alone
		if known, err := s.Accounts.KnownTo(ctx, tx, target, in.Actor.Host); err != nil {
			return err
		} else if !known {
			return apperr.NotFound("account.not_found")
		}
	}
	follower, err := account.ByID(ctx, tx, in.Actor.ID)
	if err != nil {
		return err
	}
	if no, err := relation.Refuses(ctx, tx, target.ID, follower.ID); err != nil {
		return err
	} else if no {
		return s.sendAnswer(ctx, tx, target, follower, in.Doc.ID(), false)
	}
	f, err := find(ctx, tx, follower.ID, target.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		taken, aerr := s.admits(ctx, tx, target, follower)
		if apperr.Is(aerr, apperr.KindForbidden) {
			return s.sendAnswer(ctx, tx, target, follower, in.Doc.ID(), false)
		} else if aerr != nil {
			return aerr
		}
		f = &Follow{
			AccountID: follower.ID, TargetID: target.ID, ID: s.IDs.New(), URI: in.Doc.ID(),
			Accepted: taken, Boosts: true, CreatedAt: time.Now().UnixMilli(),
		}
		err = s.insert(ctx, tx, f)
	} else if err == nil && f.URI != in.Doc.ID() {
		_, err = tx.Exec(ctx, `update follow set uri = $1 where id = $2`, in.Doc.ID(), f.ID)
	}
	if err != nil || !f.Accepted {
		return err
	}
	// One answer on its way is enough: who asks without end does not fill the queue.
	if waits, err := outbox.Waiting(ctx, tx, target.ID, follower.Inbox, "Accept"); err != nil || waits {
		return err
	}
	if len(in.Doc.Bytes) > maxEcho {
		return s.sendAnswer(ctx, tx, target, follower, in.Doc.ID(), true)
	}
	return s.sendAnswerTo(ctx, tx, target, follower, in.Doc.Bytes, true)
}

// maxEcho is the size of a Follow, in bytes, from which on it is not sent back whole.
const maxEcho = 8 << 10

// mine finds the follow that an Accept or Reject answers: one that we sent to
// this very actor. Some servers name it by its id, some embed it, some change
// the id; in the last case who follows whom says it.
func (s *Service) mine(ctx context.Context, tx *db.Tx, in *route.Inbound) (*Follow, error) {
	f, err := byURI(ctx, tx, in.ObjectURI)
	if apperr.Is(err, apperr.KindNotFound) {
		if inner := in.Doc.Object().Doc(); inner != nil && inner.Is("Follow") && inner.Object().ID() == in.Actor.URI {
			me, merr := account.ByURI(ctx, tx, inner.Actor())
			if merr != nil {
				return nil, merr
			}
			f, err = find(ctx, tx, me.ID, in.Actor.ID)
		}
	}
	if err != nil {
		return nil, err
	}
	if f.TargetID != in.Actor.ID {
		return nil, apperr.Forbidden("federation.not_owner")
	}
	return f, nil
}

func (s *Service) onAccept(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	f, err := s.mine(ctx, tx, in)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return s.accept(ctx, tx, f)
}

func (s *Service) onReject(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	f, err := s.mine(ctx, tx, in)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return s.remove(ctx, tx, f)
}

// onUndo ends a follow of one of ours.
func (s *Service) onUndo(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	var f *Follow
	var err error
	if inner := in.Doc.Object().Doc(); inner != nil {
		if !route.Own(inner, in.Actor) {
			return apperr.Forbidden("federation.not_owner")
		}
		target, terr := account.ByURI(ctx, tx, inner.Object().ID())
		if apperr.Is(terr, apperr.KindNotFound) {
			return nil
		} else if terr != nil {
			return terr
		}
		f, err = find(ctx, tx, in.Actor.ID, target.ID)
	} else {
		f, err = byURI(ctx, tx, in.ObjectURI)
	}
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if f.AccountID != in.Actor.ID {
		return apperr.Forbidden("federation.not_owner")
	}
	return s.remove(ctx, tx, f)
}
