package masto

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// encoder writes entities as JSON. It gives what encoding/json gives (without
// escaping HTML), in a fraction of the time: lists inside entities have a
// MarshalJSON, whose result encoding/json checks and copies once for each level
// around it. It works from a plan per type, made at first use.
type encoder struct {
	plans sync.Map  // reflect.Type → plan
	bufs  sync.Pool // *[]byte
}

// plan appends a value to b.
type plan func(b []byte, v reflect.Value) ([]byte, error)

// encode hands the JSON of v to use, which must not keep it.
func (e *encoder) encode(v any, use func([]byte) error) error {
	buf, _ := e.bufs.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer e.bufs.Put(buf)
	b, err := (*buf)[:0], error(nil)
	if rv := reflect.ValueOf(v); rv.IsValid() {
		b, err = e.plan(rv.Type())(b, rv)
	} else {
		b = append(b, "null"...)
	}
	*buf = b
	if err != nil {
		return err
	}
	return use(append(b, '\n'))
}

func (e *encoder) plan(t reflect.Type) plan {
	if p, ok := e.plans.Load(t); ok {
		return p.(plan)
	}
	// A type may contain itself: the inner one finds the plan when it is used.
	e.plans.Store(t, plan(func(b []byte, v reflect.Value) ([]byte, error) {
		p, _ := e.plans.Load(t)
		return p.(plan)(b, v)
	}))
	p := e.make(t)
	e.plans.Store(t, p)
	return p
}

// lazy is the plan of a type that is looked up at each use, for types under construction.
func (e *encoder) lazy(t reflect.Type) plan {
	return func(b []byte, v reflect.Value) ([]byte, error) { return e.plan(t)(b, v) }
}

var (
	timeType      = reflect.TypeFor[Time]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
)

func (e *encoder) make(t reflect.Type) plan {
	switch {
	case t == timeType:
		return func(b []byte, v reflect.Value) ([]byte, error) {
			return appendTime(b, v.Interface().(Time)), nil
		}
	case isArray(t):
		return e.list(t)
	case t.Implements(marshalerType) && t.Kind() != reflect.Pointer:
		return generic
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) ([]byte, error) { return appendString(b, v.String()), nil }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }
	case reflect.Pointer:
		elem := e.lazy(t.Elem())
		return func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(b, "null"...), nil
			}
			return elem(b, v.Elem())
		}
	case reflect.Interface:
		return func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(b, "null"...), nil
			}
			return e.plan(v.Elem().Type())(b, v.Elem())
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return generic
		}
		return e.list(t)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return generic
		}
		return e.dict(t)
	case reflect.Struct:
		return e.object(t)
	}
	return generic
}

// isArray reports whether t is an Array of something.
func isArray(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.PkgPath() == timeType.PkgPath() && strings.HasPrefix(t.Name(), "Array[")
}

// generic leaves a value to encoding/json.
func generic(b []byte, v reflect.Value) ([]byte, error) {
	raw, err := json.Marshal(v.Interface())
	return append(b, raw...), err
}

// list writes a slice; unlike encoding/json, a nil one is [].
func (e *encoder) list(t reflect.Type) plan {
	elem := e.lazy(t.Elem())
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = elem(b, v.Index(i)); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
}

func (e *encoder) dict(t reflect.Type) plan {
	elem := e.lazy(t.Elem())
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, k.String()), ':')
			if b, err = elem(b, v.MapIndex(k)); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

type member struct {
	key   []byte // `"name":`
	index []int
	omit  bool
	enc   plan
}

func (e *encoder) object(t reflect.Type) plan {
	var members []member
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		name, opts, _ := strings.Cut(tag, ",")
		if !f.IsExported() || tag == "-" || f.Anonymous && tag == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		members = append(members, member{
			key: append(appendString(nil, name), ':'), index: f.Index, omit: strings.Contains(opts, "omitempty"), enc: e.lazy(f.Type),
		})
		if direct := e.simple(f.Type); direct != nil {
			members[len(members)-1].enc = direct
		}
	}
	return func(b []byte, v reflect.Value) (_ []byte, err error) {
		b = append(b, '{')
		first := true
		for i := range members {
			m := &members[i]
			f := v.Field(m.index[0])
			for _, x := range m.index[1:] {
				f = f.Field(x)
			}
			if m.omit && empty(f) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			if b, err = m.enc(append(b, m.key...), f); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}

// simple is the plan of a type that cannot contain itself, nil for others.
func (e *encoder) simple(t reflect.Type) plan {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return e.make(t)
	}
	if t == timeType {
		return e.make(t)
	}
	return nil
}

// empty is encoding/json's idea of it.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func appendTime(b []byte, t Time) []byte {
	v := time.Time(t)
	if v.IsZero() {
		v = time.UnixMilli(0)
	}
	b = append(b, '"')
	b = v.UTC().AppendFormat(b, timeLayout)
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"

// appendString quotes a text: what JSON needs escaped, and the two line ends
// that JavaScript takes for its own.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
		case r == '\u2028' || r == '\u2029':
			b = append(b, s[start:i]...)
			b = append(b, `\u202`...)
			b = append(b, hexDigits[r&15])
		default:
			i += size
			continue
		}
		i += size
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
