package text

import (
	"strings"
	"testing"
	"time"
)

// Fifty kilobytes of anything are read in the time of a page view: no input
// makes the reading take more than in proportion to its length.
func TestTX03HostileLengths(t *testing.T) {
	for _, unit := range []string{
		"<", "&", "&#", "<a ", `<a href="https://x.example">`, `<a href="https://x.example">x.example </a>`,
		"<ul><li>", "</p>", "<p><b>", "<svg>", "<object>", "</object>", `<span class="invisible">`, "<!--", "<![CDATA[",
		"@", "@a@b", "@a@", "#", "#a", "http://", "!http://%", "!http://a.b", "http://a.b/?(", "https://a.example/(", "\u0301", "👩\u200d", "🇫", "é", "\xff",
		"\n", "\n \n", "a.b@", "‹›", "x.y ",
	} {
		src := strings.Repeat(unit, 50_000/len(unit))
		inLink := `<a href="https://evil.example/">` + src + "</a>"
		for name, f := range map[string]func(){
			"Sanitize":         func() { Sanitize(src) },
			"Sanitize in link": func() { Sanitize(inLink) },
			"Plain":            func() { Plain(src) },
			"Clean":            func() { Clean(src, 5000) },
			"PlainName":        func() { PlainName(src, 100) },
			"Render":           func() { Render(src, known, tagPage) },
			"Count":            func() { Count(src) },
			"Parse":            func() { Parse(src) },
			"Fold":             func() { Fold(src) },
		} {
			start := time.Now()
			f()
			if took := time.Since(start); took > time.Second {
				t.Errorf("%s of %q repeated takes %s", name, unit, took)
			}
		}
	}
}
