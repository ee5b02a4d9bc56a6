package as

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Namespaces of the contexts that we send.
const (
	contextAS       = "https://www.w3.org/ns/activitystreams"
	contextSecurity = "https://w3id.org/security/v1"
)

// terms defines every extension term that a document of ours may hold. Each
// document carries the definitions of those it uses, inline: no peer has to
// fetch a context to read us.
var terms = map[string]any{
	"Hashtag":                   "as:Hashtag",
	"sensitive":                 "as:sensitive",
	"manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
	"movedTo":                   map[string]any{"@id": "as:movedTo", "@type": "@id"},
	"alsoKnownAs":               map[string]any{"@id": "as:alsoKnownAs", "@type": "@id"},
	"toot":                      "http://joinmastodon.org/ns#",
	"featured":                  map[string]any{"@id": "toot:featured", "@type": "@id"},
	"discoverable":              "toot:discoverable",
	"indexable":                 "toot:indexable",
	"schema":                    "http://schema.org#",
	"PropertyValue":             "schema:PropertyValue",
	"value":                     "schema:value",
	"blurhash":                  "toot:blurhash",
	"webfinger":                 map[string]any{"@id": "https://w3id.org/fep/2c59#webfinger"},
}

// prefixOf names the prefixes that terms are written with.
var prefixOf = map[string]string{"featured": "toot", "discoverable": "toot", "indexable": "toot", "blurhash": "toot", "PropertyValue": "schema", "value": "schema"}

// body is a document being built: what the vocabulary typed, and what is set raw.
type body map[string]any

// typed serialises a value of the vocabulary; the properties set on it are
// checked and named by its types.
func typed(t vocab.Type) (body, error) {
	m, err := streams.Serialize(t)
	if err != nil {
		return nil, fmt.Errorf("as: serialize %s: %w", t.GetTypeName(), err)
	}
	delete(m, "@context")
	return m, nil
}

// set adds a property unless its value is empty.
func (b body) set(key string, v any) {
	switch x := v.(type) {
	case string:
		if x == "" {
			return
		}
	case time.Time:
		if x.IsZero() {
			return
		}
		v = stamp(x)
	case []string:
		if len(x) == 0 {
			return
		}
	case []any:
		if len(x) == 0 {
			return
		}
	case nil:
		return
	}
	b[key] = v
}

// stamp writes a time as peers expect it: UTC, whole seconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// encode writes the document with a context that defines the extension terms in used.
func (b body) encode(security bool, used ...string) ([]byte, error) {
	return b.encodeWith(security, define(used))
}

// define gives the definitions of terms, and of the prefixes they are written with.
func define(used []string) map[string]any {
	defs := map[string]any{}
	for _, term := range used {
		defs[term] = terms[term]
		if p := prefixOf[term]; p != "" {
			defs[p] = terms[p]
		}
	}
	return defs
}

func (b body) encodeWith(security bool, defs map[string]any) ([]byte, error) {
	context := []any{contextAS}
	if security {
		context = append(context, contextSecurity)
	}
	if len(defs) > 0 {
		context = append(context, defs)
	}
	b["@context"] = context
	if len(context) == 1 {
		b["@context"] = contextAS
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(b); err != nil {
		return nil, fmt.Errorf("as: encode: %w", err)
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

// list makes the JSON array that strict readers ask for, never null.
func list(uris []string) []string {
	if uris == nil {
		return []string{}
	}
	return uris
}

func iri(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		return nil, fmt.Errorf("as: %q is no id", s)
	}
	return u, nil
}

func setID(t interface{ SetJSONLDId(vocab.JSONLDIdProperty) }, id string) error {
	u, err := iri(id)
	if err != nil {
		return err
	}
	p := streams.NewJSONLDIdProperty()
	p.SetIRI(u)
	t.SetJSONLDId(p)
	return nil
}
