package streaming

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

// API declares the endpoints.
//
// Spec: Mastodon streaming
func (s *Service) API(r *masto.Router) {
	opts := []httpx.Option{httpx.AnyToken(), httpx.Timeout(-1)}
	r.Get("/api/v1/streaming", masto.ScopeUser, s.apiSocket, opts...)
	r.Get("/api/v1/streaming/health", masto.ScopePublic, func(r *masto.Req) error {
		return r.Text(http.StatusOK, "text/plain; charset=utf-8", "OK")
	})
	for path, name := range map[string]string{
		"user": "user", "user/notification": "user:notification", "public": "public", "public/local": "public:local",
		"public/remote": "public:remote", "hashtag": "hashtag", "hashtag/local": "hashtag:local", "list": "list", "direct": "direct",
	} {
		r.Get("/api/v1/streaming/"+path, scopeOf(streams[name].kind), func(r *masto.Req) error { return s.apiEvents(r, name) }, opts...)
	}
}

// events carries messages as server-sent events.
type events struct {
	w   http.ResponseWriter
	out *http.ResponseController
}

func (e events) write(ctx context.Context, text string) error {
	if t, ok := ctx.Deadline(); ok {
		if err := e.out.SetWriteDeadline(t); err != nil {
			return err
		}
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.out.Flush()
}

func (e events) send(ctx context.Context, m message) error {
	if m.event == "" {
		return nil
	}
	data := m.data
	if data == "" {
		data = "undefined" // what Mastodon's own server sends where there is no payload
	}
	return e.write(ctx, "event: "+m.event+"\ndata: "+strings.ReplaceAll(data, "\n", " ")+"\n\n")
}

func (e events) ping(ctx context.Context) error { return e.write(ctx, ":thump\n\n") }

// close makes a write under way fail; the handler then returns.
func (e events) close(reason) { e.out.SetWriteDeadline(time.Now()) }

// apiEvents is one stream as server-sent events.
//
// Spec: Mastodon streaming#streams
func (s *Service) apiEvents(r *masto.Req, name string) error {
	if streams[name].kind == public && r.Bool("only_media", false) {
		name += ":media"
	}
	found, err := s.ask(r.Context(), r.Viewer, name, r.String("tag"), r.String("list"))
	if err != nil {
		return err
	}
	e := events{r.W, http.NewResponseController(r.W)}
	k := newSocket(e, r.Viewer, r.Token, thumpEvery)
	if err := s.add(k); err != nil {
		return err
	}
	defer s.wg.Done()
	defer func() {
		s.remove(k)
		k.end(gone)
		k.finish()
	}()
	h := r.W.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Accel-Buffering", "no")
	if err := e.out.SetReadDeadline(time.Time{}); err != nil {
		return apperr.Unavailable("httpx.unavailable").Wrap(err)
	}
	if err := e.out.SetWriteDeadline(time.Time{}); err != nil {
		return apperr.Unavailable("httpx.unavailable").Wrap(err)
	}
	r.Detach()
	r.W.WriteHeader(http.StatusOK)
	if err := e.out.Flush(); err != nil {
		return nil
	}
	k.follow(found)
	k.push(message{beat: true}) // some proxies hold the answer back until its first bytes
	select {
	case <-k.done:
	case <-r.Context().Done():
	case <-r.Stopping():
	}
	return nil
}
