package announcement

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/stream"
)

// Live renders what is told live about notices, by the kind of the event.
//
// Spec: Mastodon streaming#events
func (s *Service) Live() map[string]func(ctx context.Context, v *auth.Viewer, e stream.Event) (any, error) {
	return map[string]func(ctx context.Context, v *auth.Viewer, e stream.Event) (any, error){
		stream.Announcement: s.liveNotice, stream.AnnouncementReaction: s.liveReaction, stream.AnnouncementDelete: liveGone,
	}
}

func (s *Service) liveNotice(ctx context.Context, v *auth.Viewer, e stream.Event) (any, error) {
	list, err := s.For(ctx, v.AccountID, true)
	for _, x := range list {
		if x.ID == e.ID {
			return s.Entity(x), nil
		}
	}
	return nil, err
}

// reaction is how often a notice has an emoji now.
type reaction struct {
	Name           string `json:"name"`
	Count          int    `json:"count"`
	AnnouncementID string `json:"announcement_id"`
}

func (s *Service) liveReaction(ctx context.Context, _ *auth.Viewer, e stream.Event) (any, error) {
	name := strings.TrimSpace(e.Note)
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from announcement_reaction where announcement_id = $1 and name = $2`, e.ID, name)
	if err != nil {
		return nil, err
	}
	return reaction{name, n, masto.ID(e.ID)}, nil
}

func liveGone(_ context.Context, _ *auth.Viewer, e stream.Event) (any, error) {
	return masto.ID(e.ID), nil
}

// told tells of a notice live, and of its end.
func told(tx *db.Tx, id int64, gone bool) error {
	kind := stream.Announcement
	if gone {
		kind = stream.AnnouncementDelete
	}
	return stream.Publish(tx, stream.Event{Kind: kind, ID: id})
}
