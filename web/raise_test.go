package web_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/maillage/maillage/web"
)

// TestFirstOfAMonth: pages in French raise the letters of a date in their text, and
// neither in their title nor in attributes; pages in English have none to raise.
func TestFirstOfAMonth(t *testing.T) {
	r, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add("x", fstest.MapFS{"day.html": {Data: []byte(`{{define "main"}}<p title="{{.Data}}">{{.Data}}</p>{{end}}`)}}); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"fr": `<p title="mardi 1er mai">mardi 1<sup>er</sup> mai</p>`, "en": `<p title="mardi 1er mai">mardi 1er mai</p>`} {
		var b bytes.Buffer
		if err := r.Render(&b, &web.Page{Name: "x/day", Lang: lang, Title: "Le 1er mai", Site: web.Site{Name: "S"}, Data: "mardi 1er mai"}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) || !strings.Contains(b.String(), "<title>Le 1er mai · S</title>") {
			t.Errorf("%s: %s", lang, b.String())
		}
	}
}
