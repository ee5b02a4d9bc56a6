package timeline

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed migrations templates i18n
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:            "timeline",
		Migrations:      Migrations(),
		OnAccountDelete: s.Erase,
		Jobs:            s.Jobs(),
		Templates:       feature.Sub(files, "templates"),
		Strings:         feature.Sub(files, "i18n"),
		Web:             s.Web,
		API:             s.API,
	}
}
