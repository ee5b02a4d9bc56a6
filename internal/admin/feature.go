package admin

import (
	"embed"
	"io/fs"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed i18n
var files embed.FS

// Strings holds the words of errors.
func Strings() fs.FS { return feature.Sub(files, "i18n") }

// Feature is what this slice brings to an instance. It stores nothing of its own.
func Feature(s *Service) feature.Feature {
	return feature.Feature{Name: "admin", API: s.API}
}
