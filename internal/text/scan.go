package text

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// kind classes a piece of a post's source.
type kind uint8

const (
	plain   kind = iota
	link         // an http or https URL
	mention      // @name or @name@host
	hashtag      // #word
)

// token is a piece of the source: src is the piece as written, concatenating
// all of them gives the source back.
type token struct {
	kind   kind
	src    string
	handle Handle // for a mention
	tag    string // for a hashtag: the word as written, without #
}

// Handle is a mention as somebody wrote it: Name as typed, Host lower-cased, in
// ASCII (punycode), with its port if one was written; "" for a local name.
type Handle struct{ Name, Host string }

// String gives "@name" or "@name@host".
func (h Handle) String() string {
	if h.Host == "" {
		return "@" + h.Name
	}
	return "@" + h.Name + "@" + h.Host
}

// scan cuts src into tokens and gives each to yield, in order.
// It takes time proportional to the length of src.
func scan(src string, yield func(token)) {
	start := 0 // of the plain text not yet given
	prev := ' '
	emit := func(at int, t token) int {
		if start < at {
			yield(token{kind: plain, src: src[start:at]})
		}
		yield(t)
		start = at + len(t.src)
		return start
	}
	for i := 0; i < len(src); {
		c := src[i]
		var t token
		ok := false
		switch {
		case c == 'h' || c == 'H':
			if !wordRune(prev) {
				t, ok = scanLink(src[i:])
			}
		case c == '@':
			if !wordRune(prev) && !strings.ContainsRune("/=@.-&", prev) {
				t, ok = scanMention(src[i:])
			}
		case c == '#':
			if !wordRune(prev) && !strings.ContainsRune("/=)&#", prev) {
				t, ok = scanTag(src[i:])
			}
		}
		if ok {
			i = emit(i, t)
			prev, _ = utf8.DecodeLastRuneInString(t.src)
			continue
		}
		r, n := utf8.DecodeRuneInString(src[i:])
		prev = r
		i += n
	}
	if start < len(src) {
		yield(token{kind: plain, src: src[start:]})
	}
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// scanLink reads a URL at the start of s. Only http and https, only with a
// host, and never with a user name: "https://bank.example@evil.example" would
// show another host than the one it leads to.
func scanLink(s string) (token, bool) {
	n := len("http://")
	switch {
	case len(s) > 8 && strings.EqualFold(s[:8], "https://"):
		n = len("https://")
	case len(s) > 7 && strings.EqualFold(s[:7], "http://"):
	default:
		return token{}, false
	}
	if !hasHost(s[n:]) {
		return token{}, false
	}
	end := n
	for end < len(s) {
		r, w := utf8.DecodeRuneInString(s[end:])
		if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) ||
			unicode.Is(unicode.Cf, r) || strings.ContainsRune("<>\"`«»“”\\", r) {
			break
		}
		if end += w; end > maxLink {
			// No link, and nothing in it is: the scan stays linear.
			return token{kind: plain, src: s[:end]}, true
		}
	}
	end = n + len(trimURLTail(s[n:end]))
	u, err := url.Parse(s[:end])
	if err != nil || u.User != nil || !validHost(u.Hostname()) {
		return token{}, false
	}
	return token{kind: link, src: s[:end]}, true
}

// hasHost looks whether s, after the scheme, begins like a host name.
func hasHost(s string) bool {
	if strings.HasPrefix(s, "[") || strings.HasPrefix(strings.ToLower(s[:min(len(s), 9)]), "localhost") {
		return true
	}
	for i, r := range s {
		if r == '.' && i > 0 {
			return true
		}
		if !wordRune(r) && r != '-' {
			return false
		}
	}
	return false
}

// trimURLTail leaves out the punctuation of the sentence around a URL, and a
// closing bracket that the URL itself did not open.
func trimURLTail(s string) string {
	opens := strings.Count(s, "(") + strings.Count(s, "[")
	closes := strings.Count(s, ")") + strings.Count(s, "]")
	for s != "" {
		r, w := utf8.DecodeLastRuneInString(s)
		switch {
		case strings.ContainsRune(".,;:!?#&'*_~’…、。", r):
		case (r == ')' || r == ']') && closes > opens:
			closes--
		default:
			return s
		}
		s = s[:len(s)-w]
	}
	return s
}

