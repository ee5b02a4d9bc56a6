package text

import (
	"regexp"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// policy is the one allow-list of HTML. Building it takes a millisecond, so
// that is done at the first use; it is never changed afterwards.
//
// Spec: TX4 and Mastodon's HTML sanitisation. i, b, s, u and strike are let in
// here and become em, strong and del in rebuild.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "span", "ul", "ol", "li", "blockquote", "pre", "code",
		"em", "strong", "del", "i", "b", "s", "strike", "h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowNoAttrs().OnElements("span")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^[a-zA-Z0-9_\- \t\n]{1,200}$`)).OnElements("a", "span", "p")
	p.AllowAttrs("translate").Matching(regexp.MustCompile(`^no$`)).OnElements("a", "span")
	p.SkipElementsContent("svg", "math", "template", "textarea", "select", "applet", "xmp", "plaintext",
		"audio", "video", "canvas", "embed", "form")
	return p
})

// classes are the only class names that survive, and what they are for:
// mentions and hashtags (clients look for them), Mastodon's shortening of
// links, and the line that repeats the link of a quoted post.
var classes = map[string]bool{
	"mention": true, "hashtag": true, "u-url": true, "h-card": true,
	"ellipsis": true, "invisible": true, "quote-inline": true,
}

// Sanitize rebuilds somebody else's HTML from the allow-list. The result is
// balanced, so that it can't leave the element in which it is shown; links are
// http, https or mailto, lead where they say (see links in rebuild.go) and give
// neither referrer nor opener. Sanitize(Sanitize(x)) == Sanitize(x).
// Spec: TX4, TX7
func Sanitize(html string) string {
	html = valid(html)
	if isPlainHTML(html) {
		return html
	}
	return rebuild(policy().Sanitize(html))
}

// isPlainHTML says whether s holds nothing that an HTML parser would read as
// anything but letters, and nothing that Sanitize would write otherwise.
func isPlainHTML(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '<', '>', '&', '"', '\'', '\r', 0x7f:
			return false
		default:
			if c < ' ' && c != '\n' && c != '\t' || c == 0xc2 && s[i+1] < 0xa0 {
				return false // a control character, of ASCII or of Latin 1
			}
		}
	}
	return true
}
