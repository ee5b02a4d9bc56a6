package preview

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/maillage/maillage/activitypub/as"
)

// FuzzRead: whatever a page holds, its preview is short plain text and the
// address of a picture, if any.
//
// Spec: TX1; Spec: FE8
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`<html><head><title>Un titre</title><meta property="og:title" content="La soupe &amp; le marché"><meta property="og:image" content="/photo.png"></head><body>`,
		`<title><b>x</b></title><meta name=description content='<script>alert(1)</script>'><meta property=og:image content='javascript:alert(1)'>`,
		"<title>\u202e\xff\x00a</title><meta property=og:image content='//b.example/\x00'><meta name=author content='https://a.example'>",
		`<TITLE/><meta property=og:title content="` + strings.Repeat("é", 300) + `"><meta property=og:image:secure_url content="http://[::1">`, `<!--<title>`,
	} {
		f.Add([]byte(s), "https://a.example/b/c")
	}
	f.Add([]byte("<title>t</title><meta property=og:image content='../c'>"), "::")
	s := &Service{Base: "https://ici.example"}
	f.Fuzz(func(t *testing.T, page []byte, base string) {
		if href := s.linkIn(string(page)); href != "" && as.HTTPURL(href) == "" {
			t.Errorf("asks for %q", href)
		}
		v := Read(page, base)
		if v == nil {
			return
		}
		for _, line := range []string{v.Title, v.Description, v.Site, v.Author, v.ImageAlt} {
			if !utf8.ValidString(line) || utf8.RuneCountInString(line) > maxText || strings.ContainsAny(line, "\x00\r\n\u202e\u200b") {
				t.Errorf("a line of the preview: %q", line)
			}
		}
		if v.Title == "" || v.Image != "" && (as.HTTPURL(v.Image) == "" || len(v.Image) > maxAddress) {
			t.Errorf("%+v", v)
		}
	})
}
