package timeline

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

// Notice is a notification with whom and what it names.
type Notice struct {
	notify.Notification
	From *account.Account
	Post *post.View // nil when it is about no post
}

// Notices loads what showing notifications needs, in a fixed number of queries.
// Those about what v may no longer read, or from who is gone, are left out.
func (s *Service) Notices(ctx context.Context, v *auth.Viewer, rows []notify.Notification) ([]Notice, error) {
	var people, posts []int64
	for _, n := range rows {
		people = append(people, n.FromID)
		if n.PostID != 0 {
			posts = append(posts, n.PostID)
		}
	}
	from, err := account.ByIDs(ctx, s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Many(ctx, v, unique(posts))
	if err != nil {
		return nil, err
	}
	about := make(map[int64]*post.View, len(views))
	for _, w := range views {
		about[w.ID] = w
	}
	out := make([]Notice, 0, len(rows))
	for _, n := range rows {
		notice := Notice{n, from[n.FromID], about[n.PostID]}
		if notice.From == nil || notice.From.Gone() || n.PostID != 0 && notice.Post == nil {
			continue
		}
		out = append(out, notice)
	}
	return out, nil
}

func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// groupKey is the key of a notification that stands alone.
func groupKey(id int64) string { return ungrouped + masto.ID(id) }

const ungrouped = "ungrouped-"

// Entity is a notification as client apps show it to v.
//
// Spec: Mastodon entities/Notification
func (s *Service) Entity(v *auth.Viewer, n Notice) masto.Notification {
	e := masto.Notification{
		ID: masto.ID(n.ID), Type: n.Kind, CreatedAt: masto.At(n.CreatedAt), GroupKey: groupKey(n.ID),
		Account: s.Posts.Accounts.Entity(n.From),
	}
	if n.Post != nil {
		e.Status = masto.Ptr(s.Posts.Entity(v, n.Post))
	}
	return e
}

// Grouped puts notifications into the form of the second version, each a group
// of its own: that keeps the order of time, and a group is never more than an
// app has asked for.
//
// Spec: Mastodon grouped_notifications
func (s *Service) Grouped(v *auth.Viewer, list []Notice) masto.GroupedNotifications {
	var out masto.GroupedNotifications
	people, posts := map[int64]bool{}, map[int64]bool{}
	for _, n := range list {
		g := masto.NotificationGroup{
			GroupKey: groupKey(n.ID), NotificationsCount: 1, Type: n.Kind, MostRecentNotificationID: n.ID,
			PageMinID: masto.Ptr(masto.ID(n.ID)), PageMaxID: masto.Ptr(masto.ID(n.ID)), LatestPageNotificationAt: masto.At(n.CreatedAt),
			SampleAccountIDs: masto.Array[string]{masto.ID(n.FromID)},
		}
		if !people[n.FromID] {
			people[n.FromID] = true
			out.Accounts = append(out.Accounts, s.Posts.Accounts.Entity(n.From))
		}
		if n.Post != nil {
			g.StatusID = masto.IDOrNil(n.PostID)
			if !posts[n.PostID] {
				posts[n.PostID] = true
				out.Statuses = append(out.Statuses, s.Posts.Entity(v, n.Post))
			}
		}
		out.NotificationGroups = append(out.NotificationGroups, g)
	}
	return out
}
