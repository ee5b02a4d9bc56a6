package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/text"
)

// html writes the markup of the parts that stand on a page many times. Go
// writes them about ten times faster than a template would, which decides how
// many pages a small machine answers; everything else is a template.
//
// Every method but raw escapes what it is given.
type html struct {
	strings.Builder
	l      *i18n.Localizer
	assets *assets
	loc    *time.Location
	now    time.Time
}

// raw writes markup of our own: constants only.
func (h *html) raw(s string) { h.WriteString(s) }

// say writes plain text or the value of a quoted attribute.
func (h *html) say(s string) {
	last := 0
	for i := 0; i < len(s); i++ {
		var esc string
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '"':
			esc = "&#34;"
		case '\'':
			esc = "&#39;"
		case 0:
			esc = "\uFFFD"
		default:
			continue
		}
		h.WriteString(s[last:i])
		h.WriteString(esc)
		last = i + 1
	}
	h.WriteString(s[last:])
}

// typo writes plain text by the typography of the page's language.
func (h *html) typo(s string) { h.say(text.Typo(h.l.Lang(), s)) }

// t writes the sentence of a key, tn its plural form.
func (h *html) t(key string, args ...any)         { h.say(h.l.T(key, args...)) }
func (h *html) tn(key string, n int, args ...any) { h.say(h.l.N(key, n, args...)) }

// address writes the value of a quoted href, src or action: only a path, a
// fragment, a query or an address of the web; anything else becomes "#".
func (h *html) address(s string) { h.say(safeAddress(s)) }

func safeAddress(s string) string {
	if s == "" {
		return ""
	}
	switch s[0] {
	case '/', '#', '?':
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "#"
	}
	switch u.Scheme {
	case "http", "https", "mailto":
		return s
	}
	return "#"
}

// attr writes ` name="value"` unless the value is empty.
func (h *html) attr(name, value string) {
	if value == "" {
		return
	}
	h.WriteByte(' ')
	h.WriteString(name)
	h.WriteString(`="`)
	h.say(value)
	h.WriteByte('"')
}

// icon writes an icon of the sprite; its name is a constant of ours.
func (h *html) icon(name string, size int) {
	svg, ok := h.assets.icons[iconKey{name, size}]
	if !ok {
		panic("no icon " + name) // a name written in this package and drawn by its tests
	}
	h.WriteString(string(svg))
}

// link writes an <a>, or the words alone where there is no address.
func (h *html) link(class, to, words string) {
	if to == "" {
		h.say(words)
		return
	}
	h.raw(`<a`)
	h.attr("class", class)
	h.raw(` href="`)
	h.address(to)
	h.raw(`">`)
	h.say(words)
	h.raw(`</a>`)
}

// when writes a <time>: words shown, the full date in its title.
func (h *html) when(t time.Time, words string) {
	t = t.In(h.loc)
	h.raw(`<time datetime="`)
	h.raw(t.Format(time.RFC3339))
	h.raw(`" title="`)
	h.say(h.l.DateTime(t, h.now))
	h.raw(`">`)
	h.say(words)
	h.raw(`</time>`)
}

func (h *html) done() template.HTML { return template.HTML(h.String()) }
