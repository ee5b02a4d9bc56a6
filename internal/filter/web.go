package filter

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// Path is the page of one's filters.
const Path = "/reglages/filtres"

// day is the unit in which the page asks how long a filter holds.
const day = 24 * time.Hour

// Web declares the page on which filters are made and erased.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getFilters)
	r.Post(Path, httpx.SignedIn, s.postCreate)
	r.Get(Path+"/{id}", httpx.SignedIn, s.getFilter)
	r.Post(Path+"/{id}", httpx.SignedIn, s.postUpdate)
	r.Post(Path+"/{id}/supprimer", httpx.SignedIn, s.postDelete)
}

// form is what the page asks.
type form struct {
	Title, Words, Action string
	Contexts             []string
	Days                 string
	Whole                bool
}

func formOf(v url.Values) form {
	return form{Title: v.Get("title"), Words: v.Get("keywords"), Action: v.Get("filter_action"), Contexts: v["context"],
		Days: strings.TrimSpace(v.Get("days")), Whole: v.Get("whole_word") != ""}
}

// change is what the form asks of a filter that had some words before.
func (f form) change(old []Keyword) (Change, error) {
	c := Change{Title: &f.Title, Action: &f.Action, Contexts: f.Contexts}
	if c.Contexts == nil {
		c.Contexts = []string{}
	}
	if f.Days != "" {
		n, err := strconv.Atoi(f.Days)
		if err != nil || n < 1 || n > 3650 {
			return c, apperr.Invalid("filter.bad_days").Field("days", "filter.bad_days")
		}
		at := time.Now().Add(time.Duration(n) * day)
		c.Expires = &at
	} else {
		c.Expires = &time.Time{}
	}
	for _, k := range old {
		c.Keywords = append(c.Keywords, KeywordChange{ID: k.ID, Destroy: true})
	}
	for line := range strings.SplitSeq(f.Words, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			c.Keywords = append(c.Keywords, KeywordChange{Keyword: &line, WholeWord: &f.Whole})
		}
	}
	return c, nil
}

// view is the page.
type view struct {
	Title   string
	Filters []line
	Action  string // where the form goes
	ID      string // of the filter being changed, "" for a new one
	Fields  []web.Field
	Where   []web.Field
	Summary web.ErrorSummary
	Empty   web.Empty
}

type line struct{ Title, Text, URL string }

func (s *Service) getFilters(c *httpx.Ctx) error {
	return s.show(c, 200, nil, form{Action: Warn, Contexts: contexts, Whole: true}, nil)
}

func (s *Service) show(c *httpx.Ctx, status int, f *Filter, in form, errs []web.FieldError) error {
	v := view{Title: c.T("filter.title"), Action: Path, Summary: web.ErrorSummary{Errors: errs},
		Empty: web.Empty{Icon: "eye-off", Title: c.T("filter.none"), Text: c.T("filter.none_text")}}
	if f != nil {
		v.Title, v.ID, v.Action = f.Title, ids.String(f.ID), Path+"/"+ids.String(f.ID)
	} else {
		list, err := s.Of(c.Context(), c.Viewer.AccountID)
		if err != nil {
			return err
		}
		for _, f := range list {
			words := make([]string, len(f.Keywords))
			for i, k := range f.Keywords {
				words[i] = k.Keyword
			}
			v.Filters = append(v.Filters, line{f.Title, c.T("filter.action."+f.Action) + " " + strings.Join(words, ", "), Path + "/" + ids.String(f.ID)})
		}
	}
	v.Fields = []web.Field{
		{Name: "title", Label: c.T("filter.name"), Value: in.Title, Required: true, MaxLength: MaxTitle},
		{Name: "keywords", Label: c.T("filter.words"), Hint: c.T("filter.words_hint"), Type: "textarea", Rows: 4, Value: in.Words},
		{Name: "whole_word", Label: c.T("filter.whole"), Type: "checkbox", Value: "1", Checked: in.Whole},
		{Name: "filter_action", Label: c.T("filter.what"), Type: "radio"},
		{Name: "days", Label: c.T("filter.days"), Hint: c.T("filter.days_hint"), Value: in.Days, InputMode: "numeric", Short: true, Optional: true},
	}
	for _, a := range []string{Warn, Hide, Blur} {
		v.Fields[3].Choices = append(v.Fields[3].Choices, web.Choice{Value: a, Label: c.T("filter.action." + a), Checked: a == in.Action})
	}
	for _, e := range errs {
		for i := range v.Fields {
			if v.Fields[i].Name == e.Name || e.Name == "keyword" && i == 1 {
				v.Fields[i].Error = e.Text
			}
		}
	}
	chosen := " " + strings.Join(in.Contexts, " ") + " "
	for _, x := range contexts {
		v.Where = append(v.Where, web.Field{Name: "context", Label: c.T("filter.context." + x), Value: x, Type: "checkbox", Checked: strings.Contains(chosen, " "+x+" ")})
	}
	return c.PageStatus(status, &web.Page{Name: "filter/filters", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) postCreate(c *httpx.Ctx) error {
	values, err := c.Form()
	if err != nil {
		return err
	}
	in := formOf(values)
	change, err := in.change(nil)
	if err == nil {
		_, err = s.Create(c.Context(), c.Viewer.AccountID, change)
	}
	if apperr.Is(err, apperr.KindInvalid) {
		return s.show(c, 422, nil, in, c.FieldErrors(err))
	} else if err != nil {
		return err
	}
	c.Flash("success", "filter.made")
	return c.Redirect(Path)
}

func (s *Service) getFilter(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := s.Get(c.Context(), c.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	in := form{Title: f.Title, Action: f.Action, Contexts: strings.Fields(f.Contexts)}
	for _, k := range f.Keywords {
		in.Words += k.Keyword + "\n"
		in.Whole = in.Whole || k.WholeWord
	}
	if f.ExpiresAt != 0 {
		in.Days = strconv.Itoa(max(1, int(time.Until(time.UnixMilli(f.ExpiresAt)).Round(day)/day)))
	}
	return s.show(c, 200, f, in, nil)
}

func (s *Service) postUpdate(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	values, err := c.Form()
	if err != nil {
		return err
	}
	f, err := s.Get(c.Context(), c.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	in := formOf(values)
	change, err := in.change(f.Keywords)
	if err == nil {
		_, err = s.Update(c.Context(), c.Viewer.AccountID, id, change)
	}
	if apperr.Is(err, apperr.KindInvalid) {
		return s.show(c, 422, f, in, c.FieldErrors(err))
	} else if err != nil {
		return err
	}
	c.Flash("success", "filter.saved")
	return c.Redirect(Path)
}

func (s *Service) postDelete(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := s.Delete(c.Context(), c.Viewer.AccountID, id); err != nil {
		return err
	}
	c.Flash("success", "filter.deleted")
	return c.Redirect(Path)
}
