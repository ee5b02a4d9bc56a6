package httpx

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/web"
)

// CSRFField is the name of the form field that holds the token; CSRFHeader may
// hold it instead, for requests made by a script.
const (
	CSRFField  = web.CSRFField
	CSRFHeader = web.CSRFHeader
)

const (
	macLen     = sha256.Size
	anonCookie = "form"
)

// CSRF gives the token to put in a form. It is the session's secret, or for a
// stranger that of a cookie which this sets (then the page is not cacheable: ask
// only for pages that have a form), masked anew each time so that compression
// of a page tells nothing of it.
func (c *Ctx) CSRF() string {
	key := c.csrfKey(true)
	out := make([]byte, 2*macLen)
	rand.Read(out[:macLen])
	mac := c.srv.mac("csrf", key)
	for i := range macLen {
		out[macLen+i] = out[i] ^ mac[i]
	}
	return base64.RawURLEncoding.EncodeToString(out)
}

// csrfKey is what tokens of this browser are made from.
func (c *Ctx) csrfKey(create bool) string {
	if c.Viewer != nil && c.Viewer.CSRF != "" {
		return c.Viewer.CSRF
	}
	name := c.srv.cookieName(anonCookie)
	if ck, err := c.R.Cookie(name); err == nil && len(ck.Value) >= 20 && len(ck.Value) <= 64 {
		if create {
			c.Private()
		}
		return ck.Value
	}
	if !create {
		return ""
	}
	b := make([]byte, 16)
	rand.Read(b)
	v := base64.RawURLEncoding.EncodeToString(b)
	c.setCookie(anonCookie, v, 0)
	// A second form on the same page must get the same secret.
	c.R.AddCookie(&http.Cookie{Name: name, Value: v})
	return v
}

// checkForm refuses a form that did not come from a page of ours.
func (c *Ctx) checkForm() error {
	if err := c.srv.origins.Check(c.R); err != nil {
		return apperr.Forbidden("httpx.foreign_form").Wrap(err)
	}
	if _, err := c.Form(); err != nil {
		return err
	}
	token := c.R.Header.Get(CSRFHeader)
	if token == "" {
		token = c.R.PostForm.Get(CSRFField)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	key := c.csrfKey(false)
	if err != nil || len(raw) != 2*macLen || key == "" {
		return apperr.Forbidden("httpx.stale_form")
	}
	for i := range macLen {
		raw[macLen+i] ^= raw[i]
	}
	if subtle.ConstantTimeCompare(raw[macLen:], c.srv.mac("csrf", key)) != 1 {
		return apperr.Forbidden("httpx.stale_form")
	}
	return nil
}

// mac is keyed with the instance's secret; use names what the result is for.
func (s *Server) mac(use, text string) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(use))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return h.Sum(nil)
}
