package push

import (
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// SettingsPath is the page on what pushes say.
const SettingsPath = "/reglages/notifications"

// Web declares the page.
func (s *Service) Web(r *httpx.Router) {
	r.Get(SettingsPath, httpx.SignedIn, s.settings)
	r.Post(SettingsPath, httpx.SignedIn, s.saveSettings)
}

// settingsView is the page on what pushes say.
type settingsView struct {
	Details bool
	Apps    int // that are woken
}

func (s *Service) settings(c *httpx.Ctx) error {
	var v settingsView
	var err error
	if v.Details, err = s.Details(c.Context(), c.Viewer.AccountID); err != nil {
		return err
	}
	if v.Apps, err = s.Apps(c.Context(), c.Viewer.AccountID); err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "push/settings", Data: v})
}

func (s *Service) saveSettings(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.SetDetails(c.Context(), c.Viewer.AccountID, form.Get("details") == "yes"); err != nil {
		return err
	}
	c.Flash("success", "push.saved")
	return c.Redirect(SettingsPath)
}
