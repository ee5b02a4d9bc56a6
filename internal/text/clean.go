package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// PlainName makes a one-line text safe to store and to show among others: a
// display name, a title, a label. Control, bidirectional and zero-width
// characters go, runs of spaces become one, stacks of accents are flattened,
// and what is longer than max characters (as people see them; 0 = no limit) is
// cut between two characters.
func PlainName(s string, max int) string {
	s = valid(s)
	var b strings.Builder
	b.Grow(len(s))
	var prev rune
	marks, space := 0, false
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f', r == '\u2028', r == '\u2029':
			space = true
			continue
		case r == '\u200d': // a joiner has a place only inside an emoji
			if !isEmoji(prev) || i+1 == len(runes) || !isEmoji(runes[i+1]) {
				continue
			}
		case isHidden(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			continue
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > maxMarks || b.Len() == 0 || space {
				continue
			}
		default:
			marks = 0
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
		prev = r
	}
	return strings.TrimSpace(cut(norm.NFC.String(strings.Trim(b.String(), "\u00a0\u202f ")), max))
}

// Fitting is PlainName, and reports whether nothing had to be cut.
func Fitting(s string, max int) (line string, fits bool) {
	line = PlainName(s, max)
	return line, PlainName(s, max+1) == line
}

// maxMarks is how many marks may stand on one letter of a name; living
// languages need at most three or four.
const maxMarks = 4

// Clean makes a text of several lines safe to store: valid UTF-8, lines ended
// by \n, no control characters but the tabulation, no directional overrides, no
// blank lines at either end, at most max characters (0 = no limit).
func Clean(s string, max int) string {
	s = valid(s)
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r == '\ufeff', r >= '\ufff9' && r <= '\ufffb':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(cut(norm.NFC.String(strings.TrimSpace(s)), max))
}

// valid replaces what is not UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// isHidden says whether r takes no room on the screen although Unicode does not
// class it among the format characters: fillers and blank letters.
func isHidden(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u3164', '\uffa0', '\u2800', '\ufffc':
		return true
	}
	return r >= 0xe0000 && r <= 0xe0fff || r >= '\u180b' && r <= '\u180f'
}

func isEmoji(r rune) bool {
	return unicode.Is(unicode.So, r) || isModifier(r) || r == '\ufe0f' || r == '♀' || r == '♂'
}

// isModifier says whether r is a skin tone, part of the emoji before it.
func isModifier(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// extends says whether r belongs to the same visible character as prev before
// it. pair is true when prev is the first half of a flag.
func extends(prev, r rune, pair bool) bool {
	switch {
	case r < 0x300:
		return prev == '\r' && r == '\n'
	case unicode.IsMark(r), r == '\u200d', isModifier(r), r >= 0xe0020 && r <= 0xe007f:
		return true
	case prev == '\u200d':
		return isEmoji(r)
	}
	return pair && isRegional(r)
}

// Graphemes counts the characters of s as people see them: a letter with its
// accents, an emoji with its modifiers, a flag are one each.
func Graphemes(s string) int {
	n := 0
	eachGrapheme(s, func(int) bool { n++; return true })
	return n
}

// eachGrapheme gives the byte offset at which each visible character starts.
func eachGrapheme(s string, yield func(at int) bool) {
	var prev rune
	pair := false
	for i, r := range s {
		same := i > 0 && extends(prev, r, pair)
		pair = isRegional(r) && !(same && pair)
		prev = r
		if !same && !yield(i) {
			return
		}
	}
}

// cut keeps the first max visible characters of s; 0 means all. A character
// made of a thousand marks is not a way around the limit: bytes are bounded too.
func cut(s string, max int) string {
	if max <= 0 || len(s) <= max {
		return s
	}
	n := 0
	eachGrapheme(s, func(at int) bool {
		if n == max {
			s = s[:at]
			return false
		}
		n++
		return true
	})
	if limit := max * bytesPerCharacter; len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	return s
}

// bytesPerCharacter bounds the storage that one visible character may take on
// average: a family emoji takes 25.
const bytesPerCharacter = 28
