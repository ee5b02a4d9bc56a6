package text

import (
	"html"
	"regexp"
	"strings"
)

// maxQuotes is how deep quotations are read as such.
const maxQuotes = 4

var (
	heading = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*$`)
	bullet  = regexp.MustCompile(`^\s{0,3}([-*+]|\d{1,9}[.)])\s+(.*)$`)
	rule    = regexp.MustCompile(`^\s*([-*_])(\s*[-*_]){2,}\s*$`)
	quoted  = regexp.MustCompile(`^\s{0,3}>\s?(.*)$`)
	inlines = regexp.MustCompile("`([^`]+)`" + `|!?\[([^\]]*)\]\(\s*<?([^\s()<>]+)>?(?:\s+"[^"]*")?\s*\)|(https?://[^\s<>()\[\]"]*[^\s<>()\[\]".,;:!?'])|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\b_([^_\s][^_]*)_\b`)
)

// Markdown turns what some servers send unrendered into HTML, as clean as
// [Sanitize] leaves it: headings, lists, quotations, code, links and emphasis.
// Each line end is a line break, as the authors of such texts expect. What it
// does not know stays as typed; a picture becomes a link.
func Markdown(src string) string {
	src = strings.ReplaceAll(valid(src), "\r\n", "\n")
	var b strings.Builder
	markdownBlocks(&b, strings.Split(src, "\n"), 0)
	return Sanitize(b.String())
}

func markdownBlocks(b *strings.Builder, lines []string, depth int) {
	paragraph := false
	end := func() {
		if paragraph {
			b.WriteString("</p>")
		}
		paragraph = false
	}
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.TrimSpace(line) == "" || rule.MatchString(line):
			end()
		case strings.HasPrefix(strings.TrimLeft(line, " "), "```"):
			end()
			b.WriteString("<pre><code>")
			for i++; i < len(lines) && !strings.HasPrefix(strings.TrimLeft(lines[i], " "), "```"); i++ {
				b.WriteString(html.EscapeString(lines[i]) + "\n")
			}
			b.WriteString("</code></pre>")
		case heading.MatchString(line):
			end()
			m := heading.FindStringSubmatch(line)
			level := string(rune('0' + len(m[1])))
			b.WriteString("<h" + level + ">")
			markdownInline(b, m[2])
			b.WriteString("</h" + level + ">")
		case quoted.MatchString(line) && depth < maxQuotes:
			end()
			var inner []string
			for ; i < len(lines) && quoted.MatchString(lines[i]); i++ {
				inner = append(inner, quoted.FindStringSubmatch(lines[i])[1])
			}
			i--
			b.WriteString("<blockquote>")
			markdownBlocks(b, inner, depth+1)
			b.WriteString("</blockquote>")
		case bullet.MatchString(line):
			end()
			kind := listKind(line)
			b.WriteString("<" + kind + ">")
			for ; i < len(lines) && bullet.MatchString(lines[i]) && listKind(lines[i]) == kind; i++ {
				b.WriteString("<li>")
				markdownInline(b, bullet.FindStringSubmatch(lines[i])[2])
				b.WriteString("</li>")
			}
			i--
			b.WriteString("</" + kind + ">")
		default:
			if paragraph {
				b.WriteString("<br>")
			} else {
				b.WriteString("<p>")
			}
			paragraph = true
			markdownInline(b, strings.TrimSpace(line))
		}
	}
	end()
}

func listKind(line string) string {
	if m := bullet.FindStringSubmatch(line)[1]; len(m) > 1 {
		return "ol"
	}
	return "ul"
}

// markdownInline writes one line. Each match is shorter than what holds it, so
// the recursion ends.
func markdownInline(b *strings.Builder, s string) {
	at := 0
	for _, m := range inlines.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(html.EscapeString(s[at:m[0]]))
		at = m[1]
		part := func(n int) (string, bool) {
			if m[2*n] < 0 {
				return "", false
			}
			return s[m[2*n]:m[2*n+1]], true
		}
		wrap := func(tag, inner string) {
			b.WriteString("<" + tag + ">")
			markdownInline(b, inner)
			b.WriteString("</" + tag + ">")
		}
		if code, ok := part(1); ok {
			b.WriteString("<code>" + html.EscapeString(code) + "</code>")
		} else if target, ok := part(3); ok {
			words, _ := part(2)
			if strings.TrimSpace(words) == "" {
				words = target
			}
			b.WriteString(`<a href="` + html.EscapeString(target) + `">` + html.EscapeString(words) + "</a>")
		} else if target, ok := part(4); ok {
			b.WriteString(`<a href="` + html.EscapeString(target) + `">` + html.EscapeString(target) + "</a>")
		} else if strong, ok := part(5); ok {
			wrap("strong", strong)
		} else if strong, ok := part(6); ok {
			wrap("strong", strong)
		} else if em, ok := part(7); ok {
			wrap("em", em)
		} else if em, ok := part(8); ok {
			wrap("em", em)
		}
	}
	b.WriteString(html.EscapeString(s[at:]))
}
