package visitor

import (
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// Path is the page of a visitor.
const Path = "/visite"

// Web declares the pages of visitors.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.Public, s.getHere)
	r.Post(Path+"/quitter", httpx.Public, s.postLeave)
	r.Post(Path+"/effacer", httpx.Public, s.postForget)
	r.Get(Path+"/retour/{key}", httpx.Public, s.getReturn)
	r.Post(Path+"/retour/{key}", httpx.Public, s.postReturn)
	r.Get(Path+"/compte/retour", httpx.Public, s.getReturned)
	r.Post(Path+"/compte/retour", httpx.Public, s.postReturned, httpx.Timeout(time.Minute))
	r.Get(Path+"/agir", httpx.Public, s.getIntent)
	r.Post(Path+"/agir", httpx.Public, s.postIntent, httpx.Timeout(time.Minute))
	r.Get(Path+"/{token}", httpx.Public, s.getConfirm)
	r.Post(Path+"/{token}", httpx.Public, s.postConfirm)
}

// Open reports whether there is a way for people from outside to say who they are.
func (s *Service) Open() bool { return s.Mail.Ready() || s.Client != nil }

// pageView is a page of one sentence and one button.
type pageView struct {
	Status                   int // 0 is 200
	Icon, Title, Text, Under string
	Action, Button           string
	Fields                   []web.HiddenField
	Go                       *web.Link // out of here
	Second                   *web.Act
	Back                     *web.Link
}

func (s *Service) show(c *httpx.Ctx, v pageView) error {
	c.Private()
	p := &web.Page{Name: "visitor/page", Layout: web.LayoutPlain, Title: v.Title, NoIndex: true, Data: v}
	if v.Action != "" || v.Second != nil {
		p.CSRF = c.CSRF()
	}
	return c.PageStatus(max(v.Status, http.StatusOK), p)
}

// Form is the page where somebody from outside says who they are.
type Form struct {
	Title, Text string
	Action      string      // takes "name", "email" and the fields of More; "handle" for an account elsewhere
	More        []web.Field // what else is asked
	Hidden      []web.HiddenField
	Name, Email string // as typed
	Handle      string
	Back        web.Link
	Errors      []web.FieldError
}

// formView is the page of a Form.
type formView struct {
	Form
	Summary       web.ErrorSummary
	Fields        []web.Field
	Account       web.Field
	Mail, SignIn  bool
	SignInAddress string
}

