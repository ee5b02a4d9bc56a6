package as

import (
	"encoding/json"
	"sort"
	"strings"
	"time"
)

// aliases are the prefixed spellings of terms met when a peer did not define
// the short name in its context.
var aliases = map[string][]string{
	"id":                        {"@id"},
	"type":                      {"@type"},
	"discoverable":              {"toot:discoverable"},
	"indexable":                 {"toot:indexable"},
	"searchableBy":              {"fedibird:searchableBy"},
	"attributionDomains":        {"toot:attributionDomains"},
	"featured":                  {"toot:featured"},
	"blurhash":                  {"toot:blurhash"},
	"focalPoint":                {"toot:focalPoint"},
	"votersCount":               {"toot:votersCount"},
	"sensitive":                 {"as:sensitive"},
	"manuallyApprovesFollowers": {"as:manuallyApprovesFollowers"},
	"movedTo":                   {"as:movedTo"},
	"alsoKnownAs":               {"as:alsoKnownAs"},
	"value":                     {"schema:value", "sc:value"},
	"publicKey":                 {"sec:publicKey"},
	"publicKeyPem":              {"sec:publicKeyPem"},
	"owner":                     {"sec:owner"},
	"status":                    {"ical:status"},
	"capabilities":              {"litepub:capabilities"},
	"moderators":                {"lemmy:moderators"},
	"wall":                      {"sm:wall"},
	"identifier":                {"sc:identifier", "schema:identifier"},
	"maximumAttendeeCapacity":   {"mz:maximumAttendeeCapacity", "sc:maximumAttendeeCapacity"},
	"joinMode":                  {"mz:joinMode"},
}

// Raw returns the JSON of a property, nil when it is absent. A JSON null is
// the same as absent.
func (d *Doc) Raw(key string) json.RawMessage {
	if d == nil {
		return nil
	}
	v, ok := d.props[key]
	if !ok {
		for _, a := range aliases[key] {
			if v, ok = d.props[a]; ok {
				break
			}
		}
	}
	if string(v) == "null" {
		return nil
	}
	return v
}

// Has reports whether a property is present and not null.
func (d *Doc) Has(key string) bool { return d.Raw(key) != nil }

// String returns a property that is a string, or the first string of an
// array; "" otherwise.
func (d *Doc) String(key string) string {
	raw := d.Raw(key)
	if len(raw) > 0 && raw[0] == '[' {
		for _, r := range readRefs(raw) {
			if r.URI != "" {
				return r.URI
			}
		}
		return ""
	}
	return readString(raw)
}

// Bool returns a property that is true, or the string "true".
func (d *Doc) Bool(key string) bool {
	raw := d.Raw(key)
	return string(raw) == "true" || string(raw) == `"true"`
}

// Int returns a whole number, and whether there was one.
func (d *Doc) Int(key string) (int64, bool) {
	var n json.Number
	if json.Unmarshal(d.Raw(key), &n) != nil {
		return 0, false
	}
	if i, err := n.Int64(); err == nil {
		return i, true
	}
	f, err := n.Float64()
	if err != nil || f != f || f > 1<<53 || f < -(1<<53) {
		return 0, false
	}
	return int64(f), true
}

// Refs returns a property written as string, object or array.
func (d *Doc) Refs(key string) Refs { return readRefs(d.Raw(key)) }

// Map returns a property that maps names to strings, such as contentMap.
func (d *Doc) Map(key string) map[string]string {
	var m map[string]json.RawMessage
	if json.Unmarshal(d.Raw(key), &m) != nil || len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s := readString(v); s != "" {
			out[k] = s
		}
	}
	return out
}

