package text

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
)

// This file keeps links honest: a reader who looks at a link knows where it
// leads. Mastodon hides the scheme and the tail of long links by the classes
// "invisible" and "ellipsis"; the same classes would hide the true host behind
// the name of a bank.
// Spec: TX7, CVE-2023-36462

// openLink is the link being written.
type openLink struct {
	href string
	at   int // offset in the output of what follows the start tag
}

// startLink writes the start tag of a link; false leaves the link out.
func (r *rebuilder) startLink(t xhtml.Token) bool {
	class, translate, href := attributes(t)
	if !IsWebURL(href) && !strings.Contains(linkTarget(href), "@") {
		return false
	}
	writeTag(&r.out, "a", href, show(class), translate)
	r.link = openLink{href: href, at: r.out.Len()}
	return true
}

// endLink closes the link, after making what it shows agree with where it leads.
func (r *rebuilder) endLink() {
	words := string(r.out.Bytes()[r.link.at:])
	if shown := honest(words, r.link.href); shown != words {
		r.out.Truncate(r.link.at)
		r.out.WriteString(shown)
	}
	r.out.WriteString("</a>")
	r.link = openLink{}
}

// shortened is a link as Mastodon writes it: hidden scheme, visible host and
// beginning, hidden end.
var shortened = regexp.MustCompile(`^<span class="invisible">(https?://(?:www\.)?)</span>(?:<span(?: class="ellipsis")?>)?([^<]+)(?:</span>)?(?:<span class="invisible">([^<]*)</span>)?$`)

// spanTag is the beginning of a span with its classes, as writeTag writes it.
var spanTag = regexp.MustCompile(`<span class="([^"]*)"`)

// show takes the class that hides out of a list of classes.
func show(class string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(class), func(c string) bool { return c == "invisible" }), " ")
}

var tags = regexp.MustCompile(`<[^>]*>`)

// honest gives the inside of a link to href, from what its author wrote (our
// own canonical HTML): nothing hidden unless the whole is the link itself with
// its host in sight, and the true host added where the words name another.
func honest(inside, href string) string {
	if m := shortened.FindStringSubmatch(inside); m != nil {
		whole, visible := html.UnescapeString(m[1]+m[2]+m[3]), html.UnescapeString(m[2])
		u, err := url.Parse(href)
		if err == nil && sameURL(whole, u) && showsHost(visible, u.Host) {
			return inside
		}
	}
	if strings.Contains(inside, "invisible") {
		inside = spanTag.ReplaceAllStringFunc(inside, func(tag string) string {
			class := spanTag.FindStringSubmatch(tag)[1]
			if class = show(class); class == "" {
				return "<span"
			}
			return `<span class="` + class + `"`
		})
	}
	target := linkTarget(href)
	words := strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(inside, " ")))
	solid := strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(inside, "")))
	switch mark := "[" + target + "]"; {
	case strings.HasSuffix(solid, mark):
		return inside
	case solid == "" && !strings.Contains(inside, "<"):
		return html.EscapeString(mark)
	case misleads(words, target) || misleads(solid, target):
		return inside + html.EscapeString(" "+mark)
	}
	return inside
}

// sameURL compares a URL as written in words with a link's: they may differ in
// the escaping of letters and in a last slash.
func sameURL(words string, u *url.URL) bool {
	w, err := url.Parse(words)
	return err == nil && w.Scheme == u.Scheme && w.User == nil &&
		asciiHost(w.Hostname()) == asciiHost(u.Hostname()) && w.Port() == u.Port() &&
		strings.TrimSuffix(w.Path, "/") == strings.TrimSuffix(u.Path, "/") &&
		escapeLetters(w.RawQuery) == escapeLetters(u.RawQuery) && w.Fragment == u.Fragment
}

// showsHost says whether words begin with the whole of a URL's host, in a form
// that can't be taken for another.
func showsHost(words, host string) bool {
	words = strings.TrimPrefix(words, "www.")
	end := strings.IndexAny(words, "/?#")
	if end < 0 {
		end = len(words)
	}
	shown := words[:end]
	return honestHost(shown) == shown &&
		asciiHost(shown) == asciiHost(host) // with their ports, if any
}

// linkTarget is what a link leads to, as it may be shown: the host, or the
// address of a mailto link; "" for a link that leads nowhere allowed.
func linkTarget(href string) string {
	u, err := url.Parse(href)
	switch {
	case err != nil:
		return ""
	case u.Scheme == "mailto":
		address, err := url.PathUnescape(u.Opaque)
		if err != nil || !strings.Contains(address, "@") {
			return ""
		}
		return PlainName(address, 0)
	}
	return asciiHost(u.Hostname())
}

// asciiHost writes a host name in one way: lower-case punycode without www.
func asciiHost(host string) string {
	return strings.TrimPrefix(punycode(strings.ToLower(host)), "www.")
}

// address is a word that reads like a web or mail address.
var address = regexp.MustCompile(`^(https?:/*|www\.)?(?:[^/@\s]*@)?((?:[\p{L}\p{N}_-]+\.)+[\p{L}][\p{L}\p{N}-]+)\.?(?:[:/?#].*|[^\p{L}\p{N}]*)$`)

// misleads says whether the words of a link name another host than its target:
// their first word reads like an address, or any word has a scheme or www.
func misleads(words, target string) bool {
	for i, word := range strings.Fields(words) {
		word = strings.TrimLeft(Fold(strings.Map(visibleOnly, word)), `"'«»“”‘’([{<*`)
		if strings.HasPrefix(word, "@") || strings.HasPrefix(word, "#") {
			continue
		}
		m := address.FindStringSubmatch(word)
		if m == nil || i > 0 && m[1] == "" {
			continue
		}
		if strings.Contains(target, "@") { // a mail link
			if !strings.Contains(word, Fold(target)) {
				return true
			}
			continue
		}
		if host := asciiHost(m[2]); host != target && Fold(host) != Fold(target) {
			return true
		}
	}
	return false
}

// visibleOnly drops the characters that take no room.
func visibleOnly(r rune) rune {
	if isHidden(r) || r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\u2060' || r == '\u00ad' || r == '\ufeff' {
		return -1
	}
	return r
}
