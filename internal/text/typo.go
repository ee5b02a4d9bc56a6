package text

import (
	"html"
	"strings"
	"unicode"
)

// The two spaces that French needs.
const (
	fineSpace = '\u202f' // narrow no-break space: before ; : ! ? % €, inside « », between thousands
	hardSpace = '\u00a0' // no-break space: between a number and what it counts
)

// Typo sets plain text by the rules of its language, on the way out: authors
// write plain apostrophes, quotes and spaces.
//
// French: ’ … « » with fine spaces, fine spaces before ; : ! ? % € and between
// thousands, no-break spaces in « 12 décembre », « 18 h 30 », « nº 14 »,
// « page 4 » and between a number and its unit. English: ’ ‘ “ ” …
// Addresses, handles, hashtags and text between backticks are left alone, and
// so is any other language. Setting a text twice changes nothing more.
func Typo(lang, s string) string {
	set := setterOf(lang)
	if set == setNone || !strings.ContainsAny(s, "'\".«»;:!?%€ °№") {
		return s
	}
	t := typesetter{set: set}
	t.out.Grow(len(s) + 8)
	t.text([]rune(s))
	return t.out.String()
}

// TypoHTML sets the text of sanitised HTML, leaving tags, attributes, code,
// mentions, hashtags, shortened addresses and passages in another language as
// they are. Ordinals get their raised letters: 1<sup>er</sup>.
func TypoHTML(lang, s string) string {
	t := typesetter{set: setterOf(lang), html: true}
	t.out.Grow(len(s) + 16)
	var stack []element
	for s != "" {
		lt := strings.IndexByte(s, '<')
		if lt < 0 {
			lt = len(s)
		}
		if lt > 0 {
			t.node(s[:lt], stack)
			s = s[lt:]
			continue
		}
		end := tagEnd(s)
		tag := s[:end]
		s = s[end:]
		t.out.WriteString(tag)
		stack = t.tag(tag, stack)
	}
	return t.out.String()
}

type setting int

const (
	setNone setting = iota
	setFrench
	setEnglish
)

func setterOf(lang string) setting {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch base {
	case "fr":
		return setFrench
	case "en":
		return setEnglish
	}
	return setNone
}

// element is an open HTML element: how its text is set, and what to return to.
type element struct {
	name  string
	outer setting
}

type typesetter struct {
	set    setting
	html   bool
	out    strings.Builder
	prev   rune // last rune of text, 0 at the start of a block
	quoted bool // a straight double quote is open
}

func (t *typesetter) node(raw string, stack []element) {
	if t.set == setNone {
		t.out.WriteString(raw)
		t.prev = 'x'
		return
	}
	t.text([]rune(html.UnescapeString(raw)))
}

// tag follows the structure of the document and returns the new stack.
func (t *typesetter) tag(tag string, stack []element) []element {
	name, closing := tagName(tag)
	switch name {
	case "p", "br", "li", "ul", "ol", "div", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "pre":
		t.prev, t.quoted = 0, false
	}
	if closing {
		for i := len(stack) - 1; i >= 0; i-- {
			if stack[i].name == name {
				t.set = stack[i].outer
				return stack[:i]
			}
		}
		return stack
	}
	if name == "" || isVoid(name) || strings.HasSuffix(tag, "/>") {
		return stack
	}
	stack = append(stack, element{name, t.set})
	class := " " + attribute(tag, "class") + " "
	switch {
	case name == "code", name == "pre", name == "kbd", name == "samp", name == "script", name == "style":
		t.set = setNone
	case strings.Contains(class, " mention "), strings.Contains(class, " hashtag "),
		strings.Contains(class, " invisible "), strings.Contains(class, " ellipsis "):
		t.set = setNone
	default:
		if lang := attribute(tag, "lang"); lang != "" && t.set != setNone {
			t.set = setterOf(lang)
		}
	}
	return stack
}

func (t *typesetter) put(r rune) {
	if t.html {
		switch r {
		case '<':
			t.out.WriteString("&lt;")
		case '>':
			t.out.WriteString("&gt;")
		case '&':
			t.out.WriteString("&amp;")
		case '"':
			t.out.WriteString("&#34;")
		default:
			t.out.WriteRune(r)
		}
	} else {
		t.out.WriteRune(r)
	}
	t.prev = r
}

func (t *typesetter) puts(rs []rune) {
	for _, r := range rs {
		t.put(r)
	}
}

func (t *typesetter) text(r []rune) {
	for i := 0; i < len(r); {
		if t.wordStart() {
			if n := verbatim(r[i:]); n > 0 {
				t.puts(r[i : i+n])
				i += n
				continue
			}
		}
		i += t.step(r, i)
	}
}

