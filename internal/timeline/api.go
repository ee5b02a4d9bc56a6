package timeline

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// maxTags bounds the hashtags of one request.
const maxTags = 20

// API declares the lists of posts that client apps may read, and the
// notifications: those name people and posts, and this is the lowest slice
// that knows both.
//
// Spec: Mastodon timelines; Spec: Mastodon notifications
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/timelines/home", "read:statuses", s.apiHome, httpx.Keep())
	r.Get("/api/v1/timelines/public", "read:statuses", s.apiPublic, httpx.Keep())
	r.Get("/api/v1/timelines/tag/{tag}", "read:statuses", s.apiTag, httpx.Keep())
	r.Get("/api/v1/timelines/list/{id}", "read:lists", s.apiList, httpx.Keep())
	r.Get("/api/v1/timelines/link", "read:statuses", apiNone)
	r.Get("/api/v1/trends/statuses", "read?", s.apiTrends, httpx.Keep())
	r.Get("/api/v1/trends/links", "read?", apiNone)
	r.Get("/api/v1/accounts/{id}/statuses", "read:statuses?", s.apiProfile, httpx.Keep())
	r.Get("/api/v1/markers", "read:statuses", s.apiMarkers, httpx.Keep())
	r.Post("/api/v1/markers", "write:statuses", s.apiMark)
	s.apiNotify(r)
	s.apiConversationRoutes(r)
}

// apiAnswer sends a page of posts. A list has as many entries as posts were found,
// so a short page is the last one.
func (s *Service) apiAnswer(r *masto.Req, p page.Range, views []*post.View, err error) error {
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, views, func(w *post.View) int64 { return w.ID })
	return masto.List(r, s.Posts.Entities(r.Viewer, views))
}

// apiNone answers a list of what there is none of.
func apiNone(r *masto.Req) error { return masto.List[masto.Status](r, nil) }

// Spec: Mastodon timelines#home
func (s *Service) apiHome(r *masto.Req) error {
	p := r.Page()
	narrow := ""
	switch {
	case r.Bool("local", false):
		narrow = ` and p.local`
	case r.Bool("remote", false):
		narrow = ` and not p.local`
	}
	views, err := s.home(r.Context(), r.Viewer, p, narrow)
	return s.apiAnswer(r, p, views, err)
}

// apiPublic needs a token: what a section listens to is its own business.
// Mastodon's local timeline is ours of the section.
//
// Spec: Mastodon timelines#public
func (s *Service) apiPublic(r *masto.Req) error {
	p := r.Page()
	only, some := s.onlyMedia(r)
	if !some {
		return apiNone(r)
	}
	if r.Bool("local", false) {
		views, err := s.section(r.Context(), r.Viewer, p, only)
		return s.apiAnswer(r, p, views, err)
	}
	if r.Bool("remote", false) {
		only += " and not p.local"
	}
	views, err := s.everyone(r.Context(), r.Viewer, p, only)
	return s.apiAnswer(r, p, views, err)
}

// onlyMedia is the condition that an app asks for; some is false when nothing can meet it.
func (s *Service) onlyMedia(r *masto.Req) (where string, some bool) {
	if !r.Bool("only_media", false) {
		return "", true
	}
	if s.WithMedia == "" {
		return "", false
	}
	return " and " + s.WithMedia, true
}

// Spec: Mastodon timelines#tag
func (s *Service) apiTag(r *masto.Req) error {
	only, some := s.onlyMedia(r)
	if !some {
		return apiNone(r)
	}
	q := TagQuery{
		Any: append([]string{text.Fold(r.Var("tag"))}, apiTags(r, "any")...), All: apiTags(r, "all"), None: apiTags(r, "none"),
		Local: r.Bool("local", false), Remote: r.Bool("remote", false), narrow: only,
	}
	p := r.Page()
	views, err := s.Tags(r.Context(), r.Viewer, q, p)
	return s.apiAnswer(r, p, views, err)
}

// Spec: Mastodon timelines#list
func (s *Service) apiList(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	p := r.Page()
	views, err := s.List(r.Context(), r.Viewer, id, p)
	return s.apiAnswer(r, p, views, err)
}

// apiTrends answers with the last posts for everyone: nothing is ranked. What is
// read here tells whom the section listens to, so strangers get none.
//
// Spec: Mastodon trends#statuses
func (s *Service) apiTrends(r *masto.Req) error {
	if r.Viewer == nil {
		return apiNone(r)
	}
	limit := r.Int("limit", masto.PageDefault)
	if limit <= 0 {
		limit = masto.PageDefault
	}
	limit = min(limit, masto.PageMax)
	offset := min(max(r.Int("offset", 0), 0), page.MaxLimit-limit)
	views, err := s.Everyone(r.Context(), r.Viewer, page.Range{Limit: offset + limit}, false, false)
	if err != nil {
		return err
	}
	full := len(views) == offset+limit && offset+2*limit <= page.MaxLimit
	views = views[min(offset, len(views)):]
	r.LinkOffset(offset, limit, full)
	return masto.List(r, s.Posts.Entities(r.Viewer, views))
}

func apiTags(r *masto.Req, name string) []string {
	var out []string
	for _, t := range r.Strings(name) {
		if t = text.Fold(t); t != "" && len(out) < maxTags {
			out = append(out, t)
		}
	}
	return out
}

// Spec: Mastodon accounts#statuses
func (s *Service) apiProfile(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	a, err := s.Posts.Accounts.Visible(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	if r.Bool("pinned", false) {
		if s.Keep == nil {
			return apiNone(r)
		}
		views, err := s.Keep.Pinned(r.Context(), r.Viewer, a)
		if err != nil {
			return err
		}
		return masto.List(r, s.Posts.Entities(r.Viewer, views))
	}
	only, some := s.onlyMedia(r)
	if !some {
		return apiNone(r)
	}
	p := r.Page()
	views, err := s.Profile(r.Context(), r.Viewer, a, p, Options{
		WithoutReplies: r.Bool("exclude_replies", false), WithoutBoosts: r.Bool("exclude_reblogs", false), Tag: text.Fold(r.String("tagged")), narrow: only,
	})
	return s.apiAnswer(r, p, views, err)
}

// Spec: Mastodon markers#get
func (s *Service) apiMarkers(r *masto.Req) error { return s.apiAnswerMarkers(r, r.Strings("timeline")) }

func (s *Service) apiAnswerMarkers(r *masto.Req, names []string) error {
	have, err := s.Markers(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	out := map[string]masto.Marker{}
	for _, name := range names {
		if m, ok := have[name]; ok {
			out[name] = masto.Marker{LastReadID: masto.ID(m.LastRead), Version: m.Version, UpdatedAt: masto.At(m.UpdatedAt)}
		}
	}
	return r.OK(out)
}

// Spec: Mastodon markers#create
func (s *Service) apiMark(r *masto.Req) error {
	to := map[string]int64{}
	var names []string
	for _, name := range []string{MarkHome, MarkNotifications} {
		if !r.Has(name + "[last_read_id]") {
			continue
		}
		id, ok := r.IDParam(name + "[last_read_id]")
		if !ok {
			return apperr.Invalid("timeline.bad_marker").Field(name, "timeline.bad_marker")
		}
		to[name] = id
		names = append(names, name)
	}
	if err := s.Mark(r.Context(), r.Viewer.AccountID, to); err != nil {
		return err
	}
	return s.apiAnswerMarkers(r, names)
}
