package movement

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

func childURL(host string) string { return AdminPath + "/serveur/" + url.PathEscape(host) }

// childRow is a child in a list.
type childRow struct {
	Name, Host, URL    string
	State, Kind, Grant string
	Reason             string
	Since              time.Time
}

// kindOf is the colour of a state.
func kindOf(l *Link, holds bool) string {
	switch {
	case l.State == Joined && holds:
		return "success"
	case l.State == Asked, l.State == NewRoot:
		return "info"
	case l.State == Left:
		return ""
	}
	return "danger"
}

func childWords(c *httpx.Ctx, l *Link, now time.Time) childRow {
	r := childRow{Name: l.Name, Host: l.Host, URL: childURL(l.Host), State: c.T("movement.down." + l.State), Reason: l.Reason, Since: time.UnixMilli(l.CreatedAt)}
	r.Kind = kindOf(l, l.Ends().After(now))
	if l.State == Joined {
		if !l.Ends().After(now) {
			r.State = c.T("movement.down.expired")
		}
		r.Grant = grantWords(c, l.Grant())
	}
	return r
}

func grantWords(c *httpx.Ctx, g Grant) string {
	out := levelWords(c, g.Level)
	if g.Territory != "" {
		out += ", " + g.Territory
	}
	return out
}

func levelWords(c *httpx.Ctx, level string) string {
	switch level {
	case "section", "federation", "national":
		return c.T("movement.level." + level)
	}
	return level
}

type childView struct {
	Summary        web.ErrorSummary
	Row            childRow
	Asked, Joined  bool
	Fields, Reason []web.Field
	URL, Back      string
	Ends           time.Time
}

func (s *Service) getChild(c *httpx.Ctx) error { return s.showChild(c, http.StatusOK, nil, nil) }

func (s *Service) showChild(c *httpx.Ctx, status int, form url.Values, errs []web.FieldError) error {
	l, err := linkWith(c.Context(), s.DB.Read(), RoleChild, c.Var("host"))
	if err != nil {
		return err
	}
	if l == nil {
		return apperr.NotFound("movement.no_child")
	}
	g := l.Grant()
	if l.State == Asked {
		// Beforehand it is granted all that it may have here.
		g.Organes = []string{AnyOrgane}
		if app, aerr := s.App(c.Context()); aerr == nil {
			if b, berr := s.book(c.Context(), s.DB.Read()); berr == nil {
				if own, cerr := b.chain(app.URI, s.now()); cerr == nil && len(own) > 0 {
					g.Territory, g.Organes = own[0].Territory, own[0].Organes
				}
			}
		}
	}
	v := childView{Summary: web.ErrorSummary{Errors: errs}, Row: childWords(c, l, s.now()), Asked: l.State == Asked, Joined: l.State == Joined,
		URL: childURL(l.Host), Back: AdminPath, Ends: l.Ends()}
	value := func(name, have string) string {
		if form != nil && form.Has(name) {
			return form.Get(name)
		}
		return have
	}
	v.Fields = []web.Field{
		{Name: "level", Label: c.T("movement.level"), Hint: c.T("movement.level.hint"), Value: value("level", g.Level), Required: true, Short: true},
		{Name: "territory", Label: c.T("movement.territory"), Hint: c.T("movement.territory.hint"), Value: value("territory", g.Territory), Optional: true},
		{Name: "organes", Label: c.T("movement.organes"), Hint: c.T("movement.organes.hint"), Value: value("organes", strings.Join(g.Organes, ", ")), Optional: true},
	}
	known, err := bodiesOf(c.Context(), s.DB.Read(), l.Host)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		v.Fields[2].Hint += " " + c.T("movement.organes.known", "Names", strings.Join(known, ", "))
	}
	v.Reason = []web.Field{{Name: "reason", Type: "textarea", Rows: 3, Label: c.T("movement.reason"), Hint: c.T("movement.reason.hint"), Value: value("reason", ""), MaxLength: maxReason, Required: true}}
	for _, list := range [][]web.Field{v.Fields, v.Reason} {
		for i := range list {
			for _, e := range errs {
				if e.Name == list[i].Name {
					list[i].Error = e.Text
				}
			}
		}
	}
	return c.PageStatus(status, &web.Page{Name: "movement/child", Title: l.Name, NoIndex: true, CSRF: c.CSRF(), Data: v})
}

func (s *Service) postAccept(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	g := Grant{Level: form.Get("level"), Territory: form.Get("territory"), Organes: strings.Split(form.Get("organes"), ",")}
	return s.decided(c, form, s.Accept(c.Context(), c.Viewer.AccountID, c.Var("host"), g), "movement.accepted_flash")
}

func (s *Service) postRefuse(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	return s.decided(c, form, s.Refuse(c.Context(), c.Viewer.AccountID, c.Var("host"), form.Get("reason")), "movement.refused_flash")
}

func (s *Service) postUnlink(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	return s.decided(c, form, s.Unlink(c.Context(), c.Viewer.AccountID, c.Var("host"), form.Get("reason")), "movement.unlinked_flash")
}

func (s *Service) decided(c *httpx.Ctx, form url.Values, err error, words string) error {
	if errs := c.FieldErrors(err); errs != nil {
		return s.showChild(c, http.StatusUnprocessableEntity, form, errs)
	}
	return s.after(c, err, words)
}
