package post

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
)

// maxMany is how many posts one request may name.
const maxMany = 40

// API declares what client apps may do with posts.
//
// Spec: Mastodon statuses
func (s *Service) API(r *masto.Router) {
	r.Post("/api/v1/statuses", "write:statuses", account.Guarded(s.apiCreate))
	r.Get("/api/v1/statuses", "read:statuses?", s.apiMany)
	r.Get("/api/v1/statuses/{id}", "read:statuses?", s.apiGet, httpx.Keep())
	r.Put("/api/v1/statuses/{id}", "write:statuses", account.Guarded(s.apiEdit))
	r.Delete("/api/v1/statuses/{id}", "write:statuses", s.apiDelete)
	r.Get("/api/v1/statuses/{id}/context", "read:statuses?", s.apiContext, httpx.Keep())
	r.Get("/api/v1/statuses/{id}/source", "read:statuses", s.apiSource)
	r.Get("/api/v1/statuses/{id}/history", "read:statuses?", s.apiHistory, httpx.Keep())
	r.Get("/api/v1/statuses/{id}/favourited_by", "read:statuses|read:accounts?", s.apiReactors(s.Likers), httpx.Keep())
	r.Get("/api/v1/statuses/{id}/reblogged_by", "read:statuses|read:accounts?", s.apiReactors(s.Boosters), httpx.Keep())
	r.Post("/api/v1/statuses/{id}/favourite", "write:favourites", account.Guarded(s.apiReact(s.Like)))
	r.Post("/api/v1/statuses/{id}/unfavourite", "write:favourites", account.Guarded(s.apiReact(s.Unlike)))
	r.Post("/api/v1/statuses/{id}/reblog", "write:statuses", account.Guarded(s.apiBoost))
	r.Post("/api/v1/statuses/{id}/mute", "write:mutes", s.apiMuteThread(true))
	r.Post("/api/v1/statuses/{id}/unmute", "write:mutes", s.apiMuteThread(false))
	r.Post("/api/v1/statuses/{id}/unreblog", "write:statuses", account.Guarded(s.apiReact(s.Unboost)))
	r.Get("/api/v1/favourites", "read:favourites", s.apiLiked)
	r.Get("/api/oembed", masto.ScopePublic, s.apiEmbed)
}

// apiFind gives the post that the path names, if the viewer may read it.
func (s *Service) apiFind(r *masto.Req) (*Post, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	return s.Get(r.Context(), r.Viewer, id)
}

