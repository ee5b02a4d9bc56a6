package keep

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// API declares bookmarks and pins for client apps.
//
// Spec: Mastodon bookmarks; Spec: Mastodon statuses#bookmark; Spec: Mastodon statuses#pin
func (s *Service) API(r *masto.Router) {
	r.Post("/api/v1/statuses/{id}/bookmark", "write:bookmarks", s.apiAct(s.Bookmark))
	r.Post("/api/v1/statuses/{id}/unbookmark", "write:bookmarks", s.apiAct(s.Unbookmark))
	r.Post("/api/v1/statuses/{id}/pin", "write:accounts", account.Guarded(s.apiAct(s.Pin)))
	r.Post("/api/v1/statuses/{id}/unpin", "write:accounts", account.Guarded(s.apiAct(s.Unpin)))
	r.Get("/api/v1/bookmarks", "read:bookmarks", s.apiBookmarks)
}

func (s *Service) apiAct(do func(context.Context, *auth.Viewer, int64) (*post.Post, error)) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		p, err := do(r.Context(), r.Viewer, id)
		if err != nil {
			return err
		}
		w, err := s.Posts.View(r.Context(), r.Viewer, p)
		if err != nil {
			return err
		}
		return r.OK(s.Posts.Entity(r.Viewer, w))
	}
}

// Spec: Mastodon bookmarks#get
func (s *Service) apiBookmarks(r *masto.Req) error {
	found, err := s.Bookmarks(r.Context(), r.Viewer, r.Page())
	if err != nil {
		return err
	}
	next := found.Last
	if !found.Full {
		next = 0
	}
	r.Link(next, found.First)
	return masto.List(r, s.Posts.Entities(r.Viewer, found.Views))
}
