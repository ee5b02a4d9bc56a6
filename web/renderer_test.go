package web

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
)

func page(name, src string) fstest.MapFS { return fstest.MapFS{name: {Data: []byte(src)}} }

func render(t *testing.T, src string, data any) (string, error) {
	t.Helper()
	r, err := New(Options{Location: paris, Now: galleryNow})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add("x", page("p.html", src)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = r.Render(&b, &Page{Name: "x/p", Lang: "fr", Data: data, CSRF: "tok\"en", Site: Site{Name: "L & Cie"}, Viewer: &Viewer{Name: "Ana", Handle: "ana"}, Path: "/here?x=1&y=2"})
	if err != nil && b.Len() > 0 {
		t.Errorf("an error left %d bytes of page behind", b.Len())
	}
	return b.String(), err
}

func TestContentIsEscaped(t *testing.T) {
	evil := `<script>alert(1)</script>"'`
	card := PostCard{ID: "1", URL: "/@a/1", Author: Author{Name: evil, Handle: evil, Role: evil, URL: "javascript:alert(1)", Outside: true, Software: evil},
		CW: evil, Title: evil, HTML: "<p>sanitised</p>", Lang: "fr", OriginalURL: "javascript:alert(2)", CanBoost: true, CanReply: true, ReplyTo: &Link{evil, "javascript:alert(3)"},
		Media: []Media{{Kind: "image", URL: "javascript:alert(4)", Alt: evil}}}
	out, err := render(t, `{{define "title"}}{{.Data.Title}}{{end}}{{define "main"}}{{template "post-card" (on $ .Data)}}{{end}}`, card)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<script&gt;", `href="javascript:`, `src="javascript:`} {
		if strings.Contains(out, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"<p>sanitised</p>", `value="tok&#34;en"`, `value="/here?x=1&amp;y=2#post-1"`, "L &amp; Cie</title>"} {
		if !strings.Contains(out, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHalfAPageIsNeverWritten(t *testing.T) {
	for _, src := range []string{
		`{{define "main"}}before {{.Data.Nothing}}{{end}}`,
		`{{define "main"}}{{icon .Data}}{{end}}`,
		`{{define "main"}}{{template "nowhere"}}{{end}}`,
		`{{define "main"}}ok{{end}}{{define "context"}}{{.Nothing}}{{end}}`,
	} {
		if _, err := render(t, src, "no-such-icon"); err == nil {
			t.Errorf("%s: rendered", src)
		}
	}
}

func TestUnknownIconIsSeenBeforeAnyPage(t *testing.T) {
	_, err := render(t, `{{define "main"}}{{if false}}{{icon "no-such-icon"}}{{end}}{{end}}`, nil)
	if err == nil || !strings.Contains(err.Error(), "no-such-icon") {
		t.Errorf("err = %v", err)
	}
}

func TestAdd(t *testing.T) {
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	ok := page("p.html", `{{define "main"}}{{template "x/row" .}}{{end}}`)
	ok["_rows.html"] = &fstest.MapFile{Data: []byte(`{{define "x/row"}}row{{end}}`)}
	for name, c := range map[string]struct {
		fsys fstest.MapFS
		ok   bool
	}{
		"nested":   {fstest.MapFS{"templates/q.html": {Data: []byte(`{{define "main"}}q{{end}}`)}}, true},
		"no main":  {page("n.html", `{{define "title"}}x{{end}}`), false},
		"syntax":   {page("s.html", `{{define "main"}}{{if}}{{end}}`), false},
		"function": {page("f.html", `{{define "main"}}{{nofunc}}{{end}}`), false},
		"taken":    {page("_t.html", `{{define "post-card"}}{{end}}`), false},
	} {
		if err := r.Add("x"+strings.Fields(name)[0], c.fsys); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.Add("x", ok); err != nil {
		t.Fatal(err)
	}
	if err := r.Add("x", page("p.html", `{{define "main"}}{{end}}`)); err == nil {
		t.Error("a page was defined twice")
	}
	var b bytes.Buffer
	if err := r.Render(&b, &Page{Name: "x/p"}); err != nil || !strings.Contains(b.String(), "row") {
		t.Errorf("render: %v", err)
	}
	if err := r.Render(&b, &Page{Name: "x/none"}); err == nil {
		t.Error("an unknown page was rendered")
	}
	if err := r.Render(&b, &Page{Name: "x/p", Layout: "none"}); err == nil {
		t.Error("an unknown layout was rendered")
	}
	if err := r.Add("late", page("p.html", `{{define "main"}}{{end}}`)); err == nil {
		t.Error("templates were added after the first page")
	}
	if got := strings.Join(r.Pages(), " "); got != "x/p xnested/q" {
		t.Errorf("pages: %s", got)
	}
}

func TestPartial(t *testing.T) {
	r := newGallery(t)
	var b bytes.Buffer
	card := galleryPosts()[0]
	if err := r.Partial(&b, galleryPage("home", "en"), "post-card", card); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	if !strings.Contains(out, `id="post-11"`) || !strings.Contains(out, "Relayed") || !strings.Contains(out, `value="token"`) || strings.Contains(out, "<html") {
		t.Errorf("partial: %s", out)
	}
}

func TestInitialsAndTint(t *testing.T) {
	for name, want := range map[string]string{"Awa Diop": "AD", "élodie": "É", "Jean-Marc de la Tour": "JT", "": "?", "🦊": "?", "  Zoé  ": "Z", "O'Brien": "OB"} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
	for _, key := range []string{"", "ana", "ana@section.example"} {
		if n := Tint(key); n < 1 || n > 6 || n != Tint(strings.ToUpper(key)) {
			t.Errorf("Tint(%q) = %d", key, n)
		}
	}
}

func TestPlainTextIsSet(t *testing.T) {
	out, err := render(t, `{{define "main"}}{{typo .Data}} {{count 1530}} {{path "groups" "a/b ?"}}{{end}}`, "C'est fini !")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"C’est fini\u202f!", "1\u202f530", "/groups/a%2Fb%20%3F"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q", want)
		}
	}
}
