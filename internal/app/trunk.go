package app

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/federation/route"
)

// trunk is what the civic leaves build on: nothing when there is no instance
// behind a, but only the list of features is wanted.
func (a *App) trunk() civic.Trunk {
	if a.DB == nil {
		return civic.Trunk{}
	}
	return civic.Trunk{
		Config: a.Config, DB: a.DB, IDs: a.Accounts.IDs, Log: a.log, Accounts: a.Accounts, Notify: a.Notify, Follows: a.Follows, Posts: a.Posts,
		Groups: a.Groups, Timeline: a.Timeline, Instance: a.Instance, Mail: a.Mail, Visitors: a.Visitors, Movement: a.Movement, Organes: a.Organes, Media: a.Media, Files: a.Media.Files, Fetch: later{a},
	}
}

// later is the engine of an instance that is still being built.
type later struct{ a *App }

func (l later) Resolve(ctx context.Context, uri string) (*route.Actor, error) {
	return l.a.Engine.Resolve(ctx, uri)
}

func (l later) ResolveHandle(ctx context.Context, name, host string) (*route.Actor, error) {
	return l.a.Engine.ResolveHandle(ctx, name, host)
}

// says is what the server of a handle says of it.
func (l later) says(ctx context.Context, handle string) (*discovery.JRD, error) {
	return l.a.Engine.Says(ctx, handle)
}

func (l later) Fetch(ctx context.Context, uri string) (*as.Doc, error) {
	return l.a.Engine.Fetch(ctx, uri)
}
