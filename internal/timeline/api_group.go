package timeline

import (
	"slices"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
)

// samples is how many people of a group of notifications are shown with it.
const samples = 8

// maxGroup bounds what is shown of one group.
const maxGroup = 200

// usualGroups are the kinds grouped for an app that does not say which.
var usualGroups = groupsOf(notify.Groupable)

func groupsOf(kinds []string) map[string]bool {
	out := map[string]bool{}
	for _, k := range kinds {
		if slices.Contains(notify.Groupable, k) {
			out[k] = true
		}
	}
	return out
}

// Spec: Mastodon grouped_notifications#get-grouped
func (s *Service) apiGroups(r *masto.Req) error {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	f, some, err := s.apiFilter(r)
	if err != nil {
		return err
	}
	grouped := usualGroups
	if r.Has("grouped_types") {
		grouped = groupsOf(r.Strings("grouped_types"))
	}
	var groups []*notify.Group
	more := false
	if some {
		if groups, more, err = s.Posts.Notify.Groups(r.Context(), r.Viewer.AccountID, p, f, grouped); err != nil {
			return err
		}
	}
	if len(groups) > 0 {
		newest, oldest := groups[0].Page[0].ID, groups[0].Page[0].ID
		for _, g := range groups {
			oldest = min(oldest, g.Page[len(g.Page)-1].ID)
		}
		if !more {
			oldest = 0
		}
		r.Link(oldest, newest)
	}
	return s.apiAnswerGroups(r, groups)
}

// apiAnswerGroups shows groups with the people and posts that they name, each
// once, in a fixed number of queries. People beyond the first of a group may be
// asked for as pictures only.
func (s *Service) apiAnswerGroups(r *masto.Req, groups []*notify.Group) error {
	var rows []notify.Notification
	for _, g := range groups {
		rows = append(rows, g.Page[:min(len(g.Page), samples)]...)
	}
	list, err := s.Notices(r.Context(), r.Viewer, rows)
	if err != nil {
		return err
	}
	known := make(map[int64]Notice, len(list))
	for _, n := range list {
		known[n.ID] = n
	}
	return r.OK(s.grouped(r.Viewer, groups, known, r.String("expand_accounts") == "partial_avatars"))
}

func (s *Service) grouped(v *auth.Viewer, groups []*notify.Group, known map[int64]Notice, partial bool) masto.GroupedNotifications {
	var out masto.GroupedNotifications
	people, posts := map[string]bool{}, map[int64]bool{}
	var others []*account.Account
	for _, g := range groups {
		var shown []Notice
		for _, n := range g.Page[:min(len(g.Page), samples)] {
			if w, ok := known[n.ID]; ok {
				shown = append(shown, w)
			}
		}
		if len(shown) == 0 {
			continue // about what cannot be read any more
		}
		first, last := g.Page[0], g.Page[len(g.Page)-1]
		e := masto.NotificationGroup{
			GroupKey: g.Key, NotificationsCount: g.Count, Type: s.AppKind(first.Kind), MostRecentNotificationID: first.ID,
			PageMinID: masto.Ptr(masto.ID(last.ID)), PageMaxID: masto.Ptr(masto.ID(first.ID)), LatestPageNotificationAt: masto.At(first.CreatedAt),
			Report: shown[0].Report, Warning: shown[0].Warning,
		}
		for i, n := range shown {
			id := n.by()
			e.SampleAccountIDs = append(e.SampleAccountIDs, id)
			if i == 0 || !partial {
				if !people[id] {
					people[id] = true
					out.Accounts = append(out.Accounts, s.who(n))
				}
			} else {
				others = append(others, n.From)
			}
		}
		if w := shown[0].Post; w != nil {
			e.StatusID = masto.IDOrNil(w.ID)
			if !posts[w.ID] {
				posts[w.ID] = true
				out.Statuses = append(out.Statuses, s.Posts.Entity(v, w))
			}
		}
		out.NotificationGroups = append(out.NotificationGroups, e)
	}
	if partial {
		out.PartialAccounts = &masto.Array[masto.PartialAccount]{}
		for _, a := range others {
			if !people[masto.ID(a.ID)] {
				people[masto.ID(a.ID)] = true
				e := s.Posts.Accounts.Entity(a)
				*out.PartialAccounts = append(*out.PartialAccounts, masto.PartialAccount{ID: e.ID, Acct: e.Acct, URL: e.URL, Avatar: e.Avatar,
					AvatarStatic: e.AvatarStatic, Locked: e.Locked, Bot: e.Bot})
			}
		}
	}
	return out
}

// apiKeyed finds the group of the path.
func (s *Service) apiKeyed(r *masto.Req) (*notify.Group, error) {
	rows, err := s.Posts.Notify.ByKey(r.Context(), r.Viewer.AccountID, r.Var("key"), maxGroup)
	if err != nil {
		return nil, err
	}
	return &notify.Group{Key: r.Var("key"), Count: len(rows), Page: rows}, nil
}

// Spec: Mastodon grouped_notifications#get-notification-group
func (s *Service) apiGroup(r *masto.Req) error {
	g, err := s.apiKeyed(r)
	if err != nil {
		return err
	}
	return s.apiAnswerGroups(r, []*notify.Group{g})
}

// Spec: Mastodon grouped_notifications#get-group-accounts
func (s *Service) apiGroupAccounts(r *masto.Req) error {
	g, err := s.apiKeyed(r)
	if err != nil {
		return err
	}
	list, err := s.Notices(r.Context(), r.Viewer, g.Page)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return apperr.NotFound("notify.not_found")
	}
	out := make([]masto.Account, len(list))
	for i, n := range list {
		out[i] = s.Posts.Accounts.Entity(n.From)
	}
	return masto.List(r, out)
}

// Spec: Mastodon grouped_notifications#dismiss-group
func (s *Service) apiDismissGroup(r *masto.Req) error {
	if _, err := s.apiKeyed(r); err != nil {
		return err
	}
	if err := s.Posts.Notify.DismissKey(r.Context(), r.Viewer.AccountID, r.Var("key")); err != nil {
		return err
	}
	return r.Empty()
}
