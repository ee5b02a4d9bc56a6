package text

import (
	"strings"
	"unicode"
)

// verbatim is the length of what must not be set at the start of a word: an
// address, a handle, a hashtag, code between backticks, the name of an emoji; 0 when r is plain text.
func verbatim(r []rune) int {
	if len(r) == 0 {
		return 0
	}
	if r[0] == '`' {
		for i := 1; i < len(r); i++ {
			if r[i] == '`' {
				return i + 1
			}
		}
		return 0
	}
	if r[0] == ':' { // a custom emoji, :name:
		i := 1
		for i < len(r) && inWord(r[i]) {
			i++
		}
		if i > 1 && at(r, i) == ':' {
			return i + 1
		}
		return 0
	}
	end, sign, dot, path := 0, false, false, false
	for end < len(r) && !unicode.IsSpace(r[end]) && r[end] != '"' && r[end] != '»' && r[end] != '<' {
		switch r[end] {
		case '@':
			sign = true
		case '#':
			sign = sign || end == 0
		case '.':
			dot = dot || end > 0 && inWord(at(r, end-1)) && unicode.IsLetter(at(r, end+1))
		case '/':
			path = path || end > 0 && r[end-1] == '/' && at(r, end-2) == ':'
		}
		end++
	}
	if !(sign || dot || path) {
		return 0
	}
	for end > 0 && strings.ContainsRune(".,;:!?)]}'’…", r[end-1]) {
		end--
	}
	if end < 2 {
		return 0
	}
	return end
}

// units are what a number may be followed by without a line break between.
var units = map[string]bool{
	"janvier": true, "février": true, "mars": true, "avril": true, "mai": true, "juin": true,
	"juillet": true, "août": true, "septembre": true, "octobre": true, "novembre": true, "décembre": true,
	"h": true, "min": true, "s": true, "j": true, "mm": true, "cm": true, "m": true, "km": true,
	"g": true, "kg": true, "t": true, "l": true, "ha": true, "m²": true, "km²": true, "m³": true,
	"ko": true, "Mo": true, "Go": true, "To": true, "W": true, "kW": true, "kWh": true, "MW": true,
	"dB": true, "euros": true, "millions": true, "milliards": true,
}

// counted reports whether rest begins with a unit or a month.
func counted(rest []rune) bool {
	end := 0
	for end < len(rest) && end < 10 && (unicode.IsLetter(rest[end]) || rest[end] == '²' || rest[end] == '³') {
		end++
	}
	return end > 0 && !inWord(at(rest, end)) && units[string(rest[:end])]
}

// announces reports whether the last word before is one that a number follows.
func announces(before []rune) bool {
	start := len(before)
	for start > 0 && (unicode.IsLetter(before[start-1]) || before[start-1] == '.' || before[start-1] == 'º') {
		start--
	}
	switch string(before[start:]) {
	case "nº", "Nº", "nos", "page", "pages", "p.", "article", "articles", "art.", "module", "salle", "étape":
		return true
	}
	return false
}

// afterHour reports whether before ends with « 18 h » or « 18h ».
func afterHour(before []rune) bool {
	i := len(before) - 2
	for i >= 0 && isBlank(before[i]) {
		i--
	}
	return i >= 0 && unicode.IsDigit(before[i])
}

// thousands reports whether the blank between before and rest separates
// thousands: one to three figures, not starting with 0, then exactly three.
func thousands(before, rest []rune) bool {
	if len(rest) < 3 || !unicode.IsDigit(rest[0]) || !unicode.IsDigit(rest[1]) || !unicode.IsDigit(rest[2]) || inWord(at(rest, 3)) {
		return false
	}
	start := len(before)
	for start > 0 && unicode.IsDigit(before[start-1]) {
		start--
	}
	n := len(before) - start
	if n == 0 || n > 3 {
		return false
	}
	if start > 1 && isBlank(before[start-1]) && unicode.IsDigit(before[start-2]) {
		return n == 3 && thousands(before[:start-1], before[start:]) // 1 234 567
	}
	return before[start] != '0' && !(start > 0 && inWord(before[start-1]))
}

func hasClosingQuote(r []rune) bool {
	for i, c := range r {
		if c == '"' {
			return i > 0
		}
	}
	return false
}

func at(r []rune, i int) rune {
	if i < 0 || i >= len(r) {
		return 0
	}
	return r[i]
}

func isBlank(r rune) bool { return r == ' ' || r == hardSpace || r == fineSpace || r == '\u2009' }

func blanks(r []rune) int {
	n := 0
	for n < len(r) && isBlank(r[n]) {
		n++
	}
	return n
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// closes reports whether a sign of punctuation may hang on r.
func closes(r rune) bool {
	switch r {
	case ')', ']', '}', '’', '”', '…', '%', '€', '°', '»':
		return true
	}
	return inWord(r)
}

// ends reports whether a word is over at r.
func ends(r rune) bool {
	switch r {
	case 0, '!', '?', '…', '»', '"', '”', ')', ']', '’':
		return true
	}
	return unicode.IsSpace(r)
}

// tagEnd is the index after the > that closes the tag at the start of s.
func tagEnd(s string) int {
	var quote byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(s)
}

func tagName(tag string) (name string, closing bool) {
	tag = strings.TrimPrefix(tag, "<")
	if strings.HasPrefix(tag, "/") {
		closing, tag = true, tag[1:]
	}
	end := strings.IndexAny(tag, " \t\r\n/>")
	if end < 0 {
		end = len(tag)
	}
	return strings.ToLower(tag[:end]), closing
}

func isVoid(name string) bool {
	switch name {
	case "br", "img", "hr", "wbr", "source", "input", "col", "link", "meta":
		return true
	}
	return strings.HasPrefix(name, "!")
}

// attribute is the value of an attribute written name="value", as sanitised
// HTML always is.
func attribute(tag, name string) string {
	_, rest, ok := strings.Cut(tag, " "+name+`="`)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
