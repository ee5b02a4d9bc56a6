package as

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// Activity is an activity to be written. To and Cc are always written, as
// arrays.
//
// Object and Target may be a URI (string), several ([]string), another
// [Builder], whose terms go into this document's @context, or a document
// that exists already (*[Doc], []byte or json.RawMessage), which is embedded
// byte for byte: an Accept carries the very Follow it answers. Only where the
// actor embeds a document of its own (Create, Update, Delete, Undo) is that
// document's @context moved up into this one.
type Activity struct {
	Type      string // Create, Update, Delete, Follow, Accept, Reject, Undo, Like, Announce…
	ID        string
	Actor     string
	Object    any
	Target    any
	To        []string
	Cc        []string
	Audience  string // the group. Spec: FEP-1b12
	Summary   string // a reason
	Content   string
	Published time.Time

	Extra        map[string]any // further properties
	ExtraContext map[string]any // definitions of their terms
}

// Build implements [Builder].
func (a Activity) Build() ([]byte, error) { return build(a) }

type activity interface {
	object
	SetActivityStreamsActor(vocab.ActivityStreamsActorProperty)
}

func newActivity(kind string) (activity, error) {
	switch kind {
	case "Accept":
		return streams.NewActivityStreamsAccept(), nil
	case "Add":
		return streams.NewActivityStreamsAdd(), nil
	case "Announce":
		return streams.NewActivityStreamsAnnounce(), nil
	case "Block":
		return streams.NewActivityStreamsBlock(), nil
	case "Create":
		return streams.NewActivityStreamsCreate(), nil
	case "Delete":
		return streams.NewActivityStreamsDelete(), nil
	case "Dislike":
		return streams.NewActivityStreamsDislike(), nil
	case "Flag":
		return streams.NewActivityStreamsFlag(), nil
	case "Follow":
		return streams.NewActivityStreamsFollow(), nil
	case "Ignore":
		return streams.NewActivityStreamsIgnore(), nil
	case "Invite":
		return streams.NewActivityStreamsInvite(), nil
	case "Join":
		return streams.NewActivityStreamsJoin(), nil
	case "Leave":
		return streams.NewActivityStreamsLeave(), nil
	case "Like":
		return streams.NewActivityStreamsLike(), nil
	case "Move":
		return streams.NewActivityStreamsMove(), nil
	case "Offer":
		return streams.NewActivityStreamsOffer(), nil
	case "Reject":
		return streams.NewActivityStreamsReject(), nil
	case "Remove":
		return streams.NewActivityStreamsRemove(), nil
	case "TentativeAccept":
		return streams.NewActivityStreamsTentativeAccept(), nil
	case "TentativeReject":
		return streams.NewActivityStreamsTentativeReject(), nil
	case "Undo":
		return streams.NewActivityStreamsUndo(), nil
	case "Update":
		return streams.NewActivityStreamsUpdate(), nil
	}
	switch kind { // go-fed knows these not; their names are written over
	case "EmojiReact":
		return streams.NewActivityStreamsLike(), nil
	case "Lock": // Spec: FEP-1b12, as Lemmy closes threads
		return streams.NewActivityStreamsBlock(), nil
	case "TentativeJoin": // Spec: Smithereen, of who may come
		return streams.NewActivityStreamsJoin(), nil
	}
	if requests[kind] {
		return streams.NewActivityStreamsOffer(), nil
	}
	return nil, fmt.Errorf("build: no activities of type %q", kind)
}

func (a Activity) properties() (map[string]any, map[string]any, error) {
	o, err := newActivity(a.Type)
	if err != nil {
		return nil, nil, err
	}
	w := &writer{}
	w.id(o, a.ID)
	actor := streams.NewActivityStreamsActorProperty()
	actor.AppendIRI(w.iri(a.Actor))
	o.SetActivityStreamsActor(actor)
	w.audience(o, a.To, a.Cc, a.Audience)
	w.text(o, "", a.Summary, a.Content)
	m, err := w.serialize(o)
	if err != nil {
		return nil, nil, err
	}
	alwaysArray(m, "to", "cc")
	dates(m, a.Published, time.Time{})
	m["type"] = a.Type
	extra := map[string]any{}
	merge(extra, a.ExtraContext)
	for key, v := range map[string]any{"object": a.Object, "target": a.Target} {
		value, more, err := embed(v)
		if err != nil {
			return nil, nil, fmt.Errorf("build: %s: %w", key, err)
		}
		if raw, ok := value.(verbatim); ok && key == "object" && ownsObject(a.Type) {
			value, more = lift(raw)
		}
		if value != nil {
			m[key] = value
		}
		merge(extra, more)
	}
	if m["object"] == nil {
		return nil, nil, fmt.Errorf("build: %s without object", a.Type)
	}
	merge(m, a.Extra)
	return m, extra, nil
}

// embed returns the JSON value of an object or target, and the definitions of
// terms it brings.
func embed(v any) (value any, terms map[string]any, err error) {
	switch x := v.(type) {
	case nil:
		return nil, nil, nil
	case string:
		if x == "" {
			return nil, nil, nil
		}
		return x, nil, nil
	case []string:
		list := make([]any, len(x))
		for i, s := range x {
			list[i] = s
		}
		return list, nil, nil
	case Builder:
		return unpack(x.properties())
	case *Doc:
		return embed(x.Bytes)
	case json.RawMessage:
		return embed([]byte(x))
	case []byte:
		if !json.Valid(x) {
			return nil, nil, refuse(BadJSON)
		}
		return verbatim(x), nil, nil
	case map[string]any:
		return x, nil, nil
	}
	return nil, nil, fmt.Errorf("cannot embed a %T", v)
}

func unpack(m, terms map[string]any, err error) (any, map[string]any, error) {
	if err != nil {
		return nil, nil, err
	}
	return m, terms, nil
}

func ownsObject(kind string) bool {
	return kind == "Create" || kind == "Update" || kind == "Delete" || kind == "Undo"
}

// lift takes the @context out of a document and returns its properties, their
// values unchanged, and the definitions that were in the context. A document
// whose context is not made like ours is returned as it is.
func lift(raw verbatim) (any, map[string]any) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil || m["@context"] == nil {
		return raw, nil
	}
	var context any
	if json.Unmarshal(m["@context"], &context) != nil {
		return raw, nil
	}
	terms := map[string]any{}
	for _, c := range asList(context) {
		switch x := c.(type) {
		case string:
			if x != contextAS && x != contextSecurity {
				return raw, nil
			}
		case map[string]any:
			merge(terms, x)
		default:
			return raw, nil
		}
	}
	props := make(map[string]any, len(m))
	for k, v := range m {
		if k != "@context" {
			var value any
			d := json.NewDecoder(bytes.NewReader(v))
			d.UseNumber()
			if d.Decode(&value) != nil {
				return raw, nil
			}
			props[k] = value
		}
	}
	if _, err := contextFor(props, terms); err != nil {
		return raw, nil
	}
	return props, terms
}
