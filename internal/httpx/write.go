package httpx

import (
	"compress/gzip"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// compressFrom is the size, in bytes, from which compressing pays.
const compressFrom = 1024

var gzips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// Bytes answers with a body of the given type, compressed when it is a text
// worth it and the client takes gzip. ActivityPub documents go as they are.
func (c *Ctx) Bytes(status int, contentType string, body []byte) error {
	h := c.W.Header()
	h.Set("Content-Type", contentType)
	if len(body) >= compressFrom && compressible(contentType) {
		addVary(h, "Accept-Encoding")
		if h.Get("Content-Encoding") == "" && acceptsGzip(c.R) {
			h.Set("Content-Encoding", "gzip")
			c.W.WriteHeader(status)
			if c.R.Method == http.MethodHead {
				return nil
			}
			z := gzips.Get().(*gzip.Writer)
			defer gzips.Put(z)
			z.Reset(c.W)
			if _, err := z.Write(body); err != nil {
				return gone(err)
			}
			return gone(z.Close())
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.W.WriteHeader(status)
	if c.R.Method == http.MethodHead {
		return nil
	}
	_, err := c.W.Write(body)
	return gone(err)
}

// errClientGone is a failure to write: the status is sent and nobody reads.
var errClientGone = errors.New("the client went away")

func gone(err error) error {
	if err == nil {
		return nil
	}
	return errClientGone
}

func compressible(contentType string) bool {
	typ, _, _ := strings.Cut(contentType, ";")
	switch typ = strings.TrimSpace(typ); typ {
	case "application/json", "application/javascript", "application/manifest+json", "application/xml",
		"application/xrd+xml", "application/jrd+json", "image/svg+xml":
		return true
	}
	return strings.HasPrefix(typ, "text/")
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if (strings.EqualFold(coding, "gzip") || coding == "*") && quality(params) > 0 {
			return true
		}
	}
	return false
}

func addVary(h http.Header, names ...string) {
	have := h.Values("Vary")
	for _, n := range names {
		found := false
		for _, v := range have {
			found = found || strings.EqualFold(v, n)
		}
		if !found {
			h.Add("Vary", n)
		}
	}
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	size   int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 || w.status < 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController and upgrades reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
