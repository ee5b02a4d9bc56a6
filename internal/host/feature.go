package host

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed migrations i18n
var files embed.FS

// Migrations holds the tables of this slice.
func Migrations() fs.FS { return feature.Sub(files, "migrations") }

// Strings holds the sentences for what goes wrong, fr.yaml and en.yaml.
func Strings() fs.FS { return feature.Sub(files, "i18n") }

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{Name: "host", Migrations: Migrations(), OnAccountDelete: s.Erase}
}
