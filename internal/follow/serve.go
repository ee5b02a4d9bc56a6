package follow

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
)

// Objects are the collections of who follows whom. They say that they exist and
// nothing more: who stands by whom, and how many do, is nobody's business.
//
// Spec: AP 5.3, 5.4; Spec: P3
func (s *Service) Objects() []route.Object {
	return []route.Object{
		{Pattern: "/users/{key}/followers", Serve: s.closed(func(a *account.Account) string { return a.Followers })},
		{Pattern: "/users/{key}/following", Serve: s.closed(func(a *account.Account) string { return a.Following })},
		{Pattern: "/users/{key}/followers_synchronization", Serve: s.serveSync},
	}
}

func (s *Service) closed(id func(*account.Account) string) func(context.Context, route.ObjectRequest) ([]byte, error) {
	return func(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
		from := ""
		if r.Signer != nil {
			from = r.Signer.Host
		}
		a, err := s.Accounts.ServedTo(ctx, s.DB.Read(), r.Vars["key"], from)
		if err != nil {
			return nil, err
		}
		if of := r.Query["is_follower"]; len(of) == 1 {
			if err := s.vouches(ctx, a, of[0], r.Signer); err != nil {
				return nil, err
			}
		}
		return as.Collection{ID: id(a), AttributedTo: a.URI}.Build()
	}
}

// vouches is no error where a server that asks may know that another one has a
// follower of a closed group of ours.
//
// Spec: Lemmy private communities
func (s *Service) vouches(ctx context.Context, a *account.Account, of string, asker *route.Actor) error {
	if s.Vouches != nil {
		if yes, err := s.Vouches(ctx, s.DB.Read(), a, of, asker); err != nil || yes {
			return err
		}
	}
	return apperr.NotFound("account.not_found")
}
