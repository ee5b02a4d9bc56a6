package filter

import (
	"math"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
)

// API declares filters for client apps, in both forms.
//
// Spec: Mastodon filters
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v2/filters", "read:filters", s.apiAll)
	r.Post("/api/v2/filters", "write:filters", s.apiCreate)
	r.Get("/api/v2/filters/keywords/{id}", "read:filters", s.apiKeyword)
	r.Put("/api/v2/filters/keywords/{id}", "write:filters", s.apiSetKeyword)
	r.Delete("/api/v2/filters/keywords/{id}", "write:filters", s.apiDropKeyword)
	r.Get("/api/v2/filters/statuses/{id}", "read:filters", s.apiStatus)
	r.Delete("/api/v2/filters/statuses/{id}", "write:filters", s.apiDropStatus)
	r.Get("/api/v2/filters/{id}", "read:filters", s.apiGet)
	r.Put("/api/v2/filters/{id}", "write:filters", s.apiUpdate)
	r.Delete("/api/v2/filters/{id}", "write:filters", s.apiDelete)
	r.Get("/api/v2/filters/{id}/keywords", "read:filters", s.apiKeywords)
	r.Post("/api/v2/filters/{id}/keywords", "write:filters", s.apiAddKeyword)
	r.Get("/api/v2/filters/{id}/statuses", "read:filters", s.apiStatuses)
	r.Post("/api/v2/filters/{id}/statuses", "write:filters", s.apiAddStatus)
	s.apiFirst(r)
}

// asked reads a new filter, or a change of one.
func asked(r *masto.Req) (Change, error) {
	c := Change{Title: r.Opt("title"), Action: r.Opt("filter_action")}
	if r.Has("context") {
		c.Contexts = r.Strings("context")
		if c.Contexts == nil {
			c.Contexts = []string{}
		}
	}
	if c.Action != nil && *c.Action == "" {
		c.Action = nil
	}
	at, err := expires(r)
	if err != nil {
		return c, err
	}
	c.Expires = at
	for _, h := range r.Hashes("keywords_attributes") {
		k := KeywordChange{Keyword: h.Opt("keyword"), WholeWord: h.OptBool("whole_word"), Destroy: h.Bool("_destroy", false)}
		if h.String("id") != "" {
			id, ok := ids.Parse(h.String("id"))
			if !ok {
				return c, apperr.NotFound("filter.not_found")
			}
			k.ID = id
		}
		c.Keywords = append(c.Keywords, k)
	}
	return c, nil
}

// expires reads after how many seconds a filter ends: nil when not given, the
// zero moment for never, which is an empty text.
func expires(r *masto.Req) (*time.Time, error) {
	s := r.Opt("expires_in")
	if s == nil {
		return nil, nil
	}
	var at time.Time
	if *s != "" {
		seconds, err := strconv.ParseFloat(*s, 64)
		if err != nil || math.IsNaN(seconds) || seconds < 0 || seconds > 100*365*24*3600 {
			return nil, apperr.Invalid("filter.bad_expiry").Field("expires_in", "filter.bad_expiry")
		}
		at = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return &at, nil
}

func answer(r *masto.Req, f *Filter, err error) error {
	if err != nil {
		return err
	}
	return r.OK(f.Entity())
}

// Spec: Mastodon filters#get
func (s *Service) apiAll(r *masto.Req) error {
	list, err := s.Of(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	out := make([]masto.Filter, len(list))
	for i, f := range list {
		out[i] = f.Entity()
	}
	return masto.List(r, out)
}

func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	f, err := s.Get(r.Context(), r.Viewer.AccountID, id)
	return answer(r, f, err)
}

// Spec: Mastodon filters#create
func (s *Service) apiCreate(r *masto.Req) error {
	c, err := asked(r)
	if err != nil {
		return err
	}
	f, err := s.Create(r.Context(), r.Viewer.AccountID, c)
	return answer(r, f, err)
}

// Spec: Mastodon filters#update
func (s *Service) apiUpdate(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	c, err := asked(r)
	if err != nil {
		return err
	}
	f, err := s.Update(r.Context(), r.Viewer.AccountID, id, c)
	return answer(r, f, err)
}

func (s *Service) apiDelete(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := s.Delete(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return r.Empty()
}

func (s *Service) apiKeywords(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	f, err := s.Get(r.Context(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	return masto.List(r, f.Entity().Keywords)
}

func (s *Service) apiAddKeyword(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	k, err := s.AddKeyword(r.Context(), r.Viewer.AccountID, id, r.String("keyword"), r.Bool("whole_word", false))
	if err != nil {
		return err
	}
	return r.OK(k.Entity())
}

func (s *Service) apiKeyword(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	k, err := keyword(r.Context(), s.DB.Read(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	return r.OK(k.Entity())
}

func (s *Service) apiSetKeyword(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	k, err := s.SetKeyword(r.Context(), r.Viewer.AccountID, KeywordChange{ID: id, Keyword: r.Opt("keyword"), WholeWord: r.OptBool("whole_word")})
	if err != nil {
		return err
	}
	return r.OK(k.Entity())
}

func (s *Service) apiDropKeyword(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if _, err := s.SetKeyword(r.Context(), r.Viewer.AccountID, KeywordChange{ID: id, Destroy: true}); err != nil {
		return err
	}
	return r.Empty()
}

func (s *Service) apiStatuses(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	f, err := s.Get(r.Context(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	return masto.List(r, f.Entity().Statuses)
}

func (s *Service) apiAddStatus(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	of, ok := r.IDParam("status_id")
	if !ok {
		return apperr.NotFound("post.not_found")
	}
	p, err := s.AddStatus(r.Context(), r.Viewer, id, of)
	if err != nil {
		return err
	}
	return r.OK(p.Entity())
}

func (s *Service) apiStatus(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	p, err := statusOf(r.Context(), s.DB.Read(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	return r.OK(p.Entity())
}

func (s *Service) apiDropStatus(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	p, err := s.DropStatus(r.Context(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	return r.OK(p.Entity())
}
