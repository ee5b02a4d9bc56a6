package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
)

// An open meeting, or one for the movement, stands in the agenda of every server of the movement, whoever
// follows whom there: somebody who looks for what is near them, or for what another
// section does, finds all of it.

// toMovement has such meetings go to all servers of the movement.
func (s *Service) toMovement(ctx context.Context, q db.Q, p *post.Post) ([]string, error) {
	if p.Kind != Kind || !open(p) && p.Audience != post.Movement || s.Movement == nil {
		return nil, nil
	}
	return s.Movement.Inboxes(ctx, q)
}

// concerns has an open meeting of a server of the movement concern us.
func (s *Service) concerns(ctx context.Context, q db.Q, d *as.Doc) (bool, error) {
	if !d.Is("Event") || !as.HasPublic(append(d.To(), d.Cc()...)) {
		return false, nil
	}
	return post.Affiliated(ctx, q, as.Host(d.AttributedTo()), time.Now())
}
