package text

import (
	"strings"

	"golang.org/x/net/html"
)

// Plain gives the words of some HTML, without markup, for search, notifications
// and summaries: a line end for <br>, a blank line between blocks, "- " before
// the items of a list. What scripts and styles hold is not words. It takes any
// HTML, sanitised or not; the result is text and must be escaped where it is shown.
func Plain(src string) string {
	src = valid(src)
	if !strings.ContainsAny(src, "<&") {
		return Clean(src, 0)
	}
	var b strings.Builder
	b.Grow(len(src))
	z := html.NewTokenizer(strings.NewReader(src))
	breaks := 0    // line ends due before the next word
	skipping := "" // the element whose content is not words
	depth := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return Clean(b.String(), 0)
		case html.TextToken:
			s := string(z.Text())
			if skipping != "" || s == "" {
				continue
			}
			if breaks > 0 {
				if s = strings.TrimLeft(s, " \n\t"); s == "" {
					continue
				}
				if b.Len() > 0 {
					b.WriteString(strings.Repeat("\n", min(breaks, 2)))
				}
				breaks = 0
			}
			b.WriteString(s)
		case html.StartTagToken, html.SelfClosingTagToken:
			name := tagOf(z)
			switch {
			case skipping == name:
				depth++
			case skipping != "":
			case silent[name]:
				skipping, depth = name, 1
			case name == "br":
				breaks++
			case name == "li":
				if b.Len() > 0 {
					b.WriteByte('\n')
				}
				b.WriteString("- ")
				breaks = 0
			case blocks[name] > 0:
				breaks = max(breaks, blocks[name])
			}
		case html.EndTagToken:
			name := tagOf(z)
			switch {
			case skipping == name:
				if depth--; depth == 0 {
					skipping = ""
				}
			case skipping != "":
			case blocks[name] > 0:
				breaks = max(breaks, blocks[name])
			}
		}
	}
}

func tagOf(z *html.Tokenizer) string {
	name, _ := z.TagName()
	return string(name)
}

// silent elements hold no words; blocks are followed by so many line ends.
var (
	silent = map[string]bool{
		"script": true, "style": true, "template": true, "svg": true, "math": true, "title": true,
		"noscript": true, "iframe": true, "object": true, "textarea": true, "select": true,
	}
	blocks = map[string]int{
		"p": 2, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2, "pre": 2, "blockquote": 2,
		"ul": 2, "ol": 2, "div": 1, "tr": 1, "table": 2, "section": 2, "article": 2, "hr": 2,
	}
)

// Words is a text as it reads: without markup, with single spaces.
func Words(s string) string { return strings.Join(strings.Fields(Plain(s)), " ") }
