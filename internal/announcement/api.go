package announcement

import (
	"context"
	"net/http"

	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
)

// API declares the notices for client apps.
//
// Spec: Mastodon announcements
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/announcements", masto.ScopeUser, s.apiList)
	r.Post("/api/v1/announcements/{id}/dismiss", "write:accounts", s.apiDismiss)
	r.Handle(http.MethodPut, "/api/v1/announcements/{id}/reactions/{name}", "write:favourites", s.apiReact(s.React))
	r.Delete("/api/v1/announcements/{id}/reactions/{name}", "write:favourites", s.apiReact(s.Unreact))
}

// Entity is a notice as somebody's app shows it.
//
// Spec: Mastodon entities/Announcement
func (s *Service) Entity(x Shown) masto.Announcement {
	e := masto.Announcement{ID: masto.ID(x.ID), Content: s.HTML(&x.Announcement), StartsAt: masto.AtOrNil(x.StartsAt), EndsAt: masto.AtOrNil(x.EndsAt),
		AllDay: x.AllDay, PublishedAt: masto.At(x.PublishedAt), UpdatedAt: masto.At(x.UpdatedAt), Read: masto.Ptr(x.Read)}
	for _, t := range text.Hashtags(x.Source) {
		e.Tags = append(e.Tags, masto.StatusTag{Name: text.TagName(t), URL: s.Base + "/tags/" + text.Fold(t)})
	}
	for _, r := range x.Reactions {
		e.Reactions = append(e.Reactions, masto.Reaction{Name: r.Name, Count: r.Count, Me: masto.Ptr(r.Me)})
	}
	return e
}

// Spec: Mastodon announcements#get
func (s *Service) apiList(r *masto.Req) error {
	list, err := s.For(r.Context(), r.Viewer.AccountID, r.Bool("with_dismissed", false))
	if err != nil {
		return err
	}
	out := make([]masto.Announcement, len(list))
	for i, a := range list {
		out[i] = s.Entity(a)
	}
	return masto.List(r, out)
}

// Spec: Mastodon announcements#dismiss
func (s *Service) apiDismiss(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := s.Dismiss(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return r.Empty()
}

func (s *Service) apiReact(do func(ctx context.Context, accountID, id int64, name string) error) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		if err := do(r.Context(), r.Viewer.AccountID, id, r.Var("name")); err != nil {
			return err
		}
		return r.Empty()
	}
}
