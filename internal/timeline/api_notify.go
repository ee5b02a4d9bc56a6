package timeline

import (
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
)

// maxUnread is the most that a count of unread notifications says.
const maxUnread = 100

// apiNotify declares the endpoints of notifications, of both versions.
//
// Spec: Mastodon notifications; Spec: Mastodon grouped_notifications
func (s *Service) apiNotify(r *masto.Router) {
	const read, write = "read:notifications", "write:notifications"
	r.Get("/api/v1/notifications", read, s.apiNotifications)
	r.Get("/api/v1/notifications/unread_count", read, s.apiUnread)
	r.Post("/api/v1/notifications/clear", write, s.apiClear)
	r.Get("/api/v1/notifications/requests", read, func(r *masto.Req) error { return masto.List[struct{}](r, nil) })
	r.Get("/api/v1/notifications/{id}", read, s.apiNotification)
	r.Post("/api/v1/notifications/{id}/dismiss", write, s.apiDismiss)

	r.Get("/api/v2/notifications", read, s.apiGroups)
	r.Get("/api/v2/notifications/unread_count", read, s.apiUnread)
	r.Get("/api/v2/notifications/policy", read, s.apiPolicy)
	r.Get("/api/v2/notifications/{key}", read, s.apiGroup)
	r.Get("/api/v2/notifications/{key}/accounts", read, s.apiGroupAccounts)
	r.Post("/api/v2/notifications/{key}/dismiss", write, s.apiDismissGroup)
}

// apiPage reads a page of notifications and sets its links. ok is false when the
// parameters ask for kinds of which there are none.
func (s *Service) apiPage(r *masto.Req) ([]Notice, error) {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	var f notify.Filter
	asked := r.Strings("types")
	f.Kinds, f.Without = validKinds(asked), validKinds(r.Strings("exclude_types"))
	if len(asked) > 0 && len(f.Kinds) == 0 {
		return nil, nil
	}
	if r.Has("account_id") {
		id, ok := r.IDParam("account_id")
		if !ok {
			return nil, apperr.NotFound("account.not_found")
		}
		f.FromID = id
	}
	rows, err := s.Posts.Notify.List(r.Context(), r.Viewer.AccountID, p, f)
	if err != nil {
		return nil, err
	}
	masto.LinkFor(r, p, rows, func(n notify.Notification) int64 { return n.ID })
	return s.Notices(r.Context(), r.Viewer, rows)
}

// validKinds keeps the names of kinds that there are.
func validKinds(names []string) []string {
	var out []string
	for _, k := range names {
		if notify.ValidKind(k) {
			out = append(out, k)
		}
	}
	return out
}

// Spec: Mastodon notifications#get
func (s *Service) apiNotifications(r *masto.Req) error {
	list, err := s.apiPage(r)
	if err != nil {
		return err
	}
	out := make([]masto.Notification, len(list))
	for i, n := range list {
		out[i] = s.Entity(r.Viewer, n)
	}
	return masto.List(r, out)
}

// Spec: Mastodon grouped_notifications#get-grouped
func (s *Service) apiGroups(r *masto.Req) error {
	list, err := s.apiPage(r)
	if err != nil {
		return err
	}
	return r.OK(s.Grouped(r.Viewer, list))
}

// apiNotice finds one of the viewer's notifications that can still be shown.
func (s *Service) apiNotice(r *masto.Req, id int64) (Notice, error) {
	n, err := s.Posts.Notify.Get(r.Context(), r.Viewer.AccountID, id)
	if err != nil {
		return Notice{}, err
	}
	list, err := s.Notices(r.Context(), r.Viewer, []notify.Notification{*n})
	if err != nil {
		return Notice{}, err
	}
	if len(list) == 0 {
		return Notice{}, apperr.NotFound("notify.not_found")
	}
	return list[0], nil
}

// Spec: Mastodon notifications#get-one
func (s *Service) apiNotification(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	n, err := s.apiNotice(r, id)
	if err != nil {
		return err
	}
	return r.OK(s.Entity(r.Viewer, n))
}

// apiKeyed finds the notification that is the group of the path.
func (s *Service) apiKeyed(r *masto.Req) (Notice, error) {
	rest, ok := strings.CutPrefix(r.Var("key"), ungrouped)
	id, valid := ids.Parse(rest)
	if !ok || !valid {
		return Notice{}, apperr.NotFound("notify.not_found")
	}
	return s.apiNotice(r, id)
}

// Spec: Mastodon grouped_notifications#get-notification-group
func (s *Service) apiGroup(r *masto.Req) error {
	n, err := s.apiKeyed(r)
	if err != nil {
		return err
	}
	return r.OK(s.Grouped(r.Viewer, []Notice{n}))
}

// Spec: Mastodon grouped_notifications#get-group-accounts
func (s *Service) apiGroupAccounts(r *masto.Req) error {
	n, err := s.apiKeyed(r)
	if err != nil {
		return err
	}
	return masto.List(r, []masto.Account{s.Posts.Accounts.Entity(n.From)})
}

// Spec: Mastodon grouped_notifications#dismiss-group
func (s *Service) apiDismissGroup(r *masto.Req) error {
	n, err := s.apiKeyed(r)
	if err != nil {
		return err
	}
	return s.apiDismissed(r, n.ID)
}

// Spec: Mastodon notifications#dismiss
func (s *Service) apiDismiss(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if _, err := s.Posts.Notify.Get(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return s.apiDismissed(r, id)
}

func (s *Service) apiDismissed(r *masto.Req, id int64) error {
	if err := s.Posts.Notify.Dismiss(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return r.Empty()
}

// Spec: Mastodon notifications#clear
func (s *Service) apiClear(r *masto.Req) error { return s.apiDismissed(r, 0) }

// Spec: Mastodon notifications#unread-count
func (s *Service) apiUnread(r *masto.Req) error {
	n, err := s.Posts.Notify.Unread(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	return r.OK(masto.Count{Count: min(n, maxUnread, max(1, r.Int("limit", maxUnread)))})
}

// apiPolicy says that nothing is held back.
//
// Spec: Mastodon notifications#get-policy
func (s *Service) apiPolicy(r *masto.Req) error {
	return r.OK(masto.NotificationPolicy{
		ForNotFollowing: "accept", ForNotFollowers: "accept", ForNewAccounts: "accept", ForPrivateMentions: "accept", ForLimitedAccounts: "accept",
	})
}
