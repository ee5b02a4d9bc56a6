package web

import (
	"bytes"
	"testing"
	"testing/fstest"
	"time"
)

func testRenderer(t *testing.T, pages fstest.MapFS) *Renderer {
	t.Helper()
	paris := time.FixedZone("CET", 3600)
	r, err := New(Options{Location: paris, Now: func() time.Time { return time.Date(2026, 12, 1, 10, 0, 0, 0, paris) }})
	if err != nil {
		t.Fatal(err)
	}
	if pages != nil {
		if err := r.Add("x", pages); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestRenderX(t *testing.T) {
	r := testRenderer(t, fstest.MapFS{"p.html": {Data: []byte(`{{define "title"}}L'été{{end}}{{define "main"}}{{template "composer" .Data}}{{end}}`)}})
	var b bytes.Buffer
	err := r.Render(&b, &Page{Name: "x/p", Data: Composer{Choices: []AudienceChoice{{Key: "section"}, {Key: "public"}}}, Site: Site{Name: "Grenoble"}, Viewer: &Viewer{Name: "Ana Diop", Handle: "ana"}})
	t.Log(b.String(), err)
}
