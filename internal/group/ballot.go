package group

import (
	"context"
	"encoding/json"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// A vote in a closed group goes to the group's server with the voter's proof, and
// from there to the author of the poll alone: that server knows who is a member,
// and the author's does not.

// Ballot implements post.Circles.
//
// Spec: FEP-9967; Spec: FEP-8b32
func (s *Service) Ballot(ctx context.Context, tx *db.Tx, p *post.Post, voter *account.Account, a as.Activity) error {
	g, err := account.ByID(ctx, tx, p.ScopeID)
	if err != nil {
		return err
	}
	if !g.Local() {
		if yes, err := affiliated(ctx, tx, g.Host); err != nil {
			return err
		} else if !yes {
			return apperr.Forbidden("group.cut_off")
		}
	}
	a.Audience = g.URI
	body, err := a.Build()
	if err != nil {
		return err
	}
	if body, err = s.Accounts.Prove(ctx, tx, voter.ID, body); err != nil {
		return err
	}
	if g.Local() {
		return s.passBallot(ctx, tx, g, p, body)
	}
	return outbox.Enqueue(ctx, tx, body, voter.ID, outbox.Opts{Audience: string(post.Group)}, []string{g.Inbox})
}

// passBallot gives the author of a poll a vote.
func (s *Service) passBallot(ctx context.Context, tx *db.Tx, g *account.Account, p *post.Post, vote []byte) error {
	author, err := account.ByID(ctx, tx, p.AccountID)
	if err != nil || author.Gone() {
		return err
	}
	body, err := as.Activity{Type: "Announce", ID: s.activityID(), Actor: g.URI, Object: json.RawMessage(vote), To: []string{author.URI}, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, g.ID, outbox.Opts{Audience: string(post.Group)}, []string{author.Inbox})
}

// onBallot passes on the vote of a member in a poll of another member of a closed group of ours.
func (s *Service) onBallot(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil || !post.IsVote(in.Object) || in.Object.AttributedTo() != in.Actor.URI || in.Via != nil {
		return nil
	}
	p, err := post.RawByURI(ctx, tx, as.HTTPURL(in.Object.InReplyTo()))
	if err != nil || p.Local || p.Audience != post.Group || p.DeletedAt != 0 {
		return ignoreMissing(err)
	}
	row, err := placed(ctx, tx, p.ID)
	if err != nil || row == nil || row.State != Shown {
		return err
	}
	if yes, err := s.Votes(ctx, tx, p.ScopeID, in.Actor, nil); err != nil || !yes {
		return err
	}
	g, err := ByID(ctx, tx, p.ScopeID)
	if err != nil {
		return ignoreMissing(err)
	}
	if fresh, err := s.claim(ctx, tx, g, "Create", in.Doc.Bytes); err != nil || !fresh {
		return err
	}
	return s.passBallot(ctx, tx, g.Account, p, in.Doc.Bytes)
}

// Votes implements post.Circles: members vote, in a group of ours of servers that
// may have it now; in that of another server those whose votes it brings.
func (s *Service) Votes(ctx context.Context, q db.Q, scope int64, voter, via *route.Actor) (bool, error) {
	if via != nil {
		return via.ID == scope, nil
	}
	g, err := ByID(ctx, q, scope)
	if err != nil {
		return false, ignoreMissing(err)
	}
	if voter.Host != "" {
		if yes, err := mayHold(ctx, q, voter.Host); err != nil || !yes || g.Access != Movement {
			return false, err
		}
	}
	m, err := membership(ctx, q, g.AccountID, voter.ID)
	return m.In(), err
}
