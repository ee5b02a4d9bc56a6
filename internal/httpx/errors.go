package httpx

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
)

var statusOf = map[apperr.Kind]int{
	apperr.KindInternal:     http.StatusInternalServerError,
	apperr.KindInvalid:      http.StatusUnprocessableEntity,
	apperr.KindBadRequest:   http.StatusBadRequest,
	apperr.KindUnauthorized: http.StatusUnauthorized,
	apperr.KindForbidden:    http.StatusForbidden,
	apperr.KindNotFound:     http.StatusNotFound,
	apperr.KindConflict:     http.StatusConflict,
	apperr.KindGone:         http.StatusGone,
	apperr.KindTooLarge:     http.StatusRequestEntityTooLarge,
	apperr.KindTooMany:      http.StatusTooManyRequests,
	apperr.KindUnavailable:  http.StatusServiceUnavailable,
}

// Status is the HTTP status of an error's kind.
func Status(err error) int {
	if _, ok := apperr.As(err); !ok && errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable
	}
	return statusOf[apperr.KindOf(err)]
}

// Mastodon's own words for the kinds that apps know by heart; the rest is said
// in the viewer's language.
var apiWords = map[int]string{
	http.StatusUnauthorized:        "The access token is invalid",
	http.StatusNotFound:            "Record not found",
	http.StatusGone:                "Gone",
	http.StatusTooManyRequests:     "Too many requests",
	http.StatusInternalServerError: "Something went wrong on our end",
	http.StatusMethodNotAllowed:    "Method not allowed",
}

var kindKeys = map[int]string{
	http.StatusBadRequest:            "httpx.bad_request",
	http.StatusUnauthorized:          "httpx.unauthorized",
	http.StatusForbidden:             "httpx.forbidden",
	http.StatusNotFound:              "httpx.not_found",
	http.StatusMethodNotAllowed:      "httpx.method",
	http.StatusConflict:              "httpx.conflict",
	http.StatusGone:                  "httpx.gone",
	http.StatusRequestEntityTooLarge: "httpx.too_large",
	http.StatusUnprocessableEntity:   "httpx.invalid",
	http.StatusTooManyRequests:       "httpx.too_many",
	http.StatusInternalServerError:   "httpx.internal",
	http.StatusServiceUnavailable:    "httpx.unavailable",
}

// ErrorText is what an error says to people, in the answer's language: its own
// sentence and those of its fields, or the general one of its kind.
func (c *Ctx) ErrorText(err error) string {
	status := Status(err)
	e, ok := apperr.As(err)
	if !ok || status >= 500 && e.Key == "" {
		return c.T(kindKeys[status])
	}
	var parts []string
	if e.Key != "" && (len(e.Fields) == 0 || c.Loc.Has(e.Key)) {
		parts = append(parts, c.T(e.Key, e.Args...))
	}
	for _, f := range e.Fields {
		if s := c.T(f.Key, f.Args...); len(parts) == 0 || parts[len(parts)-1] != s {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return c.T(kindKeys[status])
	}
	return strings.Join(parts, " ")
}

type apiError struct {
	Error string `json:"error"`
}

// fail answers with an error, in the form of the class. err may be nil.
func (c *Ctx) fail(class Class, status int, err error) {
	// The time of the route has ended with it; what says so has its own.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.R.Context()), failTimeout)
	defer cancel()
	c.R = c.R.WithContext(ctx)
	h := c.W.Header()
	h.Del("Content-Encoding")
	h.Del("ETag")
	h.Del("Last-Modified")
	h.Set("Cache-Control", "private, no-store")
	if status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", "5")
	}
	if status == http.StatusUnauthorized && class == ClassAPI {
		h.Set("WWW-Authenticate", `Bearer realm="Maillage"`)
	}
	var werr error
	switch class {
	case ClassWeb:
		werr = c.failPage(status, err)
	default:
		text := apiWords[status]
		if text == "" {
			text = c.T(kindKeys[status])
			if err != nil && status != http.StatusInternalServerError {
				text = c.ErrorText(err)
			}
		}
		werr = c.JSON(status, apiError{text})
	}
	if werr != nil && !errors.Is(werr, errClientGone) {
		c.srv.log.Error("error page failed", "id", c.RequestID, "err", werr)
	}
}
