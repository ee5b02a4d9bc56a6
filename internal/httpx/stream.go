package httpx

import (
	"context"
	"net/http"
	"strings"
)

// AnyToken lets the token of a route come where a browser's socket or event
// source can put it: access_token in the address, or the WebSocket protocol.
//
// Spec: Mastodon streaming#websocket
func AnyToken() Option { return func(r *Route) { r.AnyToken = true } }

// streamToken reads a token from where only streams may have it.
func streamToken(r *http.Request) string {
	token := r.URL.Query().Get("access_token")
	if token == "" {
		token, _, _ = strings.Cut(r.Header.Get("Sec-WebSocket-Protocol"), ",")
	}
	return strings.TrimSpace(token)
}

type (
	releaseKey struct{}
	stopKey    struct{}
)

func withStop(ctx context.Context) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), stopKey{}, ctx.Done())
}

// Detach says that the request has become a stream: it no longer counts among
// the requests in flight, of which the server takes only so many.
func (c *Ctx) Detach() {
	if release, ok := c.R.Context().Value(releaseKey{}).(func()); ok {
		release()
	}
}

// Stopping is closed when the server begins to stop: streams end then. It is
// nil, which never closes, where the server is not run by Serve.
func (c *Ctx) Stopping() <-chan struct{} {
	stop, _ := c.R.Context().Value(stopKey{}).(<-chan struct{})
	return stop
}
