package visitor

import (
	"net/http"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// intentView asks for the address of somebody who acts from elsewhere.
type intentView struct {
	Title, Text string
	Object      string
	Account     web.Field
	Summary     web.ErrorSummary
	Back        web.Link
}

// getIntent asks where one's account is.
func (s *Service) getIntent(c *httpx.Ctx) error {
	x, err := s.thingAt(c.Context(), c.Query("objet"))
	if err != nil {
		return err
	}
	return s.showIntent(c, x, "", nil)
}

func (s *Service) showIntent(c *httpx.Ctx, x *thing, typed string, bad *apperr.Error) error {
	key := "visitor.intent.follow"
	if x.Handle == "" {
		key = "visitor.intent.open"
	}
	v := intentView{Title: c.T(key, "Name", x.Name), Text: c.T(key + "_text"), Object: x.URI, Back: web.Link{Name: c.T("visitor.back_there"), URL: x.Page},
		Account: web.Field{Name: "handle", Label: c.T("visitor.field.handle"), Hint: c.T("visitor.intent.hint"), Value: typed, Required: true, MaxLength: 300,
			Autocomplete: "username", InputMode: "email"}}
	status := http.StatusOK
	if bad != nil {
		status = http.StatusUnprocessableEntity
		v.Account.Error = c.ErrorText(bad)
		v.Summary.Errors = []web.FieldError{{Name: "handle", Text: v.Account.Error}}
	}
	c.Private()
	return c.PageStatus(status, &web.Page{Name: "visitor/intent", Layout: web.LayoutPublic, Title: v.Title, NoIndex: true, CSRF: c.CSRF(), Data: v})
}

// postIntent says where one is going, and leads there: nobody is sent away unasked.
func (s *Service) postIntent(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	x, err := s.thingAt(c.Context(), form.Get("objet"))
	if err != nil {
		return err
	}
	host, page, err := s.pageThere(c.Context(), c.Addr(), form.Get("handle"), x)
	if bad, ok := apperr.As(err); ok && bad.Kind == apperr.KindInvalid {
		return s.showIntent(c, x, form.Get("handle"), bad)
	} else if err != nil {
		return err
	}
	return s.show(c, pageView{Title: c.T("visitor.going", "Host", host), Text: c.T("visitor.intent.going", "Host", host),
		Go: &web.Link{Name: c.T("visitor.go_to", "Host", host), URL: page}, Back: &web.Link{Name: c.T("visitor.back_there"), URL: x.Page}})
}
