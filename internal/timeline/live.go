package timeline

import (
	"context"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
)

// ConversationEntity is a thread of direct posts as client apps show it to v,
// apperr.KindNotFound when it does not concern v.
//
// Spec: Mastodon entities/Conversation
func (s *Service) ConversationEntity(ctx context.Context, v *auth.Viewer, threadID int64) (masto.Conversation, error) {
	c, err := s.Conversation(ctx, v, threadID)
	if err != nil {
		return masto.Conversation{}, err
	}
	return c.entity(s, v), nil
}
