package group

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed migrations all:templates i18n
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:            "group",
		Migrations:      Migrations(),
		Templates:       feature.Sub(files, "templates"),
		Strings:         feature.Sub(files, "i18n"),
		Web:             s.Web,
		Nav:             []feature.Entry{{Label: "group.title", Icon: "users", URL: ListPath, Place: 2}},
		Activities:      s.Activities(),
		Objects:         s.Objects(),
		Jobs:            s.Jobs(),
		OnAccountDelete: s.Erase,
	}
}
