package text

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Resolved is an account that a mention was found to mean. URL is its page for
// people, URI its ActivityPub id.
type Resolved struct {
	Name, Host, URL, URI string
	ID                   int64
}

// Render turns the plain text of a post into HTML: paragraphs at blank lines,
// line breaks, links, mentions that lookup knows, hashtags at tagURL(folded
// tag), which must escape the tag for its URL. The markup is the one that Mastodon writes, so that every client finds
// its mentions and hashtags. A mention that lookup does not know stays text.
// Spec: Mastodon TextFormatter
func Render(src string, lookup func(Handle) (Resolved, bool), tagURL func(string) string) string {
	src = strings.TrimSpace(strings.ReplaceAll(src, "\r\n", "\n"))
	if src == "" {
		return ""
	}
	var b strings.Builder
	b.Grow(len(src) + len(src)/2 + 16)
	b.WriteString("<p>")
	breaks := 0 // line ends met since the last written character
	flush := func() {
		switch {
		case breaks > 1:
			b.WriteString("</p><p>")
		case breaks == 1:
			b.WriteString("<br>")
		}
		breaks = 0
	}
	scan(src, func(t token) {
		if t.kind != plain {
			flush()
		}
		switch t.kind {
		case plain:
			for line := range strings.SplitAfterSeq(t.src, "\n") {
				words, end := strings.CutSuffix(line, "\n")
				if end {
					words = strings.TrimRight(words, " \t")
				}
				if words != "" && (breaks == 0 || strings.TrimSpace(words) != "") {
					flush()
					b.WriteString(html.EscapeString(words))
				}
				if end {
					breaks++
				}
			}
		case link:
			writeLink(&b, t.src)
		case mention:
			if who, ok := lookup(t.handle); ok && IsWebURL(who.URL) {
				b.WriteString(`<span class="h-card" translate="no"><a href="`)
				b.WriteString(html.EscapeString(who.URL))
				b.WriteString(`" class="u-url mention">@<span>`)
				b.WriteString(html.EscapeString(who.Name))
				b.WriteString(`</span></a></span>`)
			} else {
				b.WriteString(html.EscapeString(t.src))
			}
		case hashtag:
			b.WriteString(`<a href="`)
			b.WriteString(html.EscapeString(tagURL(Fold(t.tag))))
			b.WriteString(`" class="mention hashtag" rel="tag">#<span>`)
			b.WriteString(html.EscapeString(t.tag))
			b.WriteString(`</span></a>`)
		}
	})
	b.WriteString("</p>")
	return b.String()
}

// IsWebURL says whether s is an absolute http or https URL with a host and no
// user name: the only links that are ever shown. (TX6)
func IsWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// shownURL is how much of a URL is visible.
const shownURL = 30

// writeLink writes a URL as Mastodon does: whole in the text, of which the
// scheme and what exceeds thirty characters are hidden by the style sheet. The
// host is always visible, and in ASCII where its letters could deceive.
func writeLink(b *strings.Builder, src string) {
	scheme, rest, _ := strings.Cut(src, "://")
	scheme = strings.ToLower(scheme) + "://"
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, path := honestHost(rest[:end]), rest[end:]
	shown, hidden := host+path, ""
	if keep := max(shownURL, utf8.RuneCountInString(host)); utf8.RuneCountInString(shown) > keep {
		r := []rune(shown)
		shown, hidden = string(r[:keep]), string(r[keep:])
	}
	b.WriteString(`<a href="`)
	b.WriteString(html.EscapeString(scheme + punycode(rest[:end]) + escapeLetters(path)))
	b.WriteString(`" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">`)
	b.WriteString(scheme)
	b.WriteString(`</span>`)
	if hidden == "" {
		b.WriteString(html.EscapeString(shown))
	} else {
		b.WriteString(`<span class="ellipsis">`)
		b.WriteString(html.EscapeString(shown))
		b.WriteString(`</span><span class="invisible">`)
		b.WriteString(html.EscapeString(hidden))
		b.WriteString(`</span>`)
	}
	b.WriteString(`</a>`)
}

// escapeLetters percent-encodes what is not ASCII in a URL, as a browser would.
func escapeLetters(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// honestHost writes a host as it may be shown: as typed when every letter is
// Latin (école.fr), in punycode otherwise, since "аpple" in Cyrillic cannot be
// told from "apple" by eye. Spec: UTS 39
func honestHost(host string) string {
	latin := true
	for _, r := range host {
		if r >= utf8.RuneSelf && !unicode.Is(unicode.Latin, r) {
			latin = false
			break
		}
	}
	if latin {
		return host
	}
	return punycode(host)
}

// punycode writes a host, with its port if it has one, in ASCII.
func punycode(host string) string {
	if isASCII(host) {
		return host
	}
	name, port, ok := strings.Cut(host, ":")
	ascii, err := idna.Lookup.ToASCII(strings.ToLower(name))
	if err != nil {
		ascii = url.PathEscape(name)
	}
	if ok {
		ascii += ":" + port
	}
	return ascii
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
