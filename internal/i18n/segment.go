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
	for _, seg := range segs {
		if seg.name == "" {
			b.WriteString(seg.words)
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
		if text, isText := v.(string); isText {
			b.WriteString(text)
		} else {
			fmt.Fprint(&b, v)
		}
	}
	return b.String(), true
}
