package timeline

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// The timelines that have a marker.
const (
	MarkHome          = "home"
	MarkNotifications = "notifications"
)

// Marker is how far somebody has read in a timeline. The version counts the changes.
type Marker struct {
	Timeline  string
	LastRead  int64
	Version   int
	UpdatedAt int64
}

// Markers gives the markers of an account by timeline. What was read of the
// notifications on our pages counts too.
//
// Spec: Mastodon markers
func (s *Service) Markers(ctx context.Context, accountID int64) (map[string]Marker, error) {
	rows, err := db.All[Marker](ctx, s.DB.Read(), `select timeline, last_read, version, updated_at from marker where account_id = $1`, accountID)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Marker, len(rows)+1)
	for _, m := range rows {
		out[m.Timeline] = m
	}
	read, err := s.Posts.Notify.ReadUpTo(ctx, accountID)
	if err != nil {
		return nil, err
	}
	if m := out[MarkNotifications]; read > m.LastRead {
		m.Timeline, m.LastRead = MarkNotifications, read
		if m.UpdatedAt == 0 {
			m.UpdatedAt = time.Now().UnixMilli()
		}
		out[MarkNotifications] = m
	}
	return out, nil
}

// Mark sets markers. An app that has read less than another one moves a marker
// back; what counts as read on our pages only moves forward.
func (s *Service) Mark(ctx context.Context, accountID int64, to map[string]int64) error {
	for name := range to {
		if name != MarkHome && name != MarkNotifications {
			return apperr.Invalid("timeline.bad_marker").Field("timeline", "timeline.bad_marker")
		}
	}
	if len(to) == 0 {
		return nil
	}
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for name, id := range to {
			if _, err := tx.Exec(ctx, `insert into marker (account_id, timeline, last_read, version, updated_at) values ($1, $2, $3, 1, $4)
				on conflict (account_id, timeline) do update set last_read = excluded.last_read, version = marker.version + 1,
				updated_at = excluded.updated_at`, accountID, name, id, time.Now().UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if id := to[MarkNotifications]; err == nil && id > 0 {
		err = s.Posts.Notify.MarkRead(ctx, accountID, id)
	}
	return err
}
