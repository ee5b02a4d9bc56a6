package db

import (
	"reflect"
	"strings"
	"sync"
	"unicode"
)

// plan says which field of a struct belongs to which column.
type plan struct {
	cols   []string
	fields [][]int
	byName map[string][]int
}

// plans is a cache only: what a type looks like never changes.
var plans sync.Map // reflect.Type → *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{byName: make(map[string][]int)}
	p.add(t, nil)
	plans.Store(t, p)
	return p
}

func (p *plan) add(t reflect.Type, at []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), at...), i)
		tag := f.Tag.Get("db")
		switch {
		case tag == "-":
			continue
		case f.Anonymous && tag == "" && isRow(f.Type):
			p.add(f.Type, index)
			continue
		case !f.IsExported():
			continue
		}
		name := tag
		if name == "" {
			name = snake(f.Name)
		}
		if _, twice := p.byName[name]; twice {
			continue // the outer field hides the embedded one only when it comes first
		}
		p.byName[name] = index
		p.cols = append(p.cols, name)
		p.fields = append(p.fields, index)
	}
}

// isRow reports whether a t is read column by column rather than as one value.
func isRow(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != timeType && !reflect.PointerTo(t).Implements(scannerType)
}

// snake writes a Go name as a column: AccountID → account_id, URI → uri, HTMLText → html_text.
func snake(name string) string {
	r := []rune(name)
	var b strings.Builder
	for i, c := range r {
		if unicode.IsUpper(c) {
			if i > 0 && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
				b.WriteByte('_')
			}
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}
