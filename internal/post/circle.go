package post

import (
	"context"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// Circles are the groups that only their members read; the group slice knows them.
// A scope is the account of such a group, ours or another server's.
type Circles interface {
	// Leaves reports whether posts for a scope go to other servers at all.
	Leaves(ctx context.Context, q db.Q, scope int64) (bool, error)
	// Scope finds the group that a received document is for. named says that it is for
	// one; scope is 0 when it may not be in it: its author is no member, or it did not
	// come by the group. via is who announced it to members alone, nil for nobody.
	Scope(ctx context.Context, q db.Q, d *as.Doc, author, via *route.Actor) (scope int64, named bool, err error)
	// Send brings an activity about a post of ours to those who may read the post.
	Send(ctx context.Context, tx *db.Tx, p *Post, a as.Activity) error
	// Ballot brings the vote of one of ours in a poll of a closed group, of another server's
	// author, to that author by the group's server.
	Ballot(ctx context.Context, tx *db.Tx, p *Post, voter *account.Account, a as.Activity) error
	// Votes reports whether somebody may vote in a poll for a scope: via is the group that brings the vote.
	Votes(ctx context.Context, q db.Q, scope int64, voter, via *route.Actor) (bool, error)
	// Current reports whether a post of ours may still be sent to an inbox.
	Current(ctx context.Context, q db.Q, p *Post, inbox string) (bool, error)
	// Vouched asks the server of a group, if need be, whether an actor of another server
	// may read what is for its members.
	Vouched(ctx context.Context, scope int64, asker *route.Actor) (bool, error)
}

// scoped reads whether a received post is for a closed group: then for it alone.
func (s *Service) scoped(ctx context.Context, q db.Q, p *Post, d *as.Doc, author, via *route.Actor) error {
	if p.Audience == Public || s.Circles == nil {
		return nil
	}
	scope, named, err := s.Circles.Scope(ctx, q, d, author, via)
	if err != nil || !named {
		return err
	}
	if scope == 0 {
		return errIgnored
	}
	p.Audience, p.Listed, p.ScopeID = Group, true, scope
	return nil
}

// withinGroup leaves, of those whom a post for a group names, who reads it.
func withinGroup(ctx context.Context, q db.Q, scope int64, people []int64) ([]int64, error) {
	if len(people) == 0 {
		return nil, nil
	}
	frag, args := db.In(2, people)
	return db.All[int64](ctx, q, `select account_id from audience_account where scope_id = $1 and account_id in `+frag, append([]any{scope}, args...)...)
}

// joins judges a received answer to what is for a group: it must be for the group
// as well, or for the people it names.
func joins(p, parent *Post) bool {
	return parent.Audience != Group || p.Audience == Group && p.ScopeID == parent.ScopeID || p.Audience == Direct
}

// vouched is served, also for who may read a post of ours in a closed group of
// another server, if that server says so. It may ask the network.
func (s *Service) vouched(ctx context.Context, r route.ObjectRequest, uri string) (*Post, error) {
	q := s.DB.Read()
	p, err := s.served(ctx, q, r, uri)
	if !apperr.Is(err, apperr.KindNotFound) || r.Signer == nil || s.Circles == nil {
		return p, err
	}
	p, perr := one(ctx, q, `p.uri = $1 and p.local and p.audience = 'group' and p.deleted_at = 0 and p.boost_of_id = 0`, uri)
	if perr != nil {
		return nil, err
	}
	author, aerr := account.ByID(ctx, q, p.AccountID)
	if aerr != nil || author.Gone() {
		return nil, err
	}
	if yes, verr := s.Circles.Vouched(ctx, p.ScopeID, r.Signer); verr != nil || !yes {
		return nil, err
	}
	return p, nil
}

// Served reports whether who signed a GET gets a post of ours, as the document of the
// post would be served: what belongs to the post follows. It may ask the network.
func (s *Service) Served(ctx context.Context, signer *route.Actor, uri string) (bool, error) {
	_, err := s.vouched(ctx, route.ObjectRequest{Signer: signer}, uri)
	if apperr.Is(err, apperr.KindNotFound) || apperr.Is(err, apperr.KindGone) {
		return false, nil
	}
	return err == nil, err
}

// notNaming leaves out groups that not everybody may know of, from what is not for them.
func notNaming(d Draft, people []mentioned) []mentioned {
	return slices.DeleteFunc(people, func(m mentioned) bool {
		return m.account.Kind == account.Group && !m.account.Public && (d.Audience != Group || d.ScopeID != m.account.ID)
	})
}
