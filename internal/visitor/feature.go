package visitor

import (
	"embed"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed migrations templates i18n styles
var files embed.FS

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:            "visitor",
		Migrations:      feature.Sub(files, "migrations"),
		Templates:       feature.Sub(files, "templates"),
		Styles:          feature.Sub(files, "styles"),
		Strings:         feature.Sub(files, "i18n"),
		Web:             s.Web,
		Jobs:            s.Jobs(),
		OnAccountDelete: s.Erase,
	}
}
