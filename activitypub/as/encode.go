package as

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sort"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Builder is a document to be written: [Note], [Activity], [Actor],
// [Tombstone], [Collection], [CollectionPage].
type Builder interface {
	// Build returns the document as JSON bytes, with its @context.
	Build() ([]byte, error)
	// properties returns the properties without @context, and definitions of
	// terms beyond the table in context.go.
	properties() (map[string]any, map[string]any, error)
}

// finish turns properties into bytes: @context, id and type first, the rest
// in alphabetical order, so that equal documents have equal bytes.
func finish(props, extraTerms map[string]any) ([]byte, error) {
	context, err := contextFor(props, extraTerms)
	if err != nil {
		return nil, err
	}
	props["@context"] = context
	keys := make([]string, 0, len(props))
	for k := range props {
		keys = append(keys, k)
	}
	rank := map[string]int{"@context": -3, "id": -2, "type": -1}
	sort.Slice(keys, func(i, j int) bool {
		if a, b := rank[keys[i]], rank[keys[j]]; a != b {
			return a < b
		}
		return keys[i] < keys[j]
	})
	var b bytes.Buffer
	for i, k := range keys {
		b.WriteByte("{,"[min(i, 1)])
		if err := writeJSON(&b, k); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := writeJSON(&b, props[k]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	if b.Len() > MaxBytes {
		return nil, refuse(TooLarge)
	}
	return b.Bytes(), nil
}

// verbatim is JSON to be written as it is, byte for byte.
type verbatim []byte

// MarshalJSON writes it as JSON, and not as bytes, where it is deep inside.
func (v verbatim) MarshalJSON() ([]byte, error) { return v, nil }

func writeJSON(b *bytes.Buffer, v any) error {
	if raw, ok := v.(verbatim); ok {
		b.Write(raw)
		return nil
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the newline Encode adds
	return nil
}

// object is what all typed values of go-fed that we write have in common.
type object interface {
	vocab.Type
	SetJSONLDType(vocab.JSONLDTypeProperty)
	SetActivityStreamsAttributedTo(vocab.ActivityStreamsAttributedToProperty)
	SetActivityStreamsAudience(vocab.ActivityStreamsAudienceProperty)
	SetActivityStreamsTo(vocab.ActivityStreamsToProperty)
	SetActivityStreamsCc(vocab.ActivityStreamsCcProperty)
	SetActivityStreamsContent(vocab.ActivityStreamsContentProperty)
	SetActivityStreamsName(vocab.ActivityStreamsNameProperty)
	SetActivityStreamsSummary(vocab.ActivityStreamsSummaryProperty)
	SetActivityStreamsPublished(vocab.ActivityStreamsPublishedProperty)
	SetActivityStreamsUpdated(vocab.ActivityStreamsUpdatedProperty)
	SetActivityStreamsUrl(vocab.ActivityStreamsUrlProperty)
	SetActivityStreamsIcon(vocab.ActivityStreamsIconProperty)
	SetActivityStreamsImage(vocab.ActivityStreamsImageProperty)
}

// writer fills a typed value. The first error is kept and ends the build.
type writer struct {
	err error
	// changed maps what go-fed makes of a URL to what was given, where the
	// two differ: ids are sent exactly as they are known.
	changed map[string]string
}

func (w *writer) iri(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil || s == "" {
		if w.err == nil {
			w.err = fmt.Errorf("build: %q is not a URL", s)
		}
		return &url.URL{}
	}
	if out := u.String(); out != s {
		if w.changed == nil {
			w.changed = map[string]string{}
		}
		w.changed[out] = s
	}
	return u
}

func (w *writer) id(o vocab.Type, id string) {
	if id == "" {
		if w.err == nil {
			w.err = errors.New("build: document without id")
		}
		return
	}
	p := streams.NewJSONLDIdProperty()
	p.Set(w.iri(id))
	o.SetJSONLDId(p)
}

// audience sets to and cc, of which both are always there.
func (w *writer) audience(o object, to, cc []string, audience string) {
	toProp, ccProp := streams.NewActivityStreamsToProperty(), streams.NewActivityStreamsCcProperty()
	for _, s := range to {
		toProp.AppendIRI(w.iri(s))
	}
	for _, s := range cc {
		ccProp.AppendIRI(w.iri(s))
	}
	o.SetActivityStreamsTo(toProp)
	o.SetActivityStreamsCc(ccProp)
	if audience != "" {
		p := streams.NewActivityStreamsAudienceProperty()
		p.AppendIRI(w.iri(audience))
		o.SetActivityStreamsAudience(p)
	}
}

func (w *writer) text(o object, name, summary, content string) {
	if name != "" {
		p := streams.NewActivityStreamsNameProperty()
		p.AppendXMLSchemaString(name)
		o.SetActivityStreamsName(p)
	}
	if summary != "" {
		p := streams.NewActivityStreamsSummaryProperty()
		p.AppendXMLSchemaString(summary)
		o.SetActivityStreamsSummary(p)
	}
	if content != "" {
		p := streams.NewActivityStreamsContentProperty()
		p.AppendXMLSchemaString(content)
		o.SetActivityStreamsContent(p)
	}
}

func (w *writer) times(o object, published, updated time.Time) {
	if !published.IsZero() {
		p := streams.NewActivityStreamsPublishedProperty()
		p.Set(published.UTC().Truncate(time.Second))
		o.SetActivityStreamsPublished(p)
	}
	if !updated.IsZero() {
		p := streams.NewActivityStreamsUpdatedProperty()
		p.Set(updated.UTC().Truncate(time.Second))
		o.SetActivityStreamsUpdated(p)
	}
}

// dates writes when something was published and edited to the millisecond, which
// the typed library cuts off: of two answers written in one second, readers must
// know which came first.
//
// Spec: AS2 2.3 (fractions of a second)
func dates(m map[string]any, published, updated time.Time) {
	for key, t := range map[string]time.Time{"published": published, "updated": updated} {
		if !t.IsZero() {
			m[key] = t.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
}

func (w *writer) url(o object, page string) {
	if page != "" {
		p := streams.NewActivityStreamsUrlProperty()
		p.AppendIRI(w.iri(page))
		o.SetActivityStreamsUrl(p)
	}
}

func (w *writer) attributedTo(o object, id string) {
	if id != "" {
		p := streams.NewActivityStreamsAttributedToProperty()
		p.AppendIRI(w.iri(id))
		o.SetActivityStreamsAttributedTo(p)
	}
}

func (w *writer) image(img *Image) vocab.ActivityStreamsImage {
	o := streams.NewActivityStreamsImage()
	w.url(o, img.URL)
	w.text(o, img.Name, img.Name, "") // Mastodon reads the summary, others the name
	if img.MediaType != "" {
		p := streams.NewActivityStreamsMediaTypeProperty()
		p.Set(img.MediaType)
		o.SetActivityStreamsMediaType(p)
	}
	return o
}

// serialize gives the typed value's properties, with URLs as they were given
// and without go-fed's own @context.
func (w *writer) serialize(o vocab.Type) (map[string]any, error) {
	if w.err != nil {
		return nil, w.err
	}
	m, err := streams.Serialize(o)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	delete(m, "@context")
	if w.changed != nil {
		w.restore(m)
	}
	return m, nil
}

func (w *writer) restore(v any) any {
	switch x := v.(type) {
	case string:
		if s, ok := w.changed[x]; ok {
			return s
		}
	case map[string]any:
		for k := range x {
			x[k] = w.restore(x[k])
		}
	case []any:
		for i := range x {
			x[i] = w.restore(x[i])
		}
	}
	return v
}

// alwaysArray makes a property an array, empty if it is absent: go-fed writes
// a single value bare, and leaves an empty one out.
func alwaysArray(m map[string]any, keys ...string) {
	for _, k := range keys {
		switch v := m[k].(type) {
		case nil:
			m[k] = []any{}
		case []any:
		default:
			m[k] = []any{v}
		}
	}
}

// merge adds extra properties; those of the document itself win.
func merge(m, extra map[string]any) {
	for k, v := range extra {
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
}
