package visitor

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// stateCookie binds a sign-in to the browser that began it.
const stateCookie = "signin"

// GoThere answers a form of [Service.ShowForm]: it says where one is going, and
// leads there. Errors: those of [Service.Begin].
func (s *Service) GoThere(c *httpx.Ctx, handle string, w Wish, back web.Link) error {
	if s.Client == nil {
		return apperr.NotFound("httpx.not_found")
	}
	host, address, state, err := s.Begin(c.Context(), c.Addr(), handle, w)
	if err != nil {
		return err
	}
	c.SetCookie(stateCookie, state, signInAge)
	return s.show(c, pageView{Title: c.T("visitor.going", "Host", host), Text: c.T("visitor.going_text", "Host", host), Under: c.T("visitor.account_reads"),
		Go: &web.Link{Name: c.T("visitor.go_to", "Host", host), URL: address}, Back: &back})
}

// getReturned shows where one is back from. Nothing is done by following a link:
// the button does it.
func (s *Service) getReturned(c *httpx.Ctx) error {
	x, err := underWay(c.Context(), s.DB.Read(), c.Query("state"))
	if err != nil {
		return err
	}
	if c.Cookie(stateCookie) != c.Query("state") {
		return apperr.Gone("visitor.old_signin")
	}
	back := &web.Link{Name: c.T("visitor.back_there"), URL: httpx.LocalPath(x.Back, Path)}
	if c.Query("code") == "" {
		return s.show(c, pageView{Title: c.T("visitor.declined"), Text: c.T("visitor.declined_text", "Host", x.Host), Back: back})
	}
	return s.show(c, pageView{Title: c.T("visitor.returned", "Host", x.Host), Text: c.T("visitor.returned_text"), Action: Path + "/compte/retour", Button: c.T("visitor.go_on"),
		Fields: []web.HiddenField{{Name: "state", Value: c.Query("state")}, {Name: "code", Value: c.Query("code")}}, Back: back})
}

func (s *Service) postReturned(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	state := form.Get("state")
	if state == "" || c.Cookie(stateCookie) != state {
		return apperr.Gone("visitor.old_signin")
	}
	e, err := s.Finish(c.Context(), state, form.Get("code"))
	if !isCrowded(err) {
		c.SetCookie(stateCookie, "", -1)
	}
	if err != nil {
		return err
	}
	return s.welcome(c, e)
}
