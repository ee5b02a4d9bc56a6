package account

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
)

// KnownTo reports whether another server may know of one of our actors: of those
// who agreed to be reached all may, of our other members the movement, of closed
// groups those who have to do with them.
func (s *Service) KnownTo(ctx context.Context, q db.Q, a *Account, host string) (bool, error) {
	if !a.Local() || a.Gone() {
		return false, nil
	}
	if a.Reachable && !a.Hidden {
		return true, nil
	}
	if s.Circle != nil && host != "" {
		if yes, err := s.Circle(ctx, q, a, host); yes || err != nil {
			return yes, err
		}
	}
	if s.Affiliate == nil || host == "" || a.Hidden || a.Kind != Person {
		return false, nil
	}
	if yes, err := s.Affiliate(ctx, q, host); err != nil || !yes {
		return false, err
	}
	members, err := auth.MembersAmong(ctx, q, []int64{a.ID})
	return members[a.ID], err
}

// ServedTo is Served for who signed: an actor of host, "" for a stranger.
func (s *Service) ServedTo(ctx context.Context, q db.Q, key, host string) (*Account, error) {
	a, err := s.Served(ctx, q, key)
	if !apperr.Is(err, apperr.KindNotFound) || host == "" {
		return a, err
	}
	private, perr := ByURI(ctx, q, s.Base+"/users/"+key)
	if perr != nil {
		return nil, err
	}
	if yes, kerr := s.KnownTo(ctx, q, private, host); kerr != nil || !yes {
		return nil, err
	}
	return private, nil
}

// ReachableBy implements the engine's question for WebFinger.
func (s *Service) ReachableBy(ctx context.Context, actorID int64, host string) (bool, error) {
	a, err := ByID(ctx, s.DB.Read(), actorID)
	if err != nil {
		return false, err
	}
	return s.KnownTo(ctx, s.DB.Read(), a, host)
}
