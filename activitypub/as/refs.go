package as

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"unicode"
)

// Public is the collection of everybody, in the one spelling we send.
//
// Spec: AP 5.6
const Public = "https://www.w3.org/ns/activitystreams#Public"

// IsPublic reports whether uri names the public collection, in any of the
// three spellings that peers use.
func IsPublic(uri string) bool {
	return uri == Public || uri == "as:Public" || uri == "Public"
}

// HasPublic reports whether one of uris is the public collection.
func HasPublic(uris []string) bool {
	for _, u := range uris {
		if IsPublic(u) {
			return true
		}
	}
	return false
}

// Ref is one value of a property: a URI, or an embedded object.
type Ref struct {
	URI string // set when the value was a string
	Doc *Doc   // set when the value was an object
}

// ID returns the URI, or the id of the embedded object, or "".
func (r Ref) ID() string {
	if r.Doc != nil {
		return r.Doc.ID()
	}
	return r.URI
}

// Type returns the type of the embedded object, "" for a bare URI.
func (r Ref) Type() string {
	if r.Doc == nil {
		return ""
	}
	return r.Doc.Type()
}

// Refs are the values of a property that may be written as a string, an
// object, or an array of both. Anything else found in its place is left out.
type Refs []Ref

// First returns the first value, or a zero Ref.
func (r Refs) First() Ref {
	if len(r) == 0 {
		return Ref{}
	}
	return r[0]
}

// ID returns the id of the first value, or "".
func (r Refs) ID() string { return r.First().ID() }

// Doc returns the first value if it is an embedded object, or nil.
func (r Refs) Doc() *Doc { return r.First().Doc }

// IDs returns the ids of all values that have one, in order.
func (r Refs) IDs() []string {
	var out []string
	for _, x := range r {
		if id := x.ID(); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// Docs returns the embedded objects among the values, in order.
func (r Refs) Docs() []*Doc {
	var out []*Doc
	for _, x := range r {
		if x.Doc != nil {
			out = append(out, x.Doc)
		}
	}
	return out
}

// readRefs reads raw as string | object | array of these.
func readRefs(raw json.RawMessage) Refs {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case '"':
		if s := readString(raw); s != "" {
			return Refs{{URI: s}}
		}
	case '{':
		if d := newDoc(raw); d != nil {
			return Refs{{Doc: d}}
		}
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return nil
		}
		out := make(Refs, 0, len(list))
		for _, e := range list {
			// One level only: nested arrays mean nothing here.
			if e = bytes.TrimLeft(e, " \t\r\n"); len(e) > 0 && e[0] != '[' {
				out = append(out, readRefs(e)...)
			}
		}
		return out
	}
	return nil
}

// readString reads a JSON string; anything else is "".
func readString(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// HTTPURL returns s if it is an absolute http or https URL with a host, and ""
// otherwise. Links shown to people pass through it: it has no character that is not
// seen, which url.Parse lets pass behind a #, or that turns what is around it.
//
// Spec: TX2, TX6
func HTTPURL(s string) string {
	if len(s) > MaxURL || !hasHTTPScheme(s) || strings.ContainsAny(s, " \"<>\\\u2028\u2029") || strings.ContainsFunc(s, unfit) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return s
}

func unfit(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func hasHTTPScheme(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}
