package as

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a document that [Parse] accepts.
const (
	MaxBytes = 1 << 20 // received size, after any decompression
	MaxDepth = 64      // nesting of objects and arrays
	MaxTags  = 500     // entries in tag, see CheckObject
)

// Reason says in a few words why a document was refused. Reasons are fixed
// strings, safe to log and to count.
type Reason string

// The reasons a document can be refused for.
const (
	TooLarge     Reason = "larger than 1 MiB"
	TooDeep      Reason = "nested deeper than 64"
	BadEncoding  Reason = "not valid UTF-8, or starts with a byte order mark"
	BadJSON      Reason = "not valid JSON"
	DuplicateKey Reason = "a key occurs twice in one object"
	TrailingData Reason = "data after the end of the document"
	NotObject    Reason = "not a JSON object"
	GraphKeyword Reason = "uses @graph, @included or @reverse"
	NoType       Reason = "has no type"
	NoID         Reason = "has no id"
	BadID        Reason = "an id is not a usable http(s) URL"
	NoActor      Reason = "has no actor"
	ForeignActor Reason = "actor, signer and id are not on one origin"
	ForeignOwner Reason = "id and attributedTo are not on one origin"
	TooManyTags  Reason = "has more than 500 tags"
	NotActor     Reason = "is not a complete actor"
)

// Error is the one error type of this package: a refusal and its reason.
type Error struct {
	Reason Reason
}

// Error implements error.
func (e *Error) Error() string { return "activitystreams document refused: " + string(e.Reason) }

// Is makes errors.Is(err, &Error{Reason: r}) true for the same reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

func refuse(r Reason) error { return &Error{Reason: r} }

// ReasonOf returns the reason inside err, or "" when err is not a refusal.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// Doc is one ActivityStreams object: the bytes as they were received and the
// lenient view on them. A Doc is read-only and may be shared by goroutines.
type Doc struct {
	Bytes []byte // as received; for an embedded object its part of them
	props map[string]json.RawMessage
}

// Parse reads one document. Every error is an *[Error]; no input panics. The
// Doc keeps b, which must not be changed afterwards.
func Parse(b []byte) (*Doc, error) {
	if err := check(b); err != nil {
		return nil, err
	}
	d := newDoc(b)
	if d == nil {
		return nil, refuse(BadJSON)
	}
	if d.Type() == "" {
		return nil, refuse(NoType)
	}
	return d, nil
}

// newDoc indexes the keys of an object already known to be sound. It returns
// nil when raw is not an object.
func newDoc(raw []byte) *Doc {
	// A map keeps keys exactly as they are; decoding into a struct would
	// fold their case ("Actor", and even "ſ" for "s").
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil || m == nil {
		return nil
	}
	return &Doc{Bytes: raw, props: m}
}

// check walks all tokens once, so that later reads need not distrust.
func check(b []byte) error {
	if len(b) > MaxBytes {
		return refuse(TooLarge)
	}
	if !utf8.Valid(b) || bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return refuse(BadEncoding)
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(b))
	if k := dec.PeekKind(); k != '{' {
		if _, err := dec.ReadToken(); err != nil {
			return refuse(BadJSON)
		}
		return refuse(NotObject)
	}
	context := 0 // depth at which an @context value began, 0 outside of one
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return refuse(syntax(err))
		}
		depth := dec.StackDepth()
		if depth > MaxDepth {
			return refuse(TooDeep)
		}
		if depth == 0 {
			break
		}
		if context > 0 && depth < context {
			context = 0
		}
		kind, n := dec.StackIndex(depth)
		if kind != '{' || n%2 == 0 || tok.Kind() != '"' {
			continue
		}
		// tok is a member name. @context is not interpreted, so what its
		// term definitions say is of no consequence.
		switch tok.String() {
		case "@context":
			if context == 0 {
				context = depth + 1
			}
		case "@graph", "@included", "@reverse":
			if context == 0 {
				return refuse(GraphKeyword)
			}
		}
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return refuse(TrailingData)
	}
	return nil
}

func syntax(err error) Reason {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return DuplicateKey
	}
	return BadJSON
}