// step sets what stands at r[i] and returns how many runes it used.
func (t *typesetter) step(r []rune, i int) int {
	c := r[i]
	next := at(r, i+1)
	switch {
	case c == '\'':
		if t.wordStart() && unicode.IsLetter(next) {
			t.put('‘')
		} else {
			t.put('’')
		}
		return 1
	case c == '.' && next == '.' && at(r, i+2) == '.':
		t.put('…')
		return 3
	case c == '"':
		return t.quote(r, i)
	}
	if t.set != setFrench {
		t.put(c)
		return 1
	}
	switch {
	case isBlank(c):
		return t.space(r, i)
	case c == '«':
		t.put(c)
		n := 1 + blanks(r[i+1:])
		if i+n < len(r) || t.html {
			t.put(fineSpace)
		}
		return n
	case c == '»':
		if t.prev != fineSpace && t.prev != 0 && !unicode.IsSpace(t.prev) {
			t.put(fineSpace)
		}
	case (c == '!' || c == '?') && closes(t.prev) && ends(next),
		(c == ':' || c == ';') && closes(t.prev) && (next == 0 || unicode.IsSpace(next)),
		(c == '%' || c == '€') && unicode.IsDigit(t.prev) && !inWord(next):
		t.put(fineSpace)
	case c == '№', (c == 'n' || c == 'N') && t.wordStart() && (next == '°' || next == 'º'):
		return t.number(r, i)
	case unicode.IsDigit(c) && t.html && t.wordStart():
		if n := t.ordinal(r, i); n > 0 {
			return n
		}
	}
	t.put(c)
	return 1
}

// quote sets a straight double quote, by pairs; an odd one stays straight.
func (t *typesetter) quote(r []rune, i int) int {
	opening, closing := '“', '”'
	if t.set == setFrench {
		opening, closing = '«', '»'
	}
	switch {
	case t.quoted:
		t.quoted = false
		if t.set == setFrench && t.prev != fineSpace {
			t.put(fineSpace)
		}
		t.put(closing)
		return 1
	case t.wordStart() && hasClosingQuote(r[i+1:]):
		t.quoted = true
		t.put(opening)
		if t.set == setFrench {
			t.put(fineSpace)
			return 1 + blanks(r[i+1:])
		}
		return 1
	}
	t.put('"')
	return 1
}

// space decides what a run of blanks at r[i] becomes.
func (t *typesetter) space(r []rune, i int) int {
	n := blanks(r[i:])
	rest := r[i+n:]
	next := at(rest, 0)
	switch {
	case t.prev == 0 || unicode.IsSpace(t.prev) || next == 0 && len(rest) == 0 && !t.html:
	case (next == ':' || next == ';') && (len(rest) == 1 || unicode.IsSpace(rest[1])),
		(next == '!' || next == '?') && !inWord(at(rest, 1)),
		next == '»',
		next == '"' && t.quoted && (len(rest) == 1 || !inWord(rest[1])),
		(next == '%' || next == '€') && unicode.IsDigit(t.prev),
		unicode.IsDigit(t.prev) && thousands(r[:i], rest):
		t.put(fineSpace)
		return n
	case next == '°' && unicode.IsDigit(t.prev):
		return n
	case unicode.IsDigit(t.prev) && counted(rest),
		unicode.IsDigit(next) && announces(r[:i]),
		t.prev == 'h' && unicode.IsDigit(next) && afterHour(r[:i]):
		t.put(hardSpace)
		return n
	}
	t.puts(r[i : i+n])
	return n
}

// number sets « nº 14 », from n° or №.
func (t *typesetter) number(r []rune, i int) int {
	n := 2
	if r[i] == '№' {
		n = 1
		t.put('n')
	} else {
		t.put(r[i])
	}
	skip := blanks(r[i+n:])
	if !unicode.IsDigit(at(r, i+n+skip)) {
		t.puts(r[i+1 : i+n])
		return n
	}
	t.put('º')
	t.put(hardSpace)
	return n + skip
}

// ordinal sets 1er, 1re, 2e … with their letters raised; 0 when r[i:] is not one.
func (t *typesetter) ordinal(r []rune, i int) int {
	j := i
	for j < len(r) && unicode.IsDigit(r[j]) {
		j++
	}
	k := j
	for k < len(r) && unicode.IsLetter(r[k]) {
		k++
	}
	if inWord(at(r, k)) {
		return 0
	}
	letters := string(r[j:k])
	first := string(r[i:j]) == "1"
	if !(first && (letters == "er" || letters == "re") || !first && letters == "e") {
		return 0
	}
	t.puts(r[i:j])
	t.out.WriteString("<sup>" + letters + "</sup>")
	t.prev = 'e'
	return k - i
}

// wordStart reports whether a word may begin here.
func (t *typesetter) wordStart() bool {
	switch t.prev {
	case 0, '(', '[', '{', '«', '“', '‘', '"', '—', '–', '/':
		return true
	}
	return unicode.IsSpace(t.prev)
}
