package authweb

import (
	"net/http"
	"net/url"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// signInView is the sign-in page.
type signInView struct {
	Summary  web.ErrorSummary
	Login    web.Field
	Password web.Field
	Next     string // local path to go to afterwards
	Force    bool   // the form is shown to somebody signed in, to become another
}

// signInURL leads to the sign-in page and from there to next.
func signInURL(next string, force bool) string {
	q := url.Values{"next": {next}}
	if force {
		q.Set("force", "1")
	}
	return SignInPath + "?" + q.Encode()
}

func (p pages) signIn(c *httpx.Ctx) error {
	c.SetLang(c.Query("lang"))
	next, force := httpx.LocalPath(c.Query("next"), "/"), c.Query("force") == "1"
	if c.Viewer != nil && !force {
		return c.Redirect(next)
	}
	return p.showSignIn(c, http.StatusOK, "", next, force, nil)
}

func (p pages) showSignIn(c *httpx.Ctx, status int, login, next string, force bool, problem error) error {
	v := signInView{
		Login: web.Field{Name: "login", Label: c.T("auth.login_label"), Value: login, Type: "text", Autocomplete: "username",
			InputMode: "email", MaxLength: 254, Required: true},
		Password: web.Field{Name: "password", Label: c.T("auth.password_label"), Type: "password",
			Autocomplete: "current-password", MaxLength: auth.MaxPassword, Required: true},
		Next: next, Force: force,
	}
	if problem != nil {
		v.Summary = web.ErrorSummary{
			Title: c.T("auth.not_signed_in"), Text: c.ErrorText(problem),
			Errors: []web.FieldError{{Name: "password", Text: c.T("auth.try_again")}},
		}
	}
	return c.PageStatus(status, &web.Page{
		Name: "auth/sign-in", Layout: web.LayoutPlain, CSRF: c.CSRF(), NoIndex: true, Path: SignInPath, Data: v,
	})
}

func (p pages) doSignIn(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	login, next := form.Get("login"), httpx.LocalPath(form.Get("next"), "/")
	token, _, err := p.auth.SignIn(c.Context(), login, form.Get("password"), c.Addr())
	switch apperr.KindOf(err) {
	case apperr.KindInvalid, apperr.KindTooMany, apperr.KindForbidden:
		if err != nil {
			return p.showSignIn(c, httpx.Status(err), login, next, form.Get("force") == "1", err)
		}
	}
	if err != nil {
		return err
	}
	if c.Viewer != nil { // whoever had this browser before has left it
		if err := p.auth.SignOut(c.Context(), c.Viewer); err != nil {
			return err
		}
	}
	c.StartSession(token, auth.SessionAge)
	return c.Redirect(next)
}

func (p pages) signOut(c *httpx.Ctx) error {
	if c.Viewer != nil {
		if err := p.auth.SignOut(c.Context(), c.Viewer); err != nil {
			return err
		}
	}
	c.EndSession()
	c.Flash("success", "auth.signed_out")
	return c.Redirect("/")
}