// validHost says whether a URL's host name looks like one: labels of letters,
// digits and hyphens, and at least one dot, or localhost, or an IPv6 address.
func validHost(h string) bool {
	if strings.Contains(h, ":") { // between brackets in the URL: net/url has checked its form
		return true
	}
	if !strings.Contains(h, ".") && h != "localhost" {
		return false
	}
	for label := range strings.SplitSeq(h, ".") {
		if label == "" {
			return false
		}
		for _, r := range label {
			if !wordRune(r) && r != '-' {
				return false
			}
		}
	}
	return true
}

// scanMention reads "@name" or "@name@host[:port]" at the start of s.
func scanMention(s string) (token, bool) {
	n := 1 + nameLen(s[1:])
	if n == 1 {
		return token{}, false
	}
	name := s[1:n]
	if n < len(s) && s[n] == '@' {
		if host, w := scanHost(s[n+1:]); w > 0 {
			end := n + 1 + w
			return token{kind: mention, src: s[:end], handle: Handle{name, host}}, true
		}
		return token{}, false
	}
	if r, _ := utf8.DecodeRuneInString(s[n:]); n < len(s) && wordRune(r) {
		return token{}, false // "@rené" is nobody's handle, and not @ren either
	}
	return token{kind: mention, src: s[:n], handle: Handle{Name: name}}, true
}

// nameLen is the length of the user name at the start of s: [a-z0-9_], with
// dots and hyphens inside, as Mastodon reads them.
func nameLen(s string) int {
	end := 0
	for i := 0; i < len(s) && i < 128; i++ {
		switch c := s[i]; {
		case c < utf8.RuneSelf && wordRune(rune(c)):
			end = i + 1
		case (c == '.' || c == '-') && end > 0:
		default:
			return end
		}
	}
	return end
}

// scanHost reads a host name and its port at the start of s; w is 0 if there is none.
func scanHost(s string) (host string, w int) {
	for w < len(s) && w < 300 {
		r, n := utf8.DecodeRuneInString(s[w:])
		if !wordRune(r) && r != '-' && r != '.' {
			break
		}
		w += n
	}
	w = len(strings.TrimRight(s[:w], ".-_"))
	if w == 0 {
		return "", 0
	}
	ascii, err := idna.Lookup.ToASCII(strings.ToLower(s[:w]))
	if err != nil {
		return "", 0
	}
	if w+1 < len(s) && s[w] == ':' {
		p := w + 1
		for p < len(s) && p < w+6 && s[p] >= '0' && s[p] <= '9' {
			p++
		}
		if p > w+1 && (p == len(s) || !wordRune(rune(s[p]))) {
			ascii += s[w:p]
			w = p
		}
	}
	return ascii, w
}

// scanTag reads "#word" at the start of s. A word has letters, marks, digits,
// underscores and middle dots, and at least one letter: "#2026" is a number.
func scanTag(s string) (token, bool) {
	n, letter, runes := 1, false, 0
	last := n // end of the last rune that is not a middle dot
	for n < len(s) {
		r, w := utf8.DecodeRuneInString(s[n:])
		if !wordRune(r) && r != '·' && r != '・' && r != '\u200c' {
			break
		}
		if r == utf8.RuneError {
			break
		}
		n += w
		if runes++; runes > maxTag {
			return token{}, false
		}
		if wordRune(r) {
			last = n
		}
		letter = letter || unicode.IsLetter(r) || r == '_'
	}
	if !letter || strings.Trim(s[1:last], "_·・\u200c") == "" {
		return token{}, false
	}
	return token{kind: hashtag, src: s[:last], tag: s[1:last]}, true
}

// maxTag is the longest hashtag, in characters; maxLink the longest URL, in
// bytes. What is longer is plain text.
const (
	maxTag  = 100
	maxLink = 2048
)
