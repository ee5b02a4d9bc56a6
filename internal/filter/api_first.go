package filter

import (
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
)

// first is a filter of the first form: one word of one filter.
//
// Spec: Mastodon entities/V1_Filter
type first struct {
	ID           string              `json:"id"` // of the word
	Phrase       string              `json:"phrase"`
	Context      masto.Array[string] `json:"context"`
	WholeWord    bool                `json:"whole_word"`
	ExpiresAt    *masto.Time         `json:"expires_at"`
	Irreversible bool                `json:"irreversible"`
}

func firstOf(f *Filter, k Keyword) first {
	return first{ID: masto.ID(k.ID), Phrase: k.Keyword, Context: strings.Fields(f.Contexts), WholeWord: k.WholeWord,
		ExpiresAt: masto.AtOrNil(f.ExpiresAt), Irreversible: f.Action == Hide}
}

// apiFirst declares the first form, which older apps use.
//
// Spec: Mastodon filters v1
func (s *Service) apiFirst(r *masto.Router) {
	r.Get("/api/v1/filters", "read:filters", s.firstAll)
	r.Post("/api/v1/filters", "write:filters", s.firstCreate)
	r.Get("/api/v1/filters/{id}", "read:filters", s.firstGet)
	r.Put("/api/v1/filters/{id}", "write:filters", s.firstUpdate)
	r.Delete("/api/v1/filters/{id}", "write:filters", s.firstDelete)
}

func (s *Service) firstAll(r *masto.Req) error {
	list, err := s.Of(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	var out []first
	for _, f := range list {
		for _, k := range f.Keywords {
			out = append(out, firstOf(f, k))
		}
	}
	return masto.List(r, out)
}

func firstAnswer(r *masto.Req, f *Filter, keywordID int64) error {
	for _, k := range f.Keywords {
		if k.ID == keywordID {
			return r.OK(firstOf(f, k))
		}
	}
	return apperr.NotFound("filter.not_found")
}

// firstChange reads a filter of the first form; its phrase is its title too.
func firstChange(r *masto.Req, k KeywordChange) (Change, error) {
	c, err := asked(r)
	if err != nil {
		return c, err
	}
	if hide := r.OptBool("irreversible"); hide != nil {
		action := Warn
		if *hide {
			action = Hide
		}
		c.Action = &action
	}
	c.Title, k.Keyword, k.WholeWord = r.Opt("phrase"), r.Opt("phrase"), r.OptBool("whole_word")
	c.Keywords = []KeywordChange{k}
	return c, nil
}

func (s *Service) firstCreate(r *masto.Req) error {
	c, err := firstChange(r, KeywordChange{})
	if err != nil {
		return err
	}
	f, err := s.Create(r.Context(), r.Viewer.AccountID, c)
	if err != nil {
		return err
	}
	return r.OK(firstOf(f, f.Keywords[0]))
}

// firstFind gives the filter of the word that the path names.
func (s *Service) firstFind(r *masto.Req) (*Filter, int64, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, 0, err
	}
	k, err := keyword(r.Context(), s.DB.Read(), r.Viewer.AccountID, id)
	if err != nil {
		return nil, 0, err
	}
	f, err := s.Get(r.Context(), r.Viewer.AccountID, k.FilterID)
	return f, id, err
}

func (s *Service) firstGet(r *masto.Req) error {
	f, id, err := s.firstFind(r)
	if err != nil {
		return err
	}
	return firstAnswer(r, f, id)
}

// firstUpdate changes a word, and its filter. A filter of several words keeps its title.
func (s *Service) firstUpdate(r *masto.Req) error {
	f, id, err := s.firstFind(r)
	if err != nil {
		return err
	}
	c, err := firstChange(r, KeywordChange{ID: id})
	if err != nil {
		return err
	}
	if len(f.Keywords) > 1 {
		c.Title = nil
	}
	if f, err = s.Update(r.Context(), r.Viewer.AccountID, f.ID, c); err != nil {
		return err
	}
	return firstAnswer(r, f, id)
}

// firstDelete takes a word away, and its filter when it was the last.
func (s *Service) firstDelete(r *masto.Req) error {
	f, id, err := s.firstFind(r)
	if err != nil {
		return err
	}
	if len(f.Keywords) == 1 && len(f.Statuses) == 0 {
		err = s.Delete(r.Context(), r.Viewer.AccountID, f.ID)
	} else {
		_, err = s.SetKeyword(r.Context(), r.Viewer.AccountID, KeywordChange{ID: id, Destroy: true})
	}
	if err != nil {
		return err
	}
	return r.Empty()
}