func (s *Service) apiAnswer(r *masto.Req, p *Post) error {
	e, err := s.apiShow(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	return r.OK(e)
}

func (s *Service) apiShow(ctx context.Context, v *auth.Viewer, p *Post) (masto.Status, error) {
	w, err := s.View(ctx, v, p)
	if err != nil {
		return masto.Status{}, err
	}
	return s.Entity(v, w), nil
}

// Spec: Mastodon statuses#get
func (s *Service) apiGet(r *masto.Req) error {
	p, err := s.apiFind(r)
	if err != nil {
		return err
	}
	return s.apiAnswer(r, p)
}

// Spec: Mastodon statuses#index
func (s *Service) apiMany(r *masto.Req) error {
	views, err := s.Many(r.Context(), r.Viewer, r.IDs("id", maxMany))
	if err != nil {
		return err
	}
	return masto.List(r, s.Entities(r.Viewer, views))
}

// apiContext loads both sides of a thread with one set of queries.
//
// Spec: Mastodon statuses#context
func (s *Service) apiContext(r *masto.Req) error {
	p, err := s.apiFind(r)
	if err != nil {
		return err
	}
	if p.BoostOfID != 0 {
		if p, err = s.Get(r.Context(), r.Viewer, p.BoostOfID); err != nil {
			return err
		}
	}
	before, after, err := s.Thread(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	views, err := s.Views(r.Context(), r.Viewer, append(before[:len(before):len(before)], after...))
	if err != nil {
		return err
	}
	above := make(map[int64]bool, len(before))
	for _, b := range before {
		above[b.ID] = true
	}
	var out masto.Context
	for _, w := range views {
		if e := s.Entity(r.Viewer, w); above[w.ID] {
			out.Ancestors = append(out.Ancestors, e)
		} else {
			out.Descendants = append(out.Descendants, e)
		}
	}
	return r.OK(out)
}

// apiSource gives a text to its author, who alone can edit it.
//
// Spec: Mastodon statuses#source
func (s *Service) apiSource(r *masto.Req) error {
	p, err := s.apiFind(r)
	if err != nil {
		return err
	}
	if p.AccountID != r.Viewer.AccountID || p.BoostOfID != 0 {
		return apperr.NotFound("post.not_yours")
	}
	return r.OK(masto.StatusSource{ID: masto.ID(p.ID), Text: p.Source, SpoilerText: p.Warning})
}

// Spec: Mastodon statuses#history
func (s *Service) apiHistory(r *masto.Req) error {
	p, err := s.apiFind(r)
	if err != nil {
		return err
	}
	w, err := s.View(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	out, err := s.past(r.Context(), r.Viewer, w)
	if err != nil {
		return err
	}
	return masto.List(r, out)
}

// past is all versions of a post as apps know them, the first one first.
//
// Spec: Mastodon entities/StatusEdit
func (s *Service) past(ctx context.Context, v *auth.Viewer, w *View) ([]masto.StatusEdit, error) {
	states, err := s.Revisions(ctx, w.Post)
	if err != nil {
		return nil, err
	}
	present := s.Entity(v, w)
	out := make([]masto.StatusEdit, len(states))
	for i, e := range states {
		out[i] = masto.StatusEdit{Content: e.Content, SpoilerText: e.Warning, Sensitive: e.Sensitive, CreatedAt: masto.At(e.CreatedAt), Account: present.Account, Emojis: present.Emojis}
	}
	last := len(out) - 1
	for _, part := range s.Parts {
		if part.Past == nil || last == 0 || w.BoostOfID != 0 {
			continue
		}
		if err := part.Past(ctx, s.DB.Read(), w, states[:last], out); err != nil {
			return nil, err
		}
	}
	now := &out[last]
	now.MediaAttachments, now.Quote, now.Poll = present.MediaAttachments, present.Quote, present.Poll
	return out, nil
}

// apiReact answers with the post that the reaction gives back: the post itself,
// or for a boost the boost.
func (s *Service) apiReact(do func(context.Context, *auth.Viewer, int64) (*Post, error)) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		p, err := do(r.Context(), r.Viewer, id)
		if err != nil {
			return err
		}
		return s.apiAnswer(r, p)
	}
}

// apiBoost boosts as widely as the app asks: everybody's lists, only the
// profile, or no further than the section.
//
// Spec: Mastodon statuses#boost
func (s *Service) apiBoost(r *masto.Req) error {
	widest, unlisted := Public, false
	switch r.String("visibility") {
	case "", "public":
	case "unlisted":
		unlisted = true
	case "private":
		widest = Section
	default:
		return apperr.Invalid("post.bad_audience").Field("visibility", "post.bad_audience")
	}
	return s.apiReact(func(ctx context.Context, v *auth.Viewer, id int64) (*Post, error) {
		return s.BoostFor(ctx, v, id, widest, unlisted)
	})(r)
}

// apiReactors shows who reacted to the author of the post and to nobody else:
// it would tell who is here, and what they think.
//
// Spec: Mastodon statuses#favourited_by
func (s *Service) apiReactors(list func(context.Context, int64, page.Range) (Reactors, error)) masto.Handler {
	return func(r *masto.Req) error {
		p, err := s.apiFind(r)
		if err != nil {
			return err
		}
		if r.Viewer == nil || p.AccountID != r.Viewer.AccountID {
			return masto.List[masto.Account](r, nil)
		}
		if out, err := Left(r.Context(), s.DB.Read(), p.AccountID, p); err != nil {
			return err
		} else if out {
			return masto.List[masto.Account](r, nil)
		}
		found, err := list(r.Context(), p.ID, r.PageOf(masto.AccountsDefault, masto.AccountsMax))
		if err != nil {
			return err
		}
		apiLink(r, found.First, found.Last, found.Full)
		return masto.List(r, s.Accounts.Entities(found.Accounts))
	}
}

// Spec: Mastodon favourites#get
func (s *Service) apiLiked(r *masto.Req) error {
	found, err := s.Liked(r.Context(), r.Viewer, r.Page())
	if err != nil {
		return err
	}
	apiLink(r, found.First, found.Last, found.Full)
	return masto.List(r, s.Entities(r.Viewer, found.Views))
}

// apiLink sets the Link header of a list that is paged by other ids than its entities'.
func apiLink(r *masto.Req, first, last int64, full bool) {
	if !full {
		last = 0
	}
	r.Link(last, first)
}
