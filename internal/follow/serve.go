package follow

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
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
		a, err := s.Accounts.Served(ctx, s.DB.Read(), r.Vars["key"])
		if err != nil {
			return nil, err
		}
		return as.Collection{ID: id(a), AttributedTo: a.URI}.Build()
	}
}
