package sig

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// maxJSON bounds a document that is canonicalised, in bytes.
const maxJSON = 1 << 20

// Canonical gives the one form of a JSON value that all who sign or verify it
// write alike: members sorted by UTF-16 code units, no blanks, numbers and
// strings as ECMAScript writes them. It refuses what is not I-JSON: duplicate
// names, invalid UTF-8, lone surrogates; the error's reason is [Malformed].
// A number too large for ECMAScript becomes the largest that is not.
//
// Spec: RFC 8785
func Canonical(b []byte) ([]byte, error) {
	if len(b) > maxJSON {
		return nil, refuse(Malformed)
	}
	v := jsontext.Value(append([]byte(nil), b...))
	if err := v.Canonicalize(); err != nil {
		return nil, refuse(Malformed)
	}
	return v, nil
}

// member is one name and value of a JSON object.
type member struct {
	name  string
	value jsontext.Value
}

// members reads an object one level deep; nil when b is no sound object.
func members(b []byte) []member {
	if len(b) > maxJSON {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(b))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return nil
	}
	out := []member{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil
		}
		key := name.String()
		v, err := dec.ReadValue()
		if err != nil {
			return nil
		}
		out = append(out, member{key, v.Clone()})
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	return out
}

// object writes members as an object, without those that are named.
func object(ms []member, without ...string) []byte {
	b := []byte{'{'}
next:
	for _, m := range ms {
		for _, w := range without {
			if m.name == w {
				continue next
			}
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = quote(b, m.name)
		b = append(append(b, ':'), m.value...)
	}
	return append(b, '}')
}

func quote(b []byte, s string) []byte {
	// What came out of the decoder is valid UTF-8, so this cannot fail.
	out, _ := jsontext.AppendQuote(b, s)
	return out
}

func find(ms []member, name string) jsontext.Value {
	for _, m := range ms {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text reads a string; "" for anything else.
func text(v jsontext.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(b)
}
