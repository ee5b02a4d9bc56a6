package httpx

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
)

// Ctx is one request being answered.
type Ctx struct {
	W         http.ResponseWriter
	R         *http.Request
	Viewer    *auth.Viewer // nil for a stranger, and for an app alone
	App       *auth.Viewer // the token of an app alone (client credentials), else nil
	Token     string       // the secret that the viewer or app showed, "" without one
	Lang      string       // "fr", "en": the language of the answer
	Loc       *i18n.Localizer
	Route     *Route // nil when no route has the path
	RequestID string

	srv     *Server
	began   time.Time
	vars    map[string]string
	flashes []Flash // read from the cookie of the request
	private bool    // the answer depends on more than the address: no shared cache
	formOK  error   // outcome of parsing the form
	parsed  bool
}

// Context is the request's context: it ends with the client or the time limit.
func (c *Ctx) Context() context.Context { return c.R.Context() }

// Var is a variable of the route's path.
func (c *Ctx) Var(name string) string { return c.vars[name] }

// ID reads a variable of the path as an id; what is no id cannot exist: KindNotFound.
func (c *Ctx) ID(name string) (int64, error) {
	id, ok := ids.Parse(c.vars[name])
	if !ok {
		return 0, apperr.NotFound("httpx.not_found")
	}
	return id, nil
}

// Query is a parameter of the address.
func (c *Ctx) Query(name string) string { return c.R.URL.Query().Get(name) }

// BaseURL is the configured address of the instance, without a final slash.
func (c *Ctx) BaseURL() string { return c.srv.base }

// Secure reports whether the instance is served over https, so that cookies are marked Secure.
func (c *Ctx) Secure() bool { return c.srv.secure }

// Addr is the client's address, for limits only: never stored, never logged.
func (c *Ctx) Addr() string { return clientAddr(c.R) }

const multipartMemory = 1 << 20

// Form gives the fields of a posted form, urlencoded or multipart, without
// those of the address. Too large is KindTooLarge, malformed KindBadRequest.
func (c *Ctx) Form() (url.Values, error) {
	if !c.parsed {
		c.parsed = true
		var err error
		if strings.HasPrefix(c.R.Header.Get("Content-Type"), "multipart/form-data") {
			err = c.R.ParseMultipartForm(multipartMemory)
		} else {
			err = c.R.ParseForm()
		}
		if err != nil {
			c.formOK = bodyError(err)
		}
	}
	if c.formOK != nil {
		return nil, c.formOK
	}
	return c.R.PostForm, nil
}

// bodyError classes an error of reading or parsing the request body.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if asError(err, &tooLarge) || strings.Contains(err.Error(), "request body too large") {
		return apperr.TooLarge("httpx.too_large").Wrap(err)
	}
	return apperr.BadRequest("httpx.bad_request").Wrap(err)
}

// T gives the sentence of a key in the answer's language.
func (c *Ctx) T(key string, args ...any) string { return c.Loc.T(key, args...) }

// SetLang changes the language of the answer; an unknown one is passed over.
func (c *Ctx) SetLang(lang string) {
	if i18n.Known(lang) {
		c.Lang = lang
		c.Loc = c.srv.opts.Strings.Localizer(lang)
	}
}

// Private keeps the answer out of every cache. Answers to a viewer are private anyway.
func (c *Ctx) Private() {
	c.private = true
	c.W.Header().Set("Cache-Control", "private, no-store")
}

// JSON answers with v encoded. Slices in v must not be nil.
func (c *Ctx) JSON(status int, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return c.Text(status, "application/json; charset=utf-8", b.String())
}

// Text answers with a text of the given type, compressed when that pays.
func (c *Ctx) Text(status int, contentType, body string) error {
	return c.Bytes(status, contentType, []byte(body))
}

// NoContent answers with a status alone.
func (c *Ctx) NoContent(status int) error {
	c.W.WriteHeader(status)
	return nil
}

// Redirect sends the browser to a path of ours with 303, so that it asks with GET.
// Anything but a local path becomes the front page.
func (c *Ctx) Redirect(path string) error {
	http.Redirect(c.W, c.R, LocalPath(path, "/"), http.StatusSeeOther)
	return nil
}

// RedirectOut sends the browser to an address elsewhere with 302. The caller
// has checked it: never pass what the request holds.
func (c *Ctx) RedirectOut(address string) error {
	c.Private()
	c.W.Header().Set("Location", address)
	c.W.WriteHeader(http.StatusFound)
	return nil
}

// LocalPath gives path when it is an absolute path on this site, else instead.
func LocalPath(path, instead string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || len(path) > 2000 ||
		strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return instead
	}
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" {
		return instead
	}
	return path
}
