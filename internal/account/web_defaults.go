package account

import (
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/web"
)

// defaultAudiences are those that the settings page offers to somebody, the closest first.
func defaultAudiences(me *Account, v *auth.Viewer) []string {
	out := []string{defaultFollowers, defaultDirect}
	if v.Member {
		out = append([]string{defaultSection}, out...)
	}
	if me.Public {
		out = append(out, defaultPublic, defaultUnlisted)
	}
	return out
}

// defaultFields are the form on what somebody's new posts are.
func (s *Service) defaultFields(c *httpx.Ctx, me *Account, l *auth.Login) []web.Field {
	now := readDefaults(l)
	audience := now.Audience
	if now.Unlisted {
		audience = defaultUnlisted
	}
	whom := web.Field{Name: "default_audience", Label: c.T("account.defaults.audience"), Type: "radio"}
	for _, a := range defaultAudiences(me, c.Viewer) {
		label := "audience." + a
		if a == defaultUnlisted {
			label = "account.defaults.unlisted"
		}
		whom.Choices = append(whom.Choices, web.Choice{Value: a, Label: c.T(label), Checked: a == audience})
	}
	if !me.Public {
		whom.Hint = c.T("account.defaults.closed")
	}
	lang := web.Field{Name: "default_lang", Label: c.T("account.defaults.lang"), Type: "select", Short: true,
		Choices: []web.Choice{{Value: "", Label: c.T("account.defaults.lang.pages"), Checked: l.DefaultLang == ""}}}
	known := i18n.Languages()
	if l.DefaultLang != "" && !slices.Contains(known, l.DefaultLang) { // chosen in an app
		lang.Choices = append(lang.Choices, web.Choice{Value: l.DefaultLang, Label: l.DefaultLang, Checked: true})
	}
	for _, code := range known {
		lang.Choices = append(lang.Choices, web.Choice{Value: code, Label: c.T("account.lang." + code), Checked: code == l.DefaultLang})
	}
	quotes := web.Field{Name: "default_quotes", Label: c.T("account.defaults.quotes"), Type: "select", Short: true}
	for _, q := range []string{quotesEverybody, quotesFollowers, quotesNobody} {
		quotes.Choices = append(quotes.Choices, web.Choice{Value: q, Label: c.T("account.defaults.quotes." + q), Checked: q == now.Quotes})
	}
	covered := web.Field{Name: "default_sensitive", Label: c.T("account.defaults.sensitive"), Type: "checkbox", Checked: l.DefaultSensitive}
	return []web.Field{whom, lang, quotes, covered}
}

// saveDefaults stores what the person's new posts are unless they say otherwise.
func (s *Service) saveDefaults(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	me, err := ByID(c.Context(), s.DB.Read(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	login, err := s.Auth.Login(c.Context(), s.DB.Read(), me.ID)
	if err != nil {
		return err
	}
	want := auth.Defaults{DefaultAudience: form.Get("default_audience"), DefaultLang: form.Get("default_lang"),
		DefaultSensitive: form.Get("default_sensitive") != "", DefaultQuotes: form.Get("default_quotes")}
	switch {
	case (want.DefaultAudience == defaultPublic || want.DefaultAudience == defaultUnlisted) && !me.Public:
		return c.Redirect("/reglages/accord?pour=" + ConsentPublic)
	case !slices.Contains(defaultAudiences(me, c.Viewer), want.DefaultAudience),
		!slices.Contains([]string{quotesEverybody, quotesFollowers, quotesNobody}, want.DefaultQuotes),
		want.DefaultLang != "" && want.DefaultLang != login.DefaultLang && !i18n.Known(want.DefaultLang):
		return apperr.BadRequest("httpx.bad_request")
	}
	if err := s.SetDefaults(c.Context(), me.ID, want); err != nil {
		return err
	}
	c.Flash("success", "account.saved")
	return c.Redirect("/reglages")
}
