package quote

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// API declares what client apps may do with quotations.
//
// Spec: Mastodon statuses#quotes
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/statuses/{id}/quotes", "read:statuses?", s.apiQuotes)
	r.Post("/api/v1/statuses/{id}/quotes/{quoting}/revoke", "write:statuses", s.apiRevoke)
	r.Put("/api/v1/statuses/{id}/interaction_policy", "write:statuses", s.apiPolicy)
}

func (s *Service) apiQuotes(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if _, err := s.Posts.Get(r.Context(), r.Viewer, id); err != nil {
		return err
	}
	p := r.Page()
	views, err := s.Quotes(r.Context(), r.Viewer, id, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, views, func(w *post.View) int64 { return w.ID })
	return masto.List(r, s.Posts.Entities(r.Viewer, views))
}

// Spec: Mastodon statuses#revoke_quote
func (s *Service) apiRevoke(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	quoting, err := r.ID("quoting")
	if err != nil {
		return err
	}
	p, err := s.Posts.Get(r.Context(), r.Viewer, quoting)
	if err != nil {
		return err
	}
	if _, err := s.Posts.Get(r.Context(), r.Viewer, id); err != nil {
		return err
	}
	if err := s.Revoke(r.Context(), r.Viewer, id, quoting); err != nil {
		return err
	}
	return s.answerPost(r, p)
}

// Spec: Mastodon statuses#interaction_policy
func (s *Service) apiPolicy(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	p, err := s.Posts.Get(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	if p.BoostOfID != 0 {
		return apperr.NotFound("post.not_yours")
	}
	if err := s.SetPolicy(r.Context(), r.Viewer, id, r.String("quote_approval_policy")); err != nil {
		return err
	}
	return s.answerPost(r, p)
}

func (s *Service) answerPost(r *masto.Req, p *post.Post) error {
	w, err := s.Posts.View(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	return r.OK(s.Posts.Entity(r.Viewer, w))
}
