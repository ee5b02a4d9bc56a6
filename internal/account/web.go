package account

import (
	"context"
	"net/http"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth/authweb"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// ThemeCookie holds the theme that a browser chose: "light", "dark" or none.
const ThemeCookie = "theme"

// profileRows is how many lines of a profile the settings page offers.
const profileRows = 4

// Web declares the settings of one's own account.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/reglages", httpx.SignedIn, s.settings)
	r.Post("/reglages", httpx.SignedIn, s.saveSettings)
	r.Post("/reglages/affichage", httpx.SignedIn, s.saveDisplay)
	r.Post("/reglages/messages", httpx.SignedIn, s.saveDefaults)
	r.Get("/reglages/accord", httpx.SignedIn, s.askConsent)
	r.Post("/reglages/accord", httpx.SignedIn, s.giveConsent)
	r.Get("/reglages/retrait", httpx.SignedIn, s.askWithdraw)
	r.Post("/reglages/retrait", httpx.SignedIn, s.withdraw)
}

// settingsView is the settings page.
type settingsView struct {
	Summary web.ErrorSummary
	Fields  []web.Field
	Rows    []profileRow
	State   string // private, address, public: who may see the account
	Handle  string
	Given   []consentRow
	Lang    web.Field
	Theme   web.Field
	Usual   []web.Field // what new posts are

	Password, Devices string // addresses
}

type profileRow struct{ Name, Value web.Field }

// consentRow is a consent that was given, shown to the person who gave it.
type consentRow struct {
	Kind        string
	GivenAt     int64
	WithdrawnAt int64
}

// Given is when.
func (r consentRow) Given() time.Time { return time.UnixMilli(r.GivenAt) }

// Withdrawn is when it was taken back, zero if it holds.
func (r consentRow) Withdrawn() time.Time {
	if r.WithdrawnAt == 0 {
		return time.Time{}
	}
	return time.UnixMilli(r.WithdrawnAt)
}

func (s *Service) settings(c *httpx.Ctx) error {
	me, err := ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	fields := make([][2]string, 0, profileRows)
	for _, f := range me.FieldList() {
		fields = append(fields, [2]string{f.Name, text.Plain(f.Value)})
	}
	return s.showSettings(c, http.StatusOK, me, settingsForm{me.DisplayName, me.NoteSource, me.Locked, fields}, nil)
}

// settingsForm is what the person sees in, or sent with, the form.
type settingsForm struct {
	Name, Note string
	Locked     bool
	Fields     [][2]string
}

func (s *Service) showSettings(c *httpx.Ctx, status int, me *Account, f settingsForm, errs []web.FieldError) error {
	given, err := s.consents(c, me.ID)
	if err != nil {
		return err
	}
	login, err := s.Auth.Login(c.Context(), s.DB.Read(), me.ID)
	if err != nil {
		return err
	}
	problem := func(name string) string {
		for _, e := range errs {
			if e.Name == name {
				return e.Text
			}
		}
		return ""
	}
	v := settingsView{
		Summary: web.ErrorSummary{Errors: errs},
		Handle:  "@" + me.Username + "@" + s.Host,
		State:   "private",
		Given:   given, Password: authweb.PasswordPath, Devices: authweb.DevicesPath,
		Fields: []web.Field{
			{Name: "display_name", Label: c.T("account.name"), Hint: c.T("account.name.hint"), Value: f.Name, Autocomplete: "name", MaxLength: MaxName, Error: problem("display_name")},
			{Name: "note", Label: c.T("account.note"), Hint: c.T("account.note.hint"), Value: f.Note, Type: "textarea", Rows: 5, Spellcheck: true, Optional: true, Error: problem("note")},
			{Name: "locked", Label: c.T("account.locked"), Hint: c.T("account.locked.hint"), Type: "checkbox", Checked: f.Locked},
		},
		Usual: s.defaultFields(c, me, login),
		Lang:  web.Field{Name: "lang", Label: c.T("account.lang"), Type: "select", Short: true, Choices: languages(c)},
		Theme: web.Field{Name: "theme", Label: c.T("account.theme"), Type: "radio", Choices: []web.Choice{
			{Value: "", Label: c.T("account.theme.system"), Checked: Theme(c) == ""},
			{Value: "light", Label: c.T("account.theme.light"), Checked: Theme(c) == "light"},
			{Value: "dark", Label: c.T("account.theme.dark"), Checked: Theme(c) == "dark"},
		}},
	}
	for i := range profileRows {
		var have [2]string
		if i < len(f.Fields) {
			have = f.Fields[i]
		}
		n := string(rune('1' + i))
		v.Rows = append(v.Rows, profileRow{
			web.Field{Name: "field_name_" + n, Label: c.T("account.field_name", "N", n), Value: have[0], MaxLength: MaxName},
			web.Field{Name: "field_value_" + n, Label: c.T("account.field_value", "N", n), Value: have[1], MaxLength: MaxFieldValue},
		})
	}
	switch {
	case me.Public:
		v.State = "public"
	case me.Reachable:
		v.State = "address"
	}
	return c.PageStatus(status, &web.Page{Name: "account/settings", Title: c.T("account.settings"), NoIndex: true, Data: v})
}

