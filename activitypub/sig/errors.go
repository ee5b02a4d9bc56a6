package sig

import "errors"

// Reason says in a few words why a signature was refused. Reasons are fixed
// strings, safe to log and to count.
type Reason string

// The reasons a signature can be refused for.
const (
	Missing      Reason = "no signature"
	Several      Reason = "more than one signature"
	Malformed    Reason = "malformed signature header"
	NotCovered   Reason = "a required part of the request is not signed"
	NoHeader     Reason = "a signed header is absent or repeated"
	BadDigest    Reason = "digest absent, repeated or not that of the body"
	BadDate      Reason = "date absent, repeated or unreadable"
	TooOld       Reason = "signed too long ago, or expired"
	InFuture     Reason = "signed in the future"
	WrongHost    Reason = "signed for a host that is not served here"
	BadKeyID     Reason = "key id is not a usable URL"
	BadAlgorithm Reason = "algorithm not accepted"
	BadKey       Reason = "key type not accepted"
	Invalid      Reason = "signature does not verify"
)

// Error is a refusal and its reason.
type Error struct {
	Reason Reason
}

// Error implements error.
func (e *Error) Error() string { return "http signature refused: " + string(e.Reason) }

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
