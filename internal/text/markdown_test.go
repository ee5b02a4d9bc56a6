package text

import (
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"one\r\ntwo\r\n\r\nthree":             "<p>one<br>two</p><p>three</p>",
		"# Title\ntext":                       "<h1>Title</h1><p>text</p>",
		"- a\n- **b**\n\n1. c":                "<ul><li>a</li><li><strong>b</strong></li></ul><ol><li>c</li></ol>",
		"> said\n> so\n\nanswer":              "<blockquote><p>said<br>so</p></blockquote><p>answer</p>",
		"`a<b` and *so* _on_ snake_case_name": "<p><code>a&lt;b</code> and <em>so</em> <em>on</em> snake_case_name</p>",
		"```\n<b>&\n```":                      "<pre><code>&lt;b&gt;&amp;\n</code></pre>",
		"2 * 3 * 4":                           "<p>2 * 3 * 4</p>",
		"a\n---\nb":                           "<p>a</p><p>b</p>",
		"<script>alert(1)</script>":           "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
		"[x](javascript:alert%281%29)":        "<p>x</p>",
	} {
		if got := Markdown(in); got != want {
			t.Errorf("%q:\n got %s\nwant %s", in, got, want)
		}
	}
	got := Markdown("see [the page](https://a.example/b) and https://c.example/d, or ![a cat](https://e.example/f.png)")
	for _, link := range []string{`href="https://a.example/b"`, `href="https://c.example/d"`, `href="https://e.example/f.png"`} {
		if !strings.Contains(got, link) {
			t.Errorf("%s is missing in %s", link, got)
		}
	}
	for _, deep := range []string{strings.Repeat("> ", 20000) + "x", strings.Repeat("[", 20000), strings.Repeat("**", 20000), strings.Repeat("_a", 20000)} {
		if out := Markdown(deep); Sanitize(out) != out {
			t.Error("what comes out is not clean")
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"# a\n- b\n> c\n```\nd\n```\n**e** *f* [g](https://h.example) `i`", "<b onclick=x>", "[](https://a.example)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if out := Markdown(src); Sanitize(out) != out {
			t.Errorf("%q gives %q, which is not clean", src, out)
		}
	})
}
