package i18n

import (
	"fmt"
	"regexp"
	"strings"
)

// segment is a piece of a sentence: words, or the name of an argument.
type segment struct{ words, name string }

var placeholder = regexp.MustCompile(`\{\{\s*\.([A-Za-z0-9]+)\s*\}\}`)

// segments cuts a sentence whose only templating is {{.Name}}, which nearly
// all are, so that it need not go through a template engine; nil otherwise.
func segments(s string) []segment {
	var out []segment
	last := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, segment{words: s[last:m[0]]}, segment{name: s[m[2]:m[3]]})
		last = m[1]
	}
	out = append(out, segment{words: s[last:]})
	for _, seg := range out {
		if strings.Contains(seg.words, "{{") {
			return nil
		}
	}
	return out
}

// expand puts the arguments in their places; ok is false when one is lacking.
func (l *Localizer) expand(segs []segment, args []any) (s string, ok bool) {
	var named map[string]any
	if !paired(args) {
		named = l.data(args)
	}
	var b strings.Builder
	words := "" // before what comes next
	for _, seg := range segs {
		if seg.name == "" {
			words = seg.words
			continue
		}
		var v any
		found := false
		if named != nil {
			v, found = named[seg.name]
		} else {
			for i := 0; i < len(args); i += 2 {
				if args[i] == seg.name {
					v, found = l.value(args[i+1]), true
					break
				}
			}
		}
		if !found {
			return "", false
		}
		text, isText := v.(string)
		if !isText {
			text = fmt.Sprint(v)
		}
		if l.lang == "fr" {
			words = elide(words, text)
		}
		b.WriteString(words)
		b.WriteString(text)
		words = ""
	}
	b.WriteString(words)
	return b.String(), true
}

var (
	elided = regexp.MustCompile(`(?i)(^|\PL)(d|qu)e $`)
	spoken = regexp.MustCompile(`(?i)^([aeiouàâäéèêëîïôöûüœæ]|h[eéèêiîy]|y[^aeiou\PL])`)
)

// elide shortens « de » and « que » before a name that begins as a vowel is spoken:
// « d’Inès ». Of names in h, which do as they like, those go with it that mostly do.
func elide(words, name string) string {
	if strings.HasSuffix(words, "e ") && elided.MatchString(words) && spoken.MatchString(name) {
		return strings.TrimSuffix(words, "e ") + "’"
	}
	return words
}
