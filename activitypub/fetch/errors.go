package fetch

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// What kind of failure an *[Error] is, for errors.Is.
var (
	ErrGone      = errors.New("gone")                    // 404 or 410: the thing is not there
	ErrTemporary = errors.New("temporary failure")       // worth another try later
	ErrRefused   = errors.New("refused")                 // will not work by trying again
	ErrBudget    = errors.New("request budget is spent") // see WithBudget
)

// Error is a request that did not give what was asked for.
type Error struct {
	Kind       error         // ErrGone, ErrTemporary, ErrRefused or ErrBudget
	Reason     string        // a few fixed words, safe to log
	Status     int           // HTTP status, 0 when there was no answer
	RetryAfter time.Duration // what the server asked for, 0 if nothing
	err        error
}

// Error implements error. It names no address.
func (e *Error) Error() string {
	s := "fetch: " + e.Kind.Error()
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Status != 0 {
		s += " (status " + strconv.Itoa(e.Status) + ")"
	}
	return s
}

// Is matches the kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

func refused(reason string, err error) error {
	return &Error{Kind: ErrRefused, Reason: reason, err: err}
}

// NoAnswer is the Reason of an Error for a server that took too long.
const NoAnswer = "no answer in time"

// maxRetryAfter bounds how long a server can put us off.
const maxRetryAfter = 24 * time.Hour

// statusError turns an answer that is no success into an error.
func statusError(resp *http.Response, now time.Time) *Error {
	e := &Error{Kind: ErrRefused, Status: resp.StatusCode}
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		e.Kind = ErrGone
	case code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code == http.StatusTooEarly:
		e.Kind = ErrTemporary
		e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), now)
	case code >= 300 && code < 400:
		e.Reason = "unexpected redirect"
	}
	return e
}

func retryAfter(s string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(s); err == nil {
		d = t.Sub(now)
	}
	return max(0, min(d, maxRetryAfter))
}
