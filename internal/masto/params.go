package masto

import (
	"mime/multipart"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/internal/ids"
)

// Params are the parameters of a request, from the query and from a body of any
// form, as one tree. Names are those of Mastodon's documentation, with brackets
// for what is inside: String("status"), Strings("media_ids"),
// Strings("poll[options]"), Int("poll[expires_in]", 0), Hashes("fields_attributes").
// A final [] may be written or not. An explicit null is as absent.
type Params struct {
	root  map[string]any // values: string, []any, map[string]any, json scalars made text
	files map[string][]*multipart.FileHeader
}

// value finds the node of a name; arrays are passed through only at its end.
func (p Params) value(name string) any {
	var node any = p.root
	for _, key := range path(name) {
		m, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = m[key]
	}
	return node
}

// Has reports whether the parameter was given, even empty.
func (p Params) Has(name string) bool { return p.value(name) != nil }

// String is a text, "" when absent; of a list, the last element.
func (p Params) String(name string) string {
	s, _ := scalar(p.value(name))
	return s
}

// Opt is a text, nil when absent.
func (p Params) Opt(name string) *string {
	s, ok := scalar(p.value(name))
	if !ok {
		return nil
	}
	return &s
}

// Strings is a list of texts; one given without [] is a list of one, and a hash
// gives its values in the order of its keys. Empty texts are kept.
func (p Params) Strings(name string) []string {
	switch v := p.value(name).(type) {
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := scalar(e); ok {
				out = append(out, s)
			}
		}
		return out
	case map[string]any:
		var out []string
		for _, k := range sortedKeys(v) {
			if s, ok := scalar(v[k]); ok {
				out = append(out, s)
			}
		}
		return out
	case string:
		return []string{v}
	}
	return nil
}

// IDs is a list of ids; what is no id is left out, repetitions too, and no more
// than most are read.
func (p Params) IDs(name string, most int) []int64 {
	var out []int64
	for _, s := range p.Strings(name) {
		if id, ok := ids.Parse(s); ok && !slices.Contains(out, id) {
			if out = append(out, id); len(out) == most {
				break
			}
		}
	}
	return out
}

// IDParam is one id; ok is false when absent or no id.
func (p Params) IDParam(name string) (id int64, ok bool) { return ids.Parse(p.String(name)) }

// Bool reads a truth value, def when absent or empty.
func (p Params) Bool(name string, def bool) bool {
	if v, _ := truth(p.String(name)); v != nil {
		return *v
	}
	return def
}

// truth reads what apps send for true and false: nil for what is as absent,
// known is false for what means nothing.
func truth(s string) (v *bool, known bool) {
	switch strings.ToLower(s) {
	case "", "null", "none", "undefined":
		return nil, true
	case "false", "0", "off", "f", "no":
		return Ptr(false), true
	case "true", "1", "on", "t", "yes":
		return Ptr(true), true
	}
	return nil, false
}

// OptBool reads a truth value, nil when absent.
func (p Params) OptBool(name string) *bool {
	v, _ := truth(p.String(name))
	return v
}

// Int reads a whole number, def when absent or none.
func (p Params) Int(name string, def int) int {
	n, err := strconv.Atoi(strings.TrimSpace(p.String(name)))
	if err != nil {
		return def
	}
	return n
}

// Hashes is a list of hashes, given as an array, or as a hash by index.
func (p Params) Hashes(name string) []Params {
	var out []Params
	add := func(v any) {
		if m, ok := v.(map[string]any); ok {
			out = append(out, Params{root: m})
		}
	}
	switch v := p.value(name).(type) {
	case []any:
		for _, e := range v {
			add(e)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			add(v[k])
		}
	}
	return out
}

// Sub is the hash of a name, empty when absent.
func (p Params) Sub(name string) Params {
	m, _ := p.value(name).(map[string]any)
	return Params{root: m}
}

// Keys lists the names given at the top of p, sorted.
func (p Params) Keys() []string { return sortedKeys(p.root) }

// File is an uploaded file, nil when absent.
func (p Params) File(name string) *multipart.FileHeader {
	if f := p.files[name]; len(f) > 0 {
		return f[0]
	}
	return nil
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []any:
		if len(v) > 0 {
			return scalar(v[len(v)-1])
		}
	}
	return "", false
}

// sortedKeys puts whole numbers in their order, then the rest.
func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, errA := strconv.Atoi(a)
		y, errB := strconv.Atoi(b)
		if errA == nil && errB == nil {
			return x - y
		}
		return strings.Compare(a, b)
	})
	return keys
}

// path cuts "a[b][c][]" into a, b, c.
func path(name string) []string {
	name = strings.TrimSuffix(name, "[]")
	first, rest, ok := strings.Cut(name, "[")
	keys := []string{first}
	for ok {
		var key string
		key, rest, ok = strings.Cut(rest, "]")
		if !ok {
			break
		}
		keys = append(keys, key)
		rest, ok = strings.CutPrefix(rest, "[")
	}
	return keys
}

func sortedForm(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
