package authweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// devicesView lists where somebody is signed in.
type devicesView struct {
	Rows   []deviceRow
	Others bool // there are more than this browser
}

type deviceRow struct {
	Name    string
	Here    bool
	Rights  []string
	Created time.Time
	Used    time.Time
	End     string // where to post in order to end it
}

func (p pages) devices(c *httpx.Ctx) error {
	list, err := p.auth.Sessions(c.Context(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	v := devicesView{Rows: make([]deviceRow, 0, len(list)), Others: len(list) > 1}
	for _, t := range list {
		row := deviceRow{
			Name: t.AppName, Here: t.ID == c.Viewer.TokenID, Created: time.UnixMilli(t.CreatedAt), Used: time.UnixMilli(t.LastUsedAt),
			End: DevicesPath + "/" + strconv.FormatInt(t.ID, 10),
		}
		switch {
		case t.Web():
			row.Name = c.T("auth.device_browser")
		case row.Name == "":
			row.Name = c.T("auth.device_command")
		}
		if !t.Web() {
			scopes, _ := auth.ParseScopes(t.Scopes)
			row.Rights = rights(c, scopes)
		}
		v.Rows = append(v.Rows, row)
	}
	return c.Page(&web.Page{Name: "auth/devices", Data: v})
}

func (p pages) endOne(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.auth.Revoke(c.Context(), c.Viewer.AccountID, id); err != nil {
		return err
	}
	if id == c.Viewer.TokenID {
		c.EndSession()
		c.Flash("success", "auth.signed_out")
		return c.Redirect("/")
	}
	c.Flash("success", "auth.device_ended")
	return c.Redirect(DevicesPath)
}

func (p pages) endOthers(c *httpx.Ctx) error {
	if err := p.auth.EndOthers(c.Context(), c.Viewer); err != nil {
		return err
	}
	c.Flash("success", "auth.others_ended")
	return c.Redirect(DevicesPath)
}

// passwordView is the form to change one's password.
type passwordView struct {
	Summary web.ErrorSummary
	Fields  []web.Field
}

func (p pages) password(c *httpx.Ctx) error { return p.showPassword(c, http.StatusOK, nil) }

func (p pages) showPassword(c *httpx.Ctx, status int, problems []web.FieldError) error {
	v := passwordView{Summary: web.ErrorSummary{Errors: problems}, Fields: []web.Field{
		{Name: "current", Label: c.T("auth.password_current"), Type: "password", Autocomplete: "current-password", Required: true, MaxLength: auth.MaxPassword},
		{Name: "password", Label: c.T("auth.password_new"), Hint: c.T("auth.password_hint", "Min", auth.MinPassword), Type: "password",
			Autocomplete: "new-password", Required: true, MaxLength: auth.MaxPassword},
	}}
	for i := range v.Fields {
		for _, e := range problems {
			if e.Name == v.Fields[i].Name {
				v.Fields[i].Error = e.Text
			}
		}
	}
	return c.PageStatus(status, &web.Page{Name: "auth/password", Data: v})
}

func (p pages) changePassword(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	ok, err := p.auth.CheckPassword(c.Context(), c.Viewer.AccountID, form.Get("current"))
	if err != nil {
		return err
	}
	if !ok {
		return p.showPassword(c, http.StatusUnprocessableEntity, []web.FieldError{{Name: "current", Text: c.T("auth.password_wrong")}})
	}
	err = p.auth.ChangePassword(c.Context(), c.Viewer, form.Get("password"))
	if apperr.Is(err, apperr.KindInvalid) {
		return p.showPassword(c, http.StatusUnprocessableEntity, c.FieldErrors(err))
	}
	if err != nil {
		return err
	}
	c.Flash("success", "auth.password_changed")
	return c.Redirect(DevicesPath)
}
