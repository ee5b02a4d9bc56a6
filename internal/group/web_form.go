package group

import (
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// formView is a page with a form: its fields, and what was wrong with them.
type formView struct {
	Head    head
	Title   string
	Text    string
	Action  string
	Button  string
	Danger  bool
	Back    string
	Card    *web.PostCard
	Summary web.ErrorSummary
	Fields  []web.Field
	More    *web.Link // another way
	Charter string
	Hidden  []web.HiddenField
}

func (s *Service) showForm(c *httpx.Ctx, status int, v formView) error {
	return c.PageStatus(status, &web.Page{Name: "group/form", Title: v.Title, NoIndex: true, Data: v})
}

func fill(f *web.Field, errs []web.FieldError) {
	for _, e := range errs {
		if e.Name == f.Name {
			f.Error = e.Text
		}
	}
}
