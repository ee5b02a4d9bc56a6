package httpx

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	sessionCookie = "session"
	langCookie    = "lang"
	flashCookie   = "flash"
)

// LangCookie is the name of the cookie that holds the language chosen on the pages.
const LangCookie = langCookie

// cookieName is the browser's name of a cookie. Over https the __Host- prefix
// keeps other hosts of the domain from setting it; instances that share a host
// on several ports (local tests) are told apart by the port.
func (s *Server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	if s.port != "" {
		return name + "_" + s.port
	}
	return name
}

// setCookie sets a cookie for the whole site; age 0 means until the browser
// closes, a negative one removes it.
func (c *Ctx) setCookie(name, value string, age time.Duration) {
	ck := &http.Cookie{
		Name: c.srv.cookieName(name), Value: value, Path: "/",
		HttpOnly: true, Secure: c.srv.secure, SameSite: http.SameSiteLaxMode,
	}
	switch {
	case age < 0:
		ck.MaxAge = -1
	case age > 0:
		ck.MaxAge = int(age / time.Second)
	}
	http.SetCookie(c.W, ck)
	c.Private()
}

// StartSession gives the browser the secret of a new web session.
func (c *Ctx) StartSession(token string, age time.Duration) { c.setCookie(sessionCookie, token, age) }

// EndSession makes the browser forget its session. The server ends it separately.
func (c *Ctx) EndSession() { c.setCookie(sessionCookie, "", -1) }

// SetLangCookie remembers the language that a visitor chose, for a year.
func (c *Ctx) SetLangCookie(lang string) {
	http.SetCookie(c.W, &http.Cookie{
		Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: c.srv.secure, SameSite: http.SameSiteLaxMode,
	})
	c.Private()
}

// Flash is a message for the next page.
type Flash struct {
	Kind string // success, note, error
	Key  string
	Args []any
	Text string // in the language of the page that shows it
}

type flashWire struct {
	K string `json:"k"`
	M string `json:"m"`
	A []any  `json:"a,omitempty"`
}

const (
	maxFlashes  = 4
	flashMaxAge = 2 * time.Minute
)

// Flash leaves a message for the page that follows a redirect. args go through
// JSON: texts and whole numbers only.
func (c *Ctx) Flash(kind, key string, args ...any) {
	c.flashes = append(c.flashes, Flash{Kind: kind, Key: key, Args: args})
	if len(c.flashes) > maxFlashes {
		c.flashes = c.flashes[len(c.flashes)-maxFlashes:]
	}
	wire := make([]flashWire, len(c.flashes))
	for i, f := range c.flashes {
		wire[i] = flashWire{f.Kind, f.Key, f.Args}
	}
	raw, err := json.Marshal(wire)
	if err != nil || len(raw) > 2000 { // an argument too long for a cookie: the act itself was done
		return
	}
	body := base64.RawURLEncoding.EncodeToString(raw)
	sig := base64.RawURLEncoding.EncodeToString(c.srv.mac("flash", body))
	c.dropSetCookie(flashCookie)
	c.setCookie(flashCookie, body+"."+sig, flashMaxAge)
}

// Flashes gives the messages left for this page, in its language, and forgets them.
func (c *Ctx) Flashes() []Flash {
	out := c.flashes
	c.flashes = nil
	if _, err := c.R.Cookie(c.srv.cookieName(flashCookie)); err == nil || len(out) > 0 {
		c.dropSetCookie(flashCookie)
		c.setCookie(flashCookie, "", -1)
	}
	for i := range out {
		out[i].Text = c.T(out[i].Key, out[i].Args...)
	}
	return out
}

// readFlashes takes the messages of the previous request from their cookie.
func (c *Ctx) readFlashes() {
	ck, err := c.R.Cookie(c.srv.cookieName(flashCookie))
	if err != nil {
		return
	}
	body, sig, _ := strings.Cut(ck.Value, ".")
	got, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil || subtle.ConstantTimeCompare(got, c.srv.mac("flash", body)) != 1 {
		return
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return
	}
	var wire []flashWire
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if dec.Decode(&wire) != nil {
		return
	}
	for _, f := range wire {
		for i, a := range f.A {
			if n, ok := a.(json.Number); ok {
				if v, err := n.Int64(); err == nil {
					f.A[i] = v
				}
			}
		}
		c.flashes = append(c.flashes, Flash{Kind: f.K, Key: f.M, Args: f.A})
	}
}

// dropSetCookie forgets an earlier setting of the cookie in this answer.
func (c *Ctx) dropSetCookie(name string) {
	h := c.W.Header()
	prefix := c.srv.cookieName(name) + "="
	var keep []string
	for _, v := range h.Values("Set-Cookie") {
		if !strings.HasPrefix(v, prefix) {
			keep = append(keep, v)
		}
	}
	h.Del("Set-Cookie")
	for _, v := range keep {
		h.Add("Set-Cookie", v)
	}
}

// Cookie is what the browser keeps for us under a name, "" for nothing. The
// names session, form and flash are this package's own.
func (c *Ctx) Cookie(name string) string {
	ck, err := c.R.Cookie(c.srv.cookieName(name))
	if err != nil {
		return ""
	}
	return ck.Value
}

// SetCookie has the browser keep something for us, out of the reach of scripts
// and of forms of other sites; age 0 means until it closes, a negative one removes it.
func (c *Ctx) SetCookie(name, value string, age time.Duration) { c.setCookie(name, value, age) }
