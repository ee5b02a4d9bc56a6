package account

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// Activities are what other servers may tell us about their actors.
//
// Spec: AP 7.3, 7.4
func (s *Service) Activities() []route.Activity {
	var out []route.Activity
	for _, t := range []string{Person, Group, Organization, Robot, Application} {
		out = append(out, route.Activity{Type: "Update", Object: t, Handle: s.onUpdate})
	}
	return append(out, route.Activity{Type: "Delete", Object: "*", Handle: s.onDelete})
}

// onUpdate refreshes an actor from what it says of itself under its own signature.
func (s *Service) onUpdate(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil || in.Object.ID() != in.Actor.URI {
		return apperr.Forbidden("federation.not_owner")
	}
	_, err := s.StoreActor(ctx, tx, in.Object, in.Actor.Host)
	return err
}

func (s *Service) onDelete(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.ObjectURI != in.Actor.URI {
		return nil // not about an account
	}
	return s.Forget(ctx, tx, in.Actor.URI)
}
