package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/text"
)

// NewBundle makes an empty bundle whose sentences are set by the typography of
// their language.
func NewBundle() *i18n.Bundle { return i18n.New(text.Typo) }

// funcs are what templates may call.
//
//	t "key" args…        the sentence of a key (html-escaped like any text)
//	tn "key" n args…     its plural form for n
//	has "key"            whether the language has the key
//	lang                 "fr"
//	typo s               plain text, set in the page's language
//	set html lang        sanitised HTML, set in the language of its author
//	count n              1 530
//	day, date, datetime, clock, ago, moment, iso   times in words; iso is for <time datetime>
//	icon "name" [size]   an icon of the sprite: 20 px, or 16, 26, 36
//	asset "app.css"      address of a static file, with its version
//	path "groups" id     an escaped local path: /groups/12
//	initials name, tint key
//	dict "K" v …         a map, for parts that take several values
//	on $ .               the value together with the page, see Bound
func (r *Renderer) funcs(lang string, loc *time.Location) template.FuncMap {
	l := r.bundle.Localizer(lang)
	in := func(t time.Time) time.Time { return t.In(loc) }
	write := func() *html { return &html{l: l, assets: r.assets, loc: loc, now: r.now()} }
	return template.FuncMap{
		"t":            l.T,
		"tn":           l.N,
		"has":          l.Has,
		"lang":         l.Lang,
		"typo":         func(s string) string { return text.Typo(lang, s) },
		"set":          func(s template.HTML, lang string) template.HTML { return template.HTML(text.TypoHTML(lang, string(s))) },
		"count":        func(n any) (string, error) { return count(l, n) },
		"day":          func(t time.Time) string { return l.Day(in(t), r.now()) },
		"date":         func(t time.Time) string { return l.Date(in(t), r.now()) },
		"datetime":     func(t time.Time) string { return l.DateTime(in(t), r.now()) },
		"clock":        func(t time.Time) string { return l.Clock(in(t)) },
		"ago":          func(t time.Time) string { return l.Ago(in(t), r.now()) },
		"moment":       func(t time.Time) string { return l.Moment(in(t), r.now()) },
		"iso":          func(t time.Time) string { return in(t).Format(time.RFC3339) },
		"dateOf":       func(m Mark) DateBlock { return block(l, in(m.When), m) },
		"card":         func(b Bound) (template.HTML, error) { return write().card(b) },
		"face":         func(m Mark) template.HTML { h := write(); h.face(m); return h.done() },
		"number":       func(i int) int { return i + 1 }, // of the thing at an index, as people count
		"dateBlock":    func(d DateBlock) template.HTML { h := write(); h.dateBlock(d); return h.done() },
		"linkedFace":   func(m Mark) template.HTML { h := write(); h.linkedFace(m); return h.done() },
		"audienceIcon": audienceIcon,
		"icon":         r.assets.icon,
		"asset":        r.assets.url,
		"path":         localPath,
		"initials":     Initials,
		"tint":         Tint,
		"dict":         dict,
		"on":           func(p *Page, v any) Bound { return Bound{Page: p, V: v} },
	}
}

func count(l *i18n.Localizer, n any) (string, error) {
	switch n := n.(type) {
	case int:
		return l.Number(int64(n)), nil
	case int64:
		return l.Number(n), nil
	}
	return "", fmt.Errorf("count: %T is no whole number", n)
}

func block(l *i18n.Localizer, t time.Time, m Mark) DateBlock {
	weekday, day, month := l.Block(t)
	return DateBlock{Weekday: weekday, Day: day, Month: month, Past: m.Past, Small: m.Small}
}

func localPath(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(fmt.Sprint(p)))
	}
	return b.String()
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a name lacks its value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}
