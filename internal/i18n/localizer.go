package i18n

import (
	"fmt"
	"strconv"
	"strings"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	tmpl "github.com/nicksnyder/go-i18n/v2/i18n/template"
)

// Localizer speaks one language. It is safe for concurrent use.
type Localizer struct {
	b    *Bundle
	lang string
	loc  *goi18n.Localizer
}

func newLocalizer(b *Bundle, lang string) *Localizer {
	return &Localizer{b: b, lang: lang, loc: goi18n.NewLocalizer(b.bundle, lang)}
}

// Lang is the language tag, "fr" or "en".
func (l *Localizer) Lang() string { return l.lang }

// T gives the sentence of a key.
//
// Arguments are name and value pairs ("Name", p.Name) or one map; anything else is
// positional and reached as {{.Arg1}}, {{.Arg2}}. Whole numbers are written
// with the language's thousands separator. An unknown key gives ⟦key⟧.
func (l *Localizer) T(key string, args ...any) string {
	if len(args) == 0 {
		if s, ok := l.b.plain[l.lang][key]; ok {
			return s
		}
	}
	if segs, ok := l.b.simple[l.lang][key]; ok {
		if s, ok := l.expand(segs, args); ok {
			return l.b.set(l.lang, s)
		}
		return l.b.miss(l.lang, key)
	}
	return l.localize(key, nil, l.data(args))
}

// words is T for texts that are written as they must be read: dates.
func (l *Localizer) words(key string, args ...any) string {
	if s, ok := l.expand(l.b.simple[l.lang][key], args); ok && s != "" {
		return s
	}
	return l.T(key, args...)
}

// N gives the sentence of a key in the plural form that n wants; the sentence
// reaches n, written out, as {{.Count}}.
func (l *Localizer) N(key string, n int, args ...any) string {
	data := l.data(args)
	data["Count"] = l.Number(int64(n))
	return l.localize(key, n, data)
}

// Has reports whether the language defines the key.
func (l *Localizer) Has(key string) bool { return l.b.keys[l.lang][key] }

func (l *Localizer) localize(key string, count any, data map[string]any) string {
	if !l.b.keys[l.lang][key] {
		return l.b.miss(l.lang, key)
	}
	s, err := l.loc.Localize(&goi18n.LocalizeConfig{
		MessageID:      key,
		TemplateData:   data,
		PluralCount:    count,
		TemplateParser: &tmpl.TextParser{Option: "missingkey=error"},
	})
	if err != nil {
		return l.b.miss(l.lang, key)
	}
	return l.b.set(l.lang, s)
}

func (l *Localizer) data(args []any) map[string]any {
	data := make(map[string]any, len(args)+1)
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok {
			for k, v := range m {
				data[k] = l.value(v)
			}
			return data
		}
	}
	if paired(args) {
		for i := 0; i < len(args); i += 2 {
			data[args[i].(string)] = l.value(args[i+1])
		}
		return data
	}
	for i, v := range args {
		data["Arg"+strconv.Itoa(i+1)] = l.value(v)
	}
	return data
}

// paired reports whether args reads as names, each with its value. A name is
// an ASCII identifier with a capital, which user content in first position
// cannot pass for unless it comes in pairs too.
func paired(args []any) bool {
	if len(args) == 0 || len(args)%2 != 0 {
		return false
	}
	for i := 0; i < len(args); i += 2 {
		s, ok := args[i].(string)
		if !ok || s == "" || s[0] < 'A' || s[0] > 'Z' {
			return false
		}
		if strings.ContainsFunc(s, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
		}) {
			return false
		}
	}
	return true
}

func (l *Localizer) value(v any) any {
	switch n := v.(type) {
	case int:
		return l.Number(int64(n))
	case int64:
		return l.Number(n)
	case int32:
		return l.Number(int64(n))
	case fmt.Stringer:
		return isolated(n.String())
	case string:
		return isolated(n)
	}
	return v
}

// isolated keeps words that are written from right to left from turning those of the
// sentence around them.
//
// Spec: TX8
func isolated(s string) string {
	for _, r := range s {
		if r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfefc || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff {
			return "\u2068" + s + "\u2069"
		}
	}
	return s
}

// Number writes a whole number: 1 530 in French (with U+202F), 1,530 in
// English. Four figures are grouped too.
func (l *Localizer) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "−", digits[1:]
	}
	sep := ","
	if l.lang == "fr" {
		sep = "\u202f"
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return b.String()
}
