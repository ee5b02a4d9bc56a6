package instance

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/httpx"
)

//go:embed migrations templates i18n
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:       "instance",
		Migrations: Migrations(),
		Templates:  feature.Sub(files, "templates"),
		Strings:    feature.Sub(files, "i18n"),
		More: []feature.Entry{
			{Label: "instance.about", Hint: "instance.about_hint", Icon: "house", URL: AboutPath},
			{Label: "instance.admin", Hint: "instance.admin_hint", Icon: "settings", URL: AdminPath, Who: httpx.Admin},
		},
		Web: s.Web,
		API: s.API,
	}
}
