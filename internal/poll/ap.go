package poll

import (
	"cmp"
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// Activities are what other servers may tell us about polls. What is told with
// the post itself arrives with the post.
func (s *Service) Activities() []route.Activity {
	return []route.Activity{{Type: "Create", Object: "Note", Handle: s.onVote}}
}

// votedIn finds the post of a vote, if who votes may: whoever reads it, and in a
// closed group its members, whom the group knows.
func (s *Service) votedIn(ctx context.Context, q db.Q, in *route.Inbound) (*post.Post, error) {
	uri := as.HTTPURL(in.Object.InReplyTo())
	p, err := post.RawByURI(ctx, q, uri)
	if err != nil || p.Audience != post.Group {
		return post.ByURI(ctx, q, post.Reader{AccountID: in.Actor.ID, Host: in.Actor.Host}, uri)
	}
	no := apperr.NotFound("post.not_found")
	if p.DeletedAt != 0 || s.Posts.Circles == nil {
		return nil, no
	}
	if yes, err := s.Posts.Circles.Votes(ctx, q, p.ScopeID, in.Actor, in.Via); err != nil || !yes {
		return nil, cmp.Or(err, error(no))
	}
	return p, nil
}

// onVote counts a vote in a poll of ours. Whoever may not read the poll, comes
// too late, votes twice or for nothing there is, changes nothing and is told nothing.
//
// Spec: FEP-9967
func (s *Service) onVote(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil || !post.IsVote(in.Object) || in.Object.AttributedTo() != in.Actor.URI {
		return nil
	}
	p, err := s.votedIn(ctx, tx, in)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if !p.Local || !p.Audience.Leaves() || p.AccountID == in.Actor.ID {
		return nil
	}
	if err := hold(ctx, tx, p.ID); err != nil {
		return err
	}
	have, err := one(ctx, tx, in.Actor.ID, p.ID)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	choice := -1
	said := text.PlainName(in.Object.Name(), 4*MaxTitle)
	for _, o := range have.Options {
		if o.Title == said {
			choice = o.Position
		}
	}
	// What arrived in time counts, when it is read later too, until the end was told.
	if choice < 0 || have.EndedAt != 0 || have.closedAt(in.ReceivedAt.UnixMilli()) || have.Voted && !have.Multiple {
		return nil
	}
	if _, err := addVoter(ctx, tx, p.ID, in.Actor.ID); err != nil {
		return err
	}
	added, err := addVote(ctx, tx, p.ID, in.Actor.ID, choice)
	if err != nil || !added {
		return err
	}
	return s.tellSoon(ctx, tx, p)
}
