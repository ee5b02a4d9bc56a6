package app

import (
	"github.com/maillage/maillage/internal/auth/authweb"
	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/push"
	"github.com/maillage/maillage/internal/report"
)

// addresses are the pages of a Mastodon that apps open in a browser (Tusky and
// Tuba a report, Ice Cubes and Moshidon the settings), and ours in their place.
var addresses = map[string]string{
	"/admin/reports":                      report.Path,
	"/settings":                           "/reglages",
	"/settings/profile":                   "/reglages",
	"/settings/privacy":                   "/reglages",
	"/settings/preferences/other":         "/reglages",
	"/settings/preferences/notifications": push.SettingsPath,
	"/auth/edit":                          authweb.PasswordPath,
}

// known leads from those addresses to ours, which see to who may look.
func known() feature.Feature {
	return feature.Feature{Name: "addresses", Web: func(r *httpx.Router) {
		for from, to := range addresses {
			r.Get(from, httpx.SignedIn, func(c *httpx.Ctx) error { return c.Redirect(to) })
		}
		r.Get("/admin/reports/{report:[0-9]+}", httpx.SignedIn, func(c *httpx.Ctx) error {
			return c.Redirect(report.Path + "/" + c.Var("report"))
		})
	}}
}
