package streaming

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/maillage/maillage/internal/masto"
)

// maxFrame is the largest frame that an app may send, in bytes.
const maxFrame = 4 << 10

// ws carries messages over a WebSocket.
type ws struct{ conn *websocket.Conn }

func (w ws) send(ctx context.Context, m message) error {
	return w.conn.Write(ctx, websocket.MessageText, m.frame)
}

func (w ws) ping(ctx context.Context) error { return w.conn.Ping(ctx) }

func (w ws) close(why reason) {
	switch why {
	case goingAway:
		go w.conn.Close(websocket.StatusGoingAway, "")
	case tokenEnded:
		go w.conn.Close(websocket.StatusPolicyViolation, "token ended")
	default:
		go w.conn.CloseNow() // may wait for a reader that does not read
	}
}

// order is what an app sends.
type order struct {
	Type   string     `json:"type"`
	Stream string     `json:"stream"`
	Tag    string     `json:"tag"`
	List   flexString `json:"list"`
}

// flexString is a text that some apps send as a number.
type flexString string

func (f *flexString) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = strings.Trim(string(b), `"`)
	}
	*f = flexString(s)
	return nil
}

// apiSocket is the WebSocket of all streams.
//
// Spec: Mastodon streaming#websocket
func (s *Service) apiSocket(r *masto.Req) error {
	if !strings.EqualFold(r.R.Header.Get("Upgrade"), "websocket") {
		return r.Text(426, "application/json; charset=utf-8", `{"error":"WebSocket upgrade required"}`+"\n")
	}
	var o websocket.AcceptOptions
	// Any site may open a socket: it is the token that opens it, and a browser
	// adds none by itself.
	o.InsecureSkipVerify = true
	if p, _, _ := strings.Cut(r.R.Header.Get("Sec-WebSocket-Protocol"), ","); p != "" {
		o.Subprotocols = []string{strings.TrimSpace(p)} // browsers want their token back
	}
	first := order{Stream: r.String("stream"), Tag: r.String("tag"), List: flexString(r.String("list"))}
	var begin *sub
	if first.Stream != "" {
		var err error
		if begin, err = s.ask(r.Context(), r.Viewer, first.Stream, first.Tag, string(first.List)); err != nil {
			if _, status := words(err); status == 401 || status == 500 {
				return err
			}
		}
	}
	k := newSocket(nil, r.Viewer, r.Token, pingEvery)
	r.Detach()
	conn, err := websocket.Accept(r.W, r.R, &o)
	if err != nil {
		return nil // it has answered
	}
	conn.SetReadLimit(maxFrame)
	k.carrier = ws{conn}
	if err := s.add(k); err != nil {
		conn.Close(websocket.StatusTryAgainLater, "too many streams")
		return nil
	}
	defer s.wg.Done()
	defer func() {
		s.remove(k)
		k.end(gone)
		k.finish()
		conn.CloseNow()
	}()
	if first.Stream != "" {
		s.begin(k, begin, first)
	}
	stop := context.AfterFunc(stopped(r.Stopping()), func() { k.end(goingAway) })
	defer stop()
	// What an app orders is read outside of the request, whose time is over.
	ctx := context.Background()
	for {
		typ, b, err := conn.Read(ctx)
		if err != nil {
			return nil
		}
		if typ == websocket.MessageText {
			s.obey(ctx, k, b)
		}
	}
}

// begin follows the stream that the address names, or says why not.
func (s *Service) begin(k *socket, found *sub, first order) {
	if found == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		var err error
		if found, err = s.ask(ctx, k.viewer(), first.Stream, first.Tag, string(first.List)); err != nil {
			k.fail(words(err))
			return
		}
	}
	k.follow(found)
}

// obey does what a frame orders.
func (s *Service) obey(ctx context.Context, k *socket, b []byte) {
	var o order
	if err := json.Unmarshal(b, &o); err != nil {
		k.fail("Invalid JSON", 400)
		return
	}
	switch o.Type {
	case "subscribe":
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		found, err := s.ask(ctx, k.viewer(), o.Stream, o.Tag, string(o.List))
		if err != nil {
			k.fail(words(err))
		} else if !k.follow(found) {
			k.fail("Too many streams", 429)
		}
	case "unsubscribe":
		if _, ok := streams[o.Stream]; !ok {
			k.fail(errStream, 400)
			return
		}
		param := strings.TrimPrefix(strings.TrimSpace(o.Tag), "#")
		if streams[o.Stream].kind == list {
			param = string(o.List)
		}
		k.unfollow(headOf(o.Stream, param))
	default:
		k.fail("Unknown message type", 400)
	}
}

// fail says in a frame what is wrong with an order.
func (k *socket) fail(text string, status int) {
	b := masto.AppendString([]byte(`{"error":`), text)
	b = append(b, `,"status":`...)
	k.push(message{frame: append(strconv.AppendInt(b, int64(status), 10), '}')})
}

// stopped makes a context of a channel; nil never ends.
func stopped(c <-chan struct{}) context.Context { return stopContext{context.Background(), c} }

type stopContext struct {
	context.Context
	c <-chan struct{}
}

func (s stopContext) Done() <-chan struct{} { return s.c }

func (s stopContext) Err() error {
	select {
	case <-s.c:
		return context.Canceled
	default:
		return nil
	}
}