func languages(c *httpx.Ctx) []web.Choice {
	out := []web.Choice{{Value: "", Label: c.T("account.lang.browser"), Checked: c.Viewer.Lang == ""}}
	for _, l := range i18n.Languages() {
		out = append(out, web.Choice{Value: l, Label: c.T("account.lang." + l), Checked: c.Viewer.Lang == l})
	}
	return out
}

// Theme is the theme that the browser chose, "" for the system's.
func Theme(c *httpx.Ctx) string {
	if ck, err := c.R.Cookie(ThemeCookie); err == nil && (ck.Value == "light" || ck.Value == "dark") {
		return ck.Value
	}
	return ""
}

func (s *Service) consents(c *httpx.Ctx, id int64) ([]consentRow, error) {
	return db.All[consentRow](c.Context(), s.DB.Read(), `select kind, given_at, withdrawn_at
		from consent where account_id = $1 order by id desc`, id)
}

func (s *Service) saveSettings(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	f := settingsForm{Name: form.Get("display_name"), Note: form.Get("note"), Locked: form.Get("locked") != ""}
	fields := []Field{}
	for i := range profileRows {
		n := string(rune('1' + i))
		name, value := form.Get("field_name_"+n), form.Get("field_value_"+n)
		f.Fields = append(f.Fields, [2]string{name, value})
		if name != "" || value != "" {
			fields = append(fields, Field{Name: name, Value: value})
		}
	}
	_, err = s.Update(c.Context(), c.Viewer.AccountID, Profile{Name: &f.Name, Note: &f.Note, Locked: &f.Locked, Fields: &fields})
	if errs := c.FieldErrors(err); errs != nil {
		me, err := ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
		if err != nil {
			return err
		}
		return s.showSettings(c, http.StatusUnprocessableEntity, me, f, errs)
	}
	if err != nil {
		return err
	}
	c.Flash("success", "account.saved")
	return c.Redirect("/reglages")
}

// saveDisplay keeps the language with the account, and the theme with the
// browser: the same person may want a dark telephone and a light desk.
func (s *Service) saveDisplay(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	lang, theme := form.Get("lang"), form.Get("theme")
	if lang != "" && !i18n.Known(lang) || theme != "" && theme != "light" && theme != "dark" {
		return apperr.BadRequest("httpx.bad_request")
	}
	if err := s.SetLang(c.Context(), c.Viewer.AccountID, lang); err != nil {
		return err
	}
	ck := &http.Cookie{Name: ThemeCookie, Value: theme, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: c.Secure(), SameSite: http.SameSiteLaxMode}
	if theme == "" {
		ck.MaxAge = -1
	}
	http.SetCookie(c.W, ck)
	c.SetLang(lang)
	c.Flash("success", "account.saved")
	return c.Redirect("/reglages")
}

// SetLang stores the language of an account, "" for the browser's.
func (s *Service) SetLang(ctx context.Context, accountID int64, lang string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.Auth.SetLang(ctx, tx, accountID, lang) })
}

// askConsent shows what a consent means, without any act waiting for it. The
// answer leads back to the page that asked, which next names.
func (s *Service) askConsent(c *httpx.Ctx) error {
	kind := c.Query("pour")
	if _, known := consentWords[kind]; !known {
		return apperr.NotFound("httpx.not_found")
	}
	a := Ask{Kind: kind, Action: "/reglages/accord", Yes: c.T("account.consent.yes"), Back: httpx.LocalPath(c.Query("next"), "/reglages")}
	if a.Back != "/reglages" {
		a.Fields = []web.HiddenField{{Name: "next", Value: a.Back}}
	}
	return s.Ask(c, a)
}

func (s *Service) giveConsent(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Agreed(c); err != nil {
		return err
	}
	c.Flash("success", "account.consent.done")
	return c.Redirect(httpx.LocalPath(form.Get("next"), "/reglages"))
}

func (s *Service) askWithdraw(c *httpx.Ctx) error {
	return c.Page(&web.Page{Name: "account/withdraw", Title: c.T("account.withdraw.title"), NoIndex: true})
}

func (s *Service) withdraw(c *httpx.Ctx) error {
	if err := s.Withdraw(c.Context(), c.Viewer.AccountID); err != nil {
		return err
	}
	c.Flash("success", "account.withdraw.done")
	return c.Redirect("/reglages")
}
