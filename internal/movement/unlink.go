package movement

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
)

// Refuse says no to a child that asked, with a reason that its administrators
// read. Errors: KindNotFound, KindInvalid with "reason".
func (s *Service) Refuse(ctx context.Context, by int64, child, reason string) error {
	reason = text.Clean(reason, maxReason)
	if reason == "" {
		return apperr.Invalid("movement.no_reason").Field("reason", "movement.no_reason")
	}
	return s.withChild(ctx, child, []string{Asked}, func(ctx context.Context, tx *db.Tx, l *Link) error {
		l.State, l.Reason, l.DecidedAt, l.ByID = Refused, reason, s.now().UnixMilli(), by
		if err := saveLink(ctx, tx, l); err != nil {
			return err
		}
		a := as.Activity{Type: "Reject", ID: s.Accounts.Base + "/movement/answers/" + ids.Key(), Object: l.OfferURI, To: []string{l.URI}, Content: reason}
		if len(l.Offer) > 0 {
			a.Object = json.RawMessage(l.Offer)
		}
		if err := s.tell(ctx, tx, a, l.URI); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actRefuse, "", reason)
	})
}

// Unlink ends the affiliation of a child. It keeps all that is its own.
// Errors: KindNotFound, KindInvalid with "reason".
func (s *Service) Unlink(ctx context.Context, by int64, child, reason string) error {
	reason = text.Clean(reason, maxReason)
	if reason == "" {
		return apperr.Invalid("movement.no_reason").Field("reason", "movement.no_reason")
	}
	return s.withChild(ctx, child, []string{Joined}, func(ctx context.Context, tx *db.Tx, l *Link) error {
		l.Reason, l.ByID = reason, by
		if err := s.part(ctx, tx, l, Unlinked); err != nil {
			return err
		}
		app, err := s.App(ctx)
		if err != nil {
			return err
		}
		a := as.Activity{Type: "Remove", ID: s.Accounts.Base + "/movement/answers/" + ids.Key(), Object: l.URI, Target: childrenURI(app.URI), To: []string{l.URI}, Content: reason}
		if err := s.tell(ctx, tx, a, l.URI); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actUnlink, "", reason)
	})
}

// part ends the affiliation of a child: its certificate is revoked, and the
// movement is told.
func (s *Service) part(ctx context.Context, tx *db.Tx, l *Link, state string) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	if l.CertID != "" {
		if err := revoke(ctx, tx, app.URI, l.CertID, s.now()); err != nil {
			return err
		}
	}
	l.State, l.DecidedAt = state, s.now().UnixMilli()
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	if err := s.pushRevocations(ctx, tx); err != nil { // also to those below the child, who are about to be forgotten
		return err
	}
	return s.settle(ctx, tx)
}

// withChild runs an act on a child in one of some states.
func (s *Service) withChild(ctx context.Context, child string, states []string, do func(context.Context, *db.Tx, *Link) error) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := linkWith(ctx, tx, RoleChild, host.Normal(child))
		if err != nil {
			return err
		}
		if l == nil || !slices.Contains(states, l.State) {
			return apperr.NotFound("movement.no_child")
		}
		return do(ctx, tx, l)
	})
}

// Leave ends the affiliation with the parent, or takes the request back.
// Errors: KindNotFound.
func (s *Service) Leave(ctx context.Context, by int64) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := parentOf(ctx, tx)
		if err != nil {
			return err
		}
		if l == nil || l.State != Joined && l.State != Asked && l.State != NewRoot {
			return apperr.NotFound("movement.no_parent")
		}
		offer, err := s.offer(ctx, app, l)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, as.Activity{Type: "Undo", ID: l.OfferURI + "#undo", Object: offer, To: []string{l.URI}}, l.URI); err != nil {
			return err
		}
		if err := s.cut(ctx, tx, l, Left, ""); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actLeave, "", "")
	})
}

// cut forgets our own certificate: from now on there is no movement here.
func (s *Service) cut(ctx context.Context, tx *db.Tx, l *Link, state, reason string) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	if l.CertID != "" {
		if err := revoke(ctx, tx, l.URI, l.CertID, s.now()); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `delete from movement_cert where subject = $1 and issuer = $2`, app.URI, l.URI); err != nil {
		return err
	}
	l.State, l.Reason, l.DecidedAt = state, reason, s.now().UnixMilli()
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	return s.settle(ctx, tx)
}
