// Package as reads and writes ActivityStreams documents.
//
// Reading is lenient about shapes and strict about meaning. A [Doc] keeps the
// bytes it was parsed from, and those bytes stay the truth: they are what is
// stored, forwarded and served again. Its methods read one property each and
// take every shape seen in the wild (string, object or array; see [Refs]).
// Nothing is ever normalised: an id is the string that was received.
//
// [Parse] refuses what two readers could understand in two ways: duplicate
// keys, trailing data, invalid UTF-8, a byte order mark, documents that are
// too large or too deep, and the JSON-LD keywords that rearrange a graph.
// Keys are compared byte for byte. Remote contexts are never fetched; terms
// are known by name, with a fixed table of prefixed spellings.
//
// Writing goes the other way: plain structs ([Note], [Activity], [Actor],
// [Collection]…) are put into the typed values of go-fed/activity/streams and
// serialised with an @context that defines inline every extension term used.
//
// The origin rules live here too, in origin.go: who may say what about whom.
//
// Spec: AP 3; Spec: AS2 Core; Spec: FEP-fe34
package as
