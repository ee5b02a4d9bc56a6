package guide

import (
	"embed"

	"github.com/maillage/maillage/internal/feature"
)

//go:embed templates styles i18n
var files embed.FS

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:      "guide",
		Templates: feature.Sub(files, "templates"),
		Strings:   feature.Sub(files, "i18n"),
		More:      []feature.Entry{{Label: "guide.title", Hint: "guide.hint", Icon: "book-open", URL: Path}},
		Styles:    feature.Sub(files, "styles"),
		Web:       s.Web,
	}
}
