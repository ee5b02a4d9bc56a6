package httpx

import (
	"net/http"
	"slices"
	"strings"
)

// answer is an answer kept, as it went out.
type answer struct {
	header http.Header
	body   []byte
}

// keptMost is the largest body that is kept, in bytes.
const keptMost = 512 << 10

// keyOf names all that the answer of a kept route may depend on beside the
// database and the clock: the address, who asks with which rights and by which
// app, the language, and the cookies of a page, where its theme is.
func (c *Ctx) keyOf(rt *Route) string {
	var b strings.Builder
	b.Grow(256)
	b.WriteString(c.R.URL.RequestURI())
	b.WriteByte('\n')
	b.WriteString(rt.Class.String())
	b.WriteString(c.Lang)
	if acceptsGzip(c.R) {
		b.WriteByte('z')
	}
	who := c.Viewer
	if who == nil {
		who = c.App
	}
	if who != nil {
		b.WriteByte('\n')
		b.WriteString(c.Token)
		b.WriteString(who.Role)
		b.WriteByte(" m"[btoi(who.Member)])
		b.WriteString(who.Lang)
		for _, s := range who.Scopes {
			b.WriteByte(' ')
			b.WriteString(s)
		}
	}
	if rt.Class == ClassWeb {
		for _, line := range c.R.Header["Cookie"] {
			b.WriteByte('\n')
			b.WriteString(line)
		}
		b.WriteByte('\n')
		b.WriteString(c.R.Header.Get("HX-Request"))
	}
	return b.String()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// kept answers a GET with what is kept of the route, or else by its handler.
func (c *Ctx) kept(rt *Route) error {
	s := c.srv.opts.Memo
	if s == nil || c.R.Method != http.MethodGet || len(c.flashes) > 0 {
		return rt.Handler(c)
	}
	key := c.keyOf(rt)
	if v, ok := s.Get(key); ok {
		a := v.(*answer)
		h := c.W.Header()
		for k, vs := range a.header {
			h[k] = vs
		}
		c.W.WriteHeader(http.StatusOK)
		_, err := c.W.Write(a.body)
		return gone(err)
	}
	copy := &copier{ResponseWriter: c.W}
	before := c.R
	ctx, keep := s.Begin(c.R.Context())
	c.W, c.R = copy, c.R.WithContext(ctx)
	err := rt.Handler(c)
	c.W = copy.ResponseWriter
	if err != nil || copy.status != http.StatusOK || copy.missed || len(c.W.Header()["Set-Cookie"]) > 0 || before.Context().Err() != nil {
		return err
	}
	a := &answer{http.Header{}, slices.Clip(copy.body)}
	size := len(a.body)
	for k, vs := range c.W.Header() {
		if k == "X-Request-Id" || strings.HasPrefix(k, "X-Ratelimit-") {
			continue // of the request
		}
		a.header[k] = slices.Clip(slices.Clone(vs))
		size += len(k) + 64
	}
	keep(key, a, size)
	return nil
}

// copier keeps what goes through it.
type copier struct {
	http.ResponseWriter
	status int
	body   []byte
	missed bool // it was too much
}

func (w *copier) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *copier) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if len(w.body)+len(b) > keptMost {
		w.missed, w.body = true, nil
	}
	if !w.missed {
		w.body = append(w.body, b...)
	}
	n, err := w.ResponseWriter.Write(b)
	if err != nil {
		w.missed = true
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection; what is written
// past the copy is not kept.
func (w *copier) Unwrap() http.ResponseWriter {
	w.missed = true
	return w.ResponseWriter
}
