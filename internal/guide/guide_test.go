package guide

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/maillage/maillage/web"
)

// TestEachGuideInEachLanguage: they have the same parts, and hold what a reader may copy.
func TestEachGuideInEachLanguage(t *testing.T) {
	of := about{"section.example", "Section de *Nulle-Part* <b>"}
	for _, name := range Names {
		var parts int
		for _, lang := range []string{"fr", "en"} {
			g, err := read(web.Guides(), lang, name, of)
			if err != nil {
				t.Fatal(err)
			}
			out := string(g.HTML)
			if g.Title == "" || len(g.Parts) < 5 || strings.Contains(out, "{{") || strings.Contains(out, "<h1") || strings.Contains(out, "<b>") {
				t.Errorf("%s/%s: %q, %d parts", lang, name, g.Title, len(g.Parts))
			}
			for _, p := range g.Parts {
				if !strings.Contains(out, `<h2 id="`+p.ID+`">`) {
					t.Errorf("%s/%s: no part %q", lang, name, p.ID)
				}
			}
			if parts == 0 {
				parts = len(g.Parts)
			} else if parts != len(g.Parts) {
				t.Errorf("%s has %d parts in one language, %d in the other", name, parts, len(g.Parts))
			}
			if !strings.Contains(out, of.Host) {
				t.Errorf("%s/%s does not name the server", lang, name)
			}
		}
	}
	files, err := fs.Glob(web.Guides(), "*/*.md")
	if err != nil || len(files) != 2*len(Names) {
		t.Errorf("files %v, %v", files, err)
	}
}
