package text

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// maxDepth is how deep elements may nest; deeper ones are left out, their text
// stays.
const maxDepth = 32

// class of an element for the rebuilding: what it may stand in.
type class uint8

const (
	inline    class = 1 + iota // a span em strong del code
	paragraph                  // p h1…h6 pre: hold inline only
	container                  // blockquote ul ol li: hold anything
)

// elements gives each allowed element its class. Elements that say the same
// thing are written in one way.
var elements = map[string]struct {
	name  string
	class class
}{
	"a": {"a", inline}, "span": {"span", inline}, "code": {"code", inline},
	"em": {"em", inline}, "i": {"em", inline},
	"strong": {"strong", inline}, "b": {"strong", inline},
	"del": {"del", inline}, "s": {"del", inline}, "strike": {"del", inline},
	"p": {"p", paragraph}, "pre": {"pre", paragraph},
	"h1": {"h1", paragraph}, "h2": {"h2", paragraph}, "h3": {"h3", paragraph},
	"h4": {"h4", paragraph}, "h5": {"h5", paragraph}, "h6": {"h6", paragraph},
	"blockquote": {"blockquote", container}, "ul": {"ul", container}, "ol": {"ol", container},
	"li": {"li", container},
}

// rebuilder writes a balanced copy of allowed HTML. It opens and closes
// elements by rules simple enough that a browser, whose own are not, builds
// exactly the tree that was written: a block closes the inline elements and the
// paragraph before it, an item exists only in a list, a link not in a link.
type rebuilder struct {
	out   bytes.Buffer
	open  []string // the stack of open elements
	link  openLink
	first bool // the next text is the first in a pre
}

// rebuild rewrites the output of the policy. It never fails: what cannot stand
// where it is gets left out, its text stays.
func rebuild(src string) string {
	var r rebuilder
	r.out.Grow(len(src) + len(src)/4)
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			r.closeTo(0)
			return r.out.String()
		case html.TextToken:
			r.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(string(name))
		}
	}
}

func (r *rebuilder) text(s string) {
	// Control characters can come out of character references, after the input
	// was checked.
	s = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0 {
			return -1
		}
		return c
	}, s)
	if r.first {
		// A parser drops the first line end of a pre: leave it out ourselves, so
		// that reading twice changes nothing.
		s = strings.TrimLeft(s, "\n")
	}
	if s == "" {
		return
	}
	r.first = false
	r.out.WriteString(html.EscapeString(s))
}

func (r *rebuilder) start(t html.Token) {
	if t.Data == "br" {
		r.first = false
		r.out.WriteString("<br>")
		return
	}
	el, ok := elements[t.Data]
	if !ok {
		return
	}
	switch el.class {
	case inline:
		if el.name == "a" {
			r.closeNearest("a", len(r.open))
		}
	default:
		r.closeInline()
		if el.name == "li" {
			list := r.lastList()
			if list < 0 {
				return
			}
			r.closeTo(min(list+1, len(r.open)))
		}
	}
	if len(r.open) >= maxDepth {
		return
	}
	r.first = false
	switch el.name {
	case "a":
		if !r.startLink(t) {
			return
		}
	case "span", "p":
		class, translate, _ := attributes(t)
		if r.link.href == "" {
			class = show(class) // only a link may hide words, and endLink looks at it
		}
		writeTag(&r.out, el.name, "", class, translate)
	default:
		r.out.WriteString("<" + el.name + ">")
		r.first = el.name == "pre"
	}
	r.open = append(r.open, el.name)
}

func (r *rebuilder) end(name string) {
	el, ok := elements[name]
	if !ok {
		return
	}
	r.closeNearest(el.name, len(r.open))
}

// closeNearest closes the nearest open element of that name, and what is open
// in it.
func (r *rebuilder) closeNearest(name string, from int) {
	for i := from - 1; i >= 0; i-- {
		if r.open[i] == name {
			r.closeTo(i)
			return
		}
	}
}

// closeInline closes what may not hold a block: inline elements and paragraphs.
func (r *rebuilder) closeInline() {
	for i, name := range r.open {
		if elements[name].class != container {
			r.closeTo(i)
			return
		}
	}
}

// lastList is the place of the list that an item would belong to, -1 for none.
func (r *rebuilder) lastList() int {
	for i := len(r.open) - 1; i >= 0; i-- {
		switch r.open[i] {
		case "ul", "ol":
			return i
		case "blockquote":
			return -1
		}
	}
	return -1
}

// closeTo closes elements until n are open.
func (r *rebuilder) closeTo(n int) {
	for len(r.open) > n {
		name := r.open[len(r.open)-1]
		r.open = r.open[:len(r.open)-1]
		if name == "a" {
			r.endLink()
			continue
		}
		r.first = false
		r.out.WriteString("</" + name + ">")
	}
}

// attributes reads what is left of an element's attributes after the policy.
func attributes(t html.Token) (class string, translateNo bool, href string) {
	for _, a := range t.Attr {
		switch a.Key {
		case "class":
			class = keepClasses(a.Val)
		case "translate":
			translateNo = a.Val == "no"
		case "href":
			href = a.Val
		}
	}
	return class, translateNo, href
}

// keepClasses leaves the known names of a class attribute.
func keepClasses(s string) string {
	if classes[s] || s == "" || s == "u-url mention" || s == "mention hashtag" {
		return s
	}
	var kept []string
	for _, name := range strings.Fields(s) {
		if classes[name] {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, " ")
}

// writeTag writes a start tag; class must come from keepClasses.
func writeTag(b *bytes.Buffer, name, href, class string, translateNo bool) {
	b.WriteString("<" + name)
	if href != "" {
		b.WriteString(` href="` + html.EscapeString(href) + `"`)
	}
	if class != "" {
		b.WriteString(` class="` + class + `"`)
	}
	if name == "a" {
		b.WriteString(` rel="nofollow noopener noreferrer"`)
	}
	if translateNo {
		b.WriteString(` translate="no"`)
	}
	b.WriteByte('>')
}