// ShowForm answers with a Form.
func (s *Service) ShowForm(c *httpx.Ctx, f Form) error {
	status := http.StatusOK
	if len(f.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	v := formView{Form: f, Summary: web.ErrorSummary{Errors: f.Errors}, Mail: s.Mail.Ready(), SignIn: s.Client != nil,
		SignInAddress: "/connexion?back=" + url.QueryEscape(f.Back.URL)}
	v.Fields = append([]web.Field{
		{Name: "name", Label: c.T("visitor.field.name"), Hint: c.T("visitor.field.name_hint"), Value: f.Name, Required: true, MaxLength: MaxName, Autocomplete: "name"},
		{Name: "email", Label: c.T("visitor.field.email"), Hint: c.T("visitor.field.email_hint"), Type: "email", Value: f.Email, Required: true, MaxLength: 254, Autocomplete: "email"},
	}, f.More...)
	v.Account = web.Field{Name: "handle", Label: c.T("visitor.field.handle"), Hint: c.T("visitor.field.handle_hint"), Value: f.Handle, Required: true, MaxLength: 300,
		Autocomplete: "username", InputMode: "url"}
	for _, e := range f.Errors {
		for i := range v.Fields {
			if v.Fields[i].Name == e.Name {
				v.Fields[i].Error = e.Text
			}
		}
		if v.Account.Name == e.Name {
			v.Account.Error = e.Text
		}
	}
	c.Private()
	return c.PageStatus(status, &web.Page{Name: "visitor/form", Layout: web.LayoutPublic, Title: f.Title, NoIndex: true, CSRF: c.CSRF(), Data: v})
}

// ShowSent says that a letter is on its way, whether or not one is.
func (s *Service) ShowSent(c *httpx.Ctx, email string, back web.Link) error {
	return s.show(c, pageView{Icon: "mail", Title: c.T("visitor.sent"), Text: c.T("visitor.sent_text", "Email", email), Under: c.T("visitor.sent_under"), Back: &back})
}

func (s *Service) getConfirm(c *httpx.Ctx) error {
	a, err := pending(c.Context(), s.DB.Read(), c.Var("token"))
	if err != nil {
		return s.used(c, err)
	}
	return s.show(c, pageView{Icon: "circle-check", Title: c.T("visitor.confirm"), Text: c.T("visitor.confirm_text", "Email", a.Email),
		Action: Path + "/" + c.Var("token"), Button: c.T("visitor.confirm_do")})
}

func (s *Service) postConfirm(c *httpx.Ctx) error {
	e, err := s.Confirm(c.Context(), c.Var("token"))
	if err != nil {
		return s.used(c, err)
	}
	return s.welcome(c, e)
}

// used says of a link that is no longer valid what there is to do, to who has most
// likely just followed it.
func (s *Service) used(c *httpx.Ctx, err error) error {
	if !apperr.Is(err, apperr.KindGone) {
		return err
	}
	v, look := s.Current(c)
	if look != nil || v == nil {
		return err
	}
	return s.show(c, pageView{Status: http.StatusGone, Icon: "info", Title: c.T("visitor.old_link.title"), Text: c.T("visitor.known_here", "Who", v.Who()),
		Back: &web.Link{Name: c.T("visitor.home"), URL: "/"}})
}

// welcome begins the session of a visitor in their browser.
func (s *Service) welcome(c *httpx.Ctx, e *Entry) error {
	c.SetCookie(cookie, e.Session, sessionAge)
	if x, ok := apperr.As(e.Refused); ok {
		c.Flash("error", x.Key, x.Args...)
	}
	return c.Redirect(httpx.LocalPath(e.Back, Path))
}

func (s *Service) getReturn(c *httpx.Ctx) error {
	v, err := s.returning(c.Context(), c.Var("key"), c.Query("vers"))
	if err != nil {
		return err
	}
	return s.show(c, pageView{Icon: "circle-check", Title: c.T("visitor.back"), Text: c.T("visitor.back_text", "Who", v.Who()),
		Action: Path + "/retour/" + c.Var("key"), Button: c.T("visitor.go_on"), Fields: []web.HiddenField{{Name: "vers", Value: c.Query("vers")}}})
}

func (s *Service) postReturn(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	v, err := s.returning(c.Context(), c.Var("key"), form.Get("vers"))
	if err != nil {
		return err
	}
	session, err := s.Resume(c.Context(), v.ID)
	if err != nil {
		return err
	}
	return s.welcome(c, &Entry{Session: session, Back: form.Get("vers")})
}

// getHere says to a visitor who they are here, and lets them go.
func (s *Service) getHere(c *httpx.Ctx) error {
	v, err := s.Current(c)
	if err != nil {
		return err
	}
	if v == nil {
		return s.show(c, pageView{Icon: "info", Title: c.T("visitor.nobody"), Text: c.T("visitor.nobody_text"), Back: &web.Link{Name: c.T("visitor.home"), URL: "/"}})
	}
	return s.show(c, pageView{Icon: "user-round", Title: c.T("visitor.here", "Name", v.Name), Text: c.T("visitor.here_text", "Who", v.Who()), Under: c.T("visitor.here_under"),
		Action: Path + "/quitter", Button: c.T("visitor.leave"), Second: &web.Act{Label: c.T("visitor.forget"), URL: Path + "/effacer"}, Back: &web.Link{Name: c.T("visitor.home"), URL: "/"}})
}

func (s *Service) postLeave(c *httpx.Ctx) error {
	if err := s.leave(c); err != nil {
		return err
	}
	c.Flash("success", "visitor.left")
	return c.Redirect("/")
}

func (s *Service) postForget(c *httpx.Ctx) error {
	v, err := s.Current(c)
	if err != nil {
		return err
	}
	if v != nil {
		if err := s.Forget(c.Context(), v.ID); err != nil {
			return err
		}
	}
	c.SetCookie(cookie, "", -1)
	c.Flash("success", "visitor.forgotten")
	return c.Redirect("/")
}
