// Package apperr holds the kinds of error that services return.
//
// A service says what went wrong in terms of the domain (not found, forbidden,
// invalid field); it knows nothing of HTTP. The edge maps a kind once, to a
// page, to Mastodon's JSON or to an ActivityPub status. A message is a key of
// the translations with its arguments, so that the person reads it in their
// own language.
package apperr

import (
	"errors"
	"fmt"
	"strings"
)

// Kind classes an error by what the caller can do about it.
type Kind int

// The kinds, and the HTTP status that the edge gives them.
const (
	KindInternal     Kind = iota // 500: our fault, logged, never explained in detail
	KindInvalid                  // 422: the input is wrong, Fields says where
	KindBadRequest               // 400: the request itself cannot be understood
	KindUnauthorized             // 401: sign in, or the signature does not verify
	KindForbidden                // 403: known, and not allowed
	KindNotFound                 // 404: absent, or not for this viewer to know of
	KindConflict                 // 409
	KindGone                     // 410: was here, deleted for good
	KindTooLarge                 // 413
	KindTooMany                  // 429
	KindUnavailable              // 503: try again later
)

// Field is a problem with one field of a form, by its name in the form.
type Field struct {
	Name string
	Key  string
	Args []any
}

// Error is an error with a kind, a message key for people and a cause for the log.
type Error struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
	cause  error
}

// New makes an error of a kind. key names a translated sentence.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// The constructors, one per kind that services use.

func Invalid(key string, args ...any) *Error      { return New(KindInvalid, key, args...) }
func BadRequest(key string, args ...any) *Error   { return New(KindBadRequest, key, args...) }
func Unauthorized(key string, args ...any) *Error { return New(KindUnauthorized, key, args...) }
func Forbidden(key string, args ...any) *Error    { return New(KindForbidden, key, args...) }
func NotFound(key string, args ...any) *Error     { return New(KindNotFound, key, args...) }
func Conflict(key string, args ...any) *Error     { return New(KindConflict, key, args...) }
func Gone(key string, args ...any) *Error         { return New(KindGone, key, args...) }
func TooLarge(key string, args ...any) *Error     { return New(KindTooLarge, key, args...) }
func TooMany(key string, args ...any) *Error      { return New(KindTooMany, key, args...) }
func Unavailable(key string, args ...any) *Error  { return New(KindUnavailable, key, args...) }

// Field adds a problem with one field; it returns e for chaining.
func (e *Error) Field(name, key string, args ...any) *Error {
	e.Fields = append(e.Fields, Field{name, key, args})
	return e
}

// Wrap attaches the cause, for the log only; it returns e for chaining.
func (e *Error) Wrap(cause error) *Error {
	e.cause = cause
	return e
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Key)
	}
	if e.cause != nil {
		b.WriteString(": ")
		b.WriteString(e.cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// As finds the Error inside err; ok is false for an error of no kind.
func As(err error) (e *Error, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}

// KindOf is the kind of err, KindInternal when it has none.
func KindOf(err error) Kind {
	if e, ok := As(err); ok {
		return e.Kind
	}
	return KindInternal
}

// Is reports whether err is of the given kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
