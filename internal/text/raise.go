package text

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The elements whose text is not set: it is no prose, is copied from there, or may
// hold no element.
var unraised = map[string]bool{"script": true, "style": true, "title": true, "textarea": true, "option": true, "svg": true, "sup": true, "code": true, "pre": true, "kbd": true, "samp": true}

// RaiseFirst raises the letters of the ordinal of a date, « 1<sup>er</sup> », in a
// whole page or a piece of one: in its text alone, so that attributes, titles and
// fields keep plain letters, and not in passages of another language. What is raised
// already stays so. A page without any is returned as it is.
//
// It is a <sup>, not letters of Unicode that look raised: readers of screens say
// "1er", and searching the page finds it.
func RaiseFirst(page []byte) []byte {
	if !bytes.Contains(page, []byte(first)) {
		return page
	}
	s := string(page)
	var out strings.Builder
	out.Grow(len(s) + 256)
	skip, depth := "", 0
	for s != "" {
		lt := strings.IndexByte(s, '<')
		if lt < 0 {
			lt = len(s)
		}
		if skip == "" {
			raise(&out, s[:lt])
		} else {
			out.WriteString(s[:lt])
		}
		if s = s[lt:]; s == "" {
			break
		}
		tag := s[:tagEnd(s)]
		s = s[len(tag):]
		out.WriteString(tag)
		name, closing := tagName(tag)
		switch {
		case skip != "" && name == skip && closing:
			if depth--; depth == 0 {
				skip = ""
			}
		case skip != "" && name == skip && !strings.HasSuffix(tag, "/>"):
			depth++
		case skip == "" && !closing && !isVoid(name) && !strings.HasSuffix(tag, "/>") && (unraised[name] || foreign(tag)):
			skip, depth = name, 1
		}
		if skip == "script" || skip == "style" || skip == "textarea" || skip == "title" { // what is in them is no markup
			end := strings.Index(s, "</"+skip)
			if end < 0 {
				end = len(s)
			}
			out.WriteString(s[:end])
			s = s[end:]
		}
	}
	return []byte(out.String())
}

const first = "1er"

// foreign reports whether an element holds another language than French; the page is in French.
func foreign(tag string) bool {
	lang := attribute(tag, "lang")
	return lang != "" && setterOf(lang) != setFrench
}

// raise writes a piece of text.
func raise(out *strings.Builder, s string) {
	for {
		i := strings.Index(s, first)
		if i < 0 {
			out.WriteString(s)
			return
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(first):])
		out.WriteString(s[:i])
		if i > 0 && !opensOrdinal(before) || after != utf8.RuneError && inWord(after) {
			out.WriteString(first)
		} else {
			out.WriteString("1<sup>er</sup>")
		}
		s = s[i+len(first):]
	}
}

// opensOrdinal reports whether a number may begin after r: not within a word, an
// address, a handle or a hashtag.
func opensOrdinal(r rune) bool {
	switch r {
	case '(', '[', '«', '“', '’', '\'', ';', '—', '–':
		return true
	}
	return unicode.IsSpace(r)
}
