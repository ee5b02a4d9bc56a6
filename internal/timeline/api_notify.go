package timeline

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
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
	r.Get("/api/v1/notifications", read, s.apiNotifications, httpx.Keep())
	r.Get("/api/v1/notifications/unread_count", read, s.apiUnread, httpx.Keep())
	r.Post("/api/v1/notifications/clear", write, s.apiClear)
	s.apiRequestRoutes(r)
	r.Get("/api/v1/notifications/{id}", read, s.apiNotification)
	r.Post("/api/v1/notifications/{id}/dismiss", write, s.apiDismiss)

	r.Get("/api/v2/notifications", read, s.apiGroups, httpx.Keep())
	r.Get("/api/v2/notifications/unread_count", read, s.apiUnread, httpx.Keep())
	r.Get("/api/v2/notifications/{key}", read, s.apiGroup)
	r.Get("/api/v2/notifications/{key}/accounts", read+"|write:notifications", s.apiGroupAccounts)
	r.Post("/api/v2/notifications/{key}/dismiss", write, s.apiDismissGroup)
}

// apiFilter reads what an app wants to see; some is false when it asks for kinds
// of which there are none. Who asks for one person's sees what is kept apart from
// them too: apps open a request that way.
func (s *Service) apiFilter(r *masto.Req) (f notify.Filter, some bool, err error) {
	asked := r.Strings("types")
	f = notify.Filter{Kinds: s.storedKinds(asked), Without: s.storedKinds(r.Strings("exclude_types")), Filtered: r.Bool("include_filtered", false)}
	if r.Has("account_id") {
		id, ok := r.IDParam("account_id")
		if !ok {
			return f, false, apperr.NotFound("account.not_found")
		}
		f.FromID, f.Filtered = id, true
	}
	return f, len(asked) == 0 || len(f.Kinds) > 0, nil
}

// Spec: Mastodon notifications#get
func (s *Service) apiNotifications(r *masto.Req) error {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	f, some, err := s.apiFilter(r)
	if err != nil || !some {
		if err == nil {
			err = masto.List[masto.Notification](r, nil)
		}
		return err
	}
	rows, err := s.Posts.Notify.List(r.Context(), r.Viewer.AccountID, p, f)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, func(n notify.Notification) int64 { return n.ID })
	list, err := s.Notices(r.Context(), r.Viewer, rows)
	if err != nil {
		return err
	}
	out := make([]masto.Notification, len(list))
	for i, n := range list {
		out[i] = s.Entity(r.Viewer, n)
	}
	return masto.List(r, out)
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

// Spec: Mastodon notifications#unread-count; Spec: Mastodon grouped_notifications#unread-group-count
func (s *Service) apiUnread(r *masto.Req) error {
	f, some, err := s.apiFilter(r)
	if err != nil || !some {
		if err == nil {
			err = r.OK(masto.Count{})
		}
		return err
	}
	n, err := s.Posts.Notify.UnreadOf(r.Context(), r.Viewer.AccountID, f, min(maxUnread, max(1, r.Int("limit", maxUnread))))
	if err != nil {
		return err
	}
	return r.OK(masto.Count{Count: n})
}