// Time reads a property as a moment, in the spellings that peers use: with or
// without zone, any number of digits, or a date alone. Without zone it is UTC.
// A missing or unreadable time is the zero time. Whether a time is plausible
// is for the caller to judge.
func (d *Doc) Time(key string) time.Time {
	s := strings.TrimSpace(d.String(key))
	if len(s) > 64 {
		return time.Time{}
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700",
		"2006-01-02T15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// ID returns the id exactly as received, "" when there is none.
func (d *Doc) ID() string { return d.String("id") }

// Type returns the first type.
func (d *Doc) Type() string { return d.String("type") }

// Types returns all types; most documents have one.
func (d *Doc) Types() []string {
	var out []string
	for _, r := range d.Refs("type") {
		if r.URI != "" {
			out = append(out, r.URI)
		}
	}
	return out
}

// Is reports whether one of the types is among names.
func (d *Doc) Is(names ...string) bool {
	for _, t := range d.Types() {
		for _, n := range names {
			if t == n {
				return true
			}
		}
	}
	return false
}

// Actor returns the id of the first actor. An embedded actor is read for its
// id only and must never be used to verify anything.
func (d *Doc) Actor() string { return d.Refs("actor").ID() }

// AttributedTo returns the id of the author: of several the first that is a
// person, where that is told, for a video names its account and its channel.
func (d *Doc) AttributedTo() string {
	refs := d.Refs("attributedTo")
	for _, r := range refs {
		if len(refs) > 1 && r.Type() == "Person" && r.ID() != "" {
			return r.ID()
		}
	}
	return refs.ID()
}

// Object returns what an activity is about.
func (d *Doc) Object() Refs { return d.Refs("object") }

// Target returns the collection an Add, Remove, Block or Move points to.
func (d *Doc) Target() Refs { return d.Refs("target") }

// To returns the primary audience as ids.
func (d *Doc) To() []string { return d.Refs("to").IDs() }

// Cc returns the secondary audience as ids.
func (d *Doc) Cc() []string { return d.Refs("cc").IDs() }

// Audience returns the ids in audience: the group, in group federation.
//
// Spec: FEP-1b12
func (d *Doc) Audience() []string { return d.Refs("audience").IDs() }

// Recipients returns to, cc and audience without doubles. bto and bcc are
// never read.
func (d *Doc) Recipients() []string {
	seen := map[string]bool{}
	var out []string
	for _, key := range []string{"to", "cc", "audience"} {
		for _, id := range d.Refs(key).IDs() {
			if !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

// InReplyTo returns the id of the first parent, "" for a thread's start.
func (d *Doc) InReplyTo() string { return d.Refs("inReplyTo").ID() }

// Name returns the name, or one of nameMap. It may hold HTML: peers do that.
func (d *Doc) Name() string { return d.natural("name") }

// NameMap returns the name by language tag.
func (d *Doc) NameMap() map[string]string { return d.Map("nameMap") }

// Summary returns the summary (HTML; a content warning on a post), or one of
// summaryMap.
func (d *Doc) Summary() string { return d.natural("summary") }

// SummaryMap returns the summary by language tag.
func (d *Doc) SummaryMap() map[string]string { return d.Map("summaryMap") }

// Content returns the content (unsafe HTML unless MediaType says otherwise),
// or one of contentMap.
func (d *Doc) Content() string { return d.natural("content") }

// ContentMap returns the content by language tag.
func (d *Doc) ContentMap() map[string]string { return d.Map("contentMap") }

// natural reads a natural-language value: the plain property first, then the
// map, where the choice between several is the same at every reading.
func (d *Doc) natural(key string) string {
	if s := d.String(key); s != "" {
		return s
	}
	m := d.Map(key + "Map")
	if len(m) == 0 {
		return ""
	}
	if s := m[d.contextLanguage()]; s != "" {
		return s
	}
	return m[sortedKeys(m)[0]]
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Language returns the language tag of the content, "" when not told: from
// contentMap, then language (string or Lemmy's object), inLanguage, and the
// @language of the context. "und" counts as not told.
func (d *Doc) Language() string {
	m, content := d.ContentMap(), d.Content()
	for _, k := range sortedKeys(m) {
		if m[k] == content || len(m) == 1 {
			if k != "und" {
				return k
			}
		}
	}
	for _, key := range []string{"language", "inLanguage"} {
		r := d.Refs(key).First()
		s := r.URI
		if r.Doc != nil {
			s = r.Doc.String("identifier")
		}
		if s != "" && s != "und" {
			return s
		}
	}
	return d.contextLanguage()
}

func (d *Doc) contextLanguage() string {
	for _, c := range d.Refs("@context").Docs() {
		if l := c.String("@language"); l != "" && l != "und" {
			return l
		}
	}
	return ""
}

// Source returns what the author typed and its media type. Mbin puts a URL
// string here; that is no source.
func (d *Doc) Source() (content, mediaType string) {
	s := d.Refs("source").Doc()
	if s == nil {
		return "", ""
	}
	return s.Content(), s.MediaType()
}

// Published returns when the object was published, zero when unknown.
func (d *Doc) Published() time.Time { return d.Time("published") }

// Updated returns when the object was edited, zero when not told: many peers
// leave it out.
func (d *Doc) Updated() time.Time { return d.Time("updated") }

// Sensitive reports whether media should be hidden at first.
func (d *Doc) Sensitive() bool { return d.Bool("sensitive") }

// Context returns the conversation's URI.
//
// Spec: FEP-7888
func (d *Doc) Context() string {
	if s := d.Refs("context").ID(); s != "" {
		return s
	}
	return d.String("conversation")
}

// Replies returns the collection of replies, by URI or embedded.
func (d *Doc) Replies() Ref { return d.Refs("replies").First() }

// Likes returns the collection of likes, by URI or embedded.
//
// Spec: AP 5.7
func (d *Doc) Likes() Ref { return d.Refs("likes").First() }

// Shares returns the collection of Announces, by URI or embedded.
//
// Spec: AP 5.8
func (d *Doc) Shares() Ref { return d.Refs("shares").First() }

// MediaType returns mediaType, or the mimeType of older peers.
func (d *Doc) MediaType() string {
	if s := d.String("mediaType"); s != "" {
		return s
	}
	return d.String("mimeType")
}

// Quote returns the id of the quoted post.
//
// Spec: FEP-044f; Spec: FEP-e232
func (d *Doc) Quote() string {
	for _, key := range []string{"quote", "quoteUri", "quoteUrl", "_misskey_quote"} {
		if s := d.Refs(key).ID(); s != "" {
			return s
		}
	}
	return d.linkedQuote()
}

// SearchableBy returns who may find the object by a search, as ids of actors and
// collections; none means that it does not say.
//
// Spec: FEP-268d
func (d *Doc) SearchableBy() []string { return d.Refs("searchableBy").IDs() }

// Items returns the items of a collection or page, ordered or not.
func (d *Doc) Items() Refs {
	if r := d.Refs("orderedItems"); len(r) > 0 {
		return r
	}
	return d.Refs("items")
}

// TotalItems returns the size a collection claims, and whether it claims one.
func (d *Doc) TotalItems() (int64, bool) { return d.Int("totalItems") }
