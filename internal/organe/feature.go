package organe

import (
	"embed"

	"github.com/maillage/maillage/internal/feature"
	"github.com/maillage/maillage/internal/httpx"
)

//go:embed migrations templates i18n
var files embed.FS

// Feature is what this slice brings to an instance.
func Feature(s *Service) feature.Feature {
	return feature.Feature{
		Name:            "organe",
		Migrations:      feature.Sub(files, "migrations"),
		Templates:       feature.Sub(files, "templates"),
		Strings:         feature.Sub(files, "i18n"),
		Web:             s.Web,
		More:            []feature.Entry{{Label: "organe.title", Hint: "organe.hint", Icon: "landmark", URL: AdminPath, Who: httpx.Admin}},
		OnAccountDelete: Erase,
	}
}
