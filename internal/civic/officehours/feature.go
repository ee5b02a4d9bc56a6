package officehours

import (
	"embed"
	"io/fs"
	"sync"

	"github.com/maillage/maillage/internal/civic"
	"github.com/maillage/maillage/internal/feature"
)

//go:embed migrations all:templates i18n styles
var files embed.FS

func wordFiles() fs.FS { return feature.Sub(files, "i18n") }

// New makes the service on the trunk.
func New(t civic.Trunk) *Service { return &Service{Trunk: t, bundle: sync.OnceValue(newBundle)} }

// Feature is what this slice brings to an instance.
func Feature(t civic.Trunk) feature.Feature {
	s := New(t)
	if t.Real() {
		t.Posts.Parts = append(t.Posts.Parts, s.Part())
		t.Visitors.Acts[actBook] = s.bookVisitor
		t.Visitors.Forgotten = append(t.Visitors.Forgotten, s.forgetVisitor)
	}
	return feature.Feature{
		Name:            "officehours",
		Migrations:      feature.Sub(files, "migrations"),
		Templates:       feature.Sub(files, "templates"),
		Styles:          feature.Sub(files, "styles"),
		Strings:         wordFiles(),
		Web:             s.Web,
		More:            []feature.Entry{{Label: "officehours.nav", Hint: "officehours.nav_hint", Icon: "clock", URL: Path, Public: true}},
		Jobs:            s.Jobs(),
		OnAccountDelete: s.Erase,
	}
}
