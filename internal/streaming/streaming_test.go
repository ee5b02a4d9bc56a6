package streaming_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/stream"
	"github.com/maillage/maillage/internal/testkit"
)

var bg = context.Background()

// line is an app's WebSocket.
type line struct {
	t    testing.TB
	conn *websocket.Conn
	in   chan frame
}

type frame struct {
	Stream  []string
	Event   string
	Payload *string
	Error   string
	Status  int
}

func dial(t testing.TB, n *testkit.Node, token, query string) *line {
	t.Helper()
	c, res, err := websocket.Dial(bg, n.URL+"/api/v1/streaming?"+query, &websocket.DialOptions{Subprotocols: []string{token}})
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Sec-WebSocket-Protocol"); got != token {
		t.Errorf("the protocol that comes back is %q", got)
	}
	c.SetReadLimit(1 << 20)
	l := &line{t, c, make(chan frame, 1000)}
	t.Cleanup(func() { c.CloseNow() })
	go func() {
		defer close(l.in)
		for {
			_, b, err := c.Read(bg)
			if err != nil {
				return
			}
			var f frame
			if err := json.Unmarshal(b, &f); err != nil {
				f.Error = "not JSON: " + string(b)
			}
			l.in <- f
		}
	}()
	return l
}

func (l *line) order(v any) {
	l.t.Helper()
	b, _ := json.Marshal(v)
	if err := l.conn.Write(bg, websocket.MessageText, b); err != nil {
		l.t.Fatal(err)
	}
}

// next is the next frame, which must be of the event and stream.
func (l *line) next(event string, stream ...string) frame {
	l.t.Helper()
	select {
	case f, ok := <-l.in:
		if !ok || f.Event != event || strings.Join(f.Stream, "|") != strings.Join(stream, "|") {
			l.t.Fatalf("got %+v (open %v), want %s on %v", f, ok, event, stream)
		}
		return f
	case <-time.After(5 * time.Second):
		l.t.Fatalf("no %s on %v", event, stream)
	}
	panic("unreachable")
}

func (l *line) nothing() {
	l.t.Helper()
	select {
	case f, ok := <-l.in:
		l.t.Fatalf("got %+v (open %v), want nothing", f, ok)
	case <-time.After(150 * time.Millisecond):
	}
}

func (l *line) closed(within time.Duration) {
	l.t.Helper()
	end := time.After(within)
	for {
		select {
		case _, ok := <-l.in:
			if !ok {
				return
			}
		case <-end:
			l.t.Fatalf("the socket is open after %v", within)
		}
	}
}

func status(t testing.TB, f frame) masto.Status {
	t.Helper()
	var s masto.Status
	if f.Payload == nil {
		t.Fatalf("no payload in %+v", f)
	}
	if err := json.Unmarshal([]byte(*f.Payload), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t testing.TB, n *testkit.Node, who, text string, a post.Audience) *post.Post {
	t.Helper()
	p, err := n.Posts.Create(bg, n.Viewer(who), post.Draft{Text: text, Audience: a})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func follow(t testing.TB, n *testkit.Node, who, whom string) {
	t.Helper()
	testkit.Cluster{n}.Follow(n, who, n, whom)
}

// ready waits until the server has taken the orders sent before: it answers one that is wrong.
func (l *line) ready() {
	l.t.Helper()
	l.order(map[string]string{"type": "nonsense"})
	f := l.next("")
	if f.Status != 400 || f.Error == "" {
		l.t.Fatalf("got %+v", f)
	}
}

func TestOneSocketForSeveralStreams(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	n.Person("eve", true)
	follow(t, n, "bob", "ana")
	l := dial(t, n, n.Token("bob"), "stream=user")
	l.order(map[string]string{"type": "subscribe", "stream": "hashtag", "tag": "Été"})
	l.order(map[string]string{"type": "subscribe", "stream": "public:local"})
	l.order(map[string]string{"type": "subscribe", "stream": "direct"})
	l.ready()

	p := write(t, n, "ana", "Salut #été", post.Section)
	if s := status(t, l.next("update", "user")); s.ID != ids.String(p.ID) || s.Account.Username != "ana" || s.Favourited == nil {
		t.Errorf("the post is %+v", s)
	}
	l.next("update", "hashtag", "Été")
	l.next("update", "public:local")
	l.nothing()

	if _, err := n.Posts.Edit(bg, n.Viewer("ana"), p.ID, post.Draft{Text: "Bonjour #été"}); err != nil {
		t.Fatal(err)
	}
	if s := status(t, l.next("status.update", "user")); !strings.Contains(s.Content, "Bonjour") {
		t.Errorf("the edit is %q", s.Content)
	}
	l.next("status.update", "hashtag", "Été")
	l.next("status.update", "public:local")

	l.order(map[string]string{"type": "unsubscribe", "stream": "hashtag", "tag": "Été"})
	l.order(map[string]string{"type": "unsubscribe", "stream": "public:local"})
	l.ready()
	if _, err := n.Posts.Delete(bg, n.Viewer("ana"), p.ID); err != nil {
		t.Fatal(err)
	}
	if f := l.next("delete", "user"); f.Payload == nil || *f.Payload != ids.String(p.ID) {
		t.Errorf("the delete is %+v", f)
	}
	l.nothing()

	d := write(t, n, "ana", "@bob à toi seul", post.Direct)
	var got []string
	for range 3 {
		f := <-l.in
		got = append(got, f.Event+" "+strings.Join(f.Stream, ":"))
		if f.Event == "conversation" {
			var c masto.Conversation
			if err := json.Unmarshal([]byte(*f.Payload), &c); err != nil || c.LastStatus == nil || c.LastStatus.ID != ids.String(d.ID) || !c.Unread {
				t.Errorf("the conversation is %s", *f.Payload)
			}
		}
	}
	if all := strings.Join(got, ", "); !strings.Contains(all, "conversation direct") || !strings.Contains(all, "notification user") || !strings.Contains(all, "update user") {
		t.Errorf("a direct post gives %s", all)
	}
}

// TestStreamsShowWhatPagesShow: no stream shows what its viewer may not read.
//
// Spec: P1
func TestStreamsShowWhatPagesShow(t *testing.T) {
	n := testkit.New(t)
	for _, who := range []string{"ana", "bob", "eve"} {
		n.Person(who, true)
	}
	follow(t, n, "bob", "ana")
	bob, eve := dial(t, n, n.Token("bob"), "stream=user"), dial(t, n, n.Token("eve"), "stream=user")
	guest := dial(t, n, n.Token("gus"), "stream=public")
	err := n.DB.Write(bg, func(ctx context.Context, tx *db.Tx) error {
		return n.Auth.SetMember(ctx, tx, n.Person("gus", true).ID, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"public", "public:local", "direct", "user:notification"} {
		eve.order(map[string]string{"type": "subscribe", "stream": name})
	}
	guest.order(map[string]string{"type": "subscribe", "stream": "public:local"})
	bob.ready()
	eve.ready()
	guest.ready()
	write(t, n, "ana", "pour mes abonnés", post.Followers)
	bob.next("update", "user")
	write(t, n, "ana", "@bob seul", post.Direct)
	write(t, n, "ana", "la section", post.Section)
	eve.next("update", "public:local") // and nothing before
	eve.nothing()
	guest.nothing()
	write(t, n, "ana", "tout le monde", post.Public)
	guest.next("update", "public")
	guest.next("update", "public:local")
	guest.nothing()
}

func TestNotificationsLive(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	p := write(t, n, "ana", "Bonjour", post.Section)
	l := dial(t, n, n.Token("ana"), "stream=user:notification")
	l.ready()
	if _, err := n.Posts.Like(bg, n.Viewer("bob"), p.ID); err != nil {
		t.Fatal(err)
	}
	var got masto.Notification
	f := l.next("notification", "user:notification")
	if err := json.Unmarshal([]byte(*f.Payload), &got); err != nil || got.Type != "favourite" || got.Account.Username != "bob" || got.Status == nil {
		t.Errorf("the notification is %s", *f.Payload)
	}
	if err := n.DB.Write(bg, func(_ context.Context, tx *db.Tx) error {
		return stream.Publish(tx, stream.Event{Kind: stream.FiltersChanged, Account: n.Person("ana", true).ID})
	}); err != nil {
		t.Fatal(err)
	}
	l.nothing() // filters belong to "user"
	l.order(map[string]string{"type": "subscribe", "stream": "user"})
	l.ready()
	if err := n.DB.Write(bg, func(_ context.Context, tx *db.Tx) error {
		return stream.Publish(tx, stream.Event{Kind: stream.FiltersChanged, Account: n.Person("ana", true).ID})
	}); err != nil {
		t.Fatal(err)
	}
	if f := l.next("filters_changed", "user"); f.Payload != nil {
		t.Errorf("filters_changed has a payload: %q", *f.Payload)
	}
}

func TestBadOrders(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	tok, err := n.Auth.NewToken(bg, n.Person("ana", true).ID, auth.Scopes{"read:notifications"})
	if err != nil {
		t.Fatal(err)
	}
	l := dial(t, n, tok, "stream=nonsense")
	if f := l.next(""); f.Status != 400 || f.Error != "Unknown stream type" {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct {
		order  string
		status int
	}{
		{`{"type":"subscribe","stream":"user"}`, 401},
		{`{"type":"subscribe","stream":"hashtag"}`, 401},
		{`{"type":"subscribe","stream":"user:notification"}`, 0},
		{`{"type":"unsubscribe","stream":"x"}`, 400},
		{`not json`, 400}, {`[]`, 400}, {`{"type":7}`, 400}, {`{}`, 400},
	} {
		if err := l.conn.Write(bg, websocket.MessageText, []byte(c.order)); err != nil {
			t.Fatal(err)
		}
		if c.status != 0 {
			if f := l.next(""); f.Status != c.status || f.Error == "" {
				t.Errorf("%s: %+v", c.order, f)
			}
		}
	}
	full := dial(t, n, n.Token("ana"), "")
	for order, status := range map[string]int{
		`{"type":"subscribe","stream":"hashtag"}`: 400, `{"type":"subscribe","stream":"list"}`: 400,
		`{"type":"subscribe","stream":"list","list":"77"}`: 404, `{"type":"subscribe","stream":"list","list":77}`: 404,
	} {
		full.conn.Write(bg, websocket.MessageText, []byte(order))
		if f := full.next(""); f.Status != status {
			t.Errorf("%s: %+v", order, f)
		}
	}
	full.conn.Write(bg, websocket.MessageText, []byte(strings.Repeat("x", 100_000)))
	full.closed(5 * time.Second)
}

func TestWhoMayOpenASocket(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	get := func(path string, header ...string) (int, string) {
		t.Helper()
		req, _ := http.NewRequest("GET", n.URL+path, nil)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		ctx, cancel := context.WithTimeout(bg, 2*time.Second)
		defer cancel()
		res, err := http.DefaultClient.Do(req.WithContext(ctx))
		if err != nil {
			t.Fatal(path, err)
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header.Get("Content-Type")
	}
	upgrade := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	narrow, _ := n.Auth.NewToken(bg, n.Person("ana", true).ID, auth.Scopes{"read:notifications"})
	for _, c := range []struct {
		path   string
		header []string
		want   int
	}{
		{"/api/v1/streaming", upgrade, 401},
		{"/api/v1/streaming?access_token=wrong", upgrade, 401},
		{"/api/v1/streaming", append([]string{"Sec-WebSocket-Protocol", "wrong"}, upgrade...), 401},
		{"/api/v1/streaming?stream=user&access_token=" + narrow, upgrade, 403},
		{"/api/v1/streaming?access_token=" + n.Token("ana"), nil, 426},
		{"/api/v1/streaming?access_token=" + n.Token("ana"), upgrade, 101},
		{"/api/v1/streaming/?stream=user", append([]string{"Authorization", "Bearer " + n.Token("ana")}, upgrade...), 101},
		{"/api/v1/streaming/user", nil, 401},
		{"/api/v1/streaming/user?access_token=" + narrow, nil, 403},
		{"/api/v1/streaming/hashtag?access_token=" + n.Token("ana"), nil, 400},
		{"/api/v1/streaming/list?list=1&access_token=" + n.Token("ana"), nil, 404},
		{"/api/v1/streaming/health", nil, 200},
		{"/api/v1/accounts/verify_credentials?access_token=" + n.Token("ana"), nil, 401}, // streams only
	} {
		if got, _ := get(c.path, c.header...); got != c.want {
			t.Errorf("%s: %d, want %d", c.path, got, c.want)
		}
	}
}

func TestServerSentEvents(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	req, _ := http.NewRequest("GET", n.URL+"/api/v1/streaming/hashtag?tag=marche&access_token="+url.QueryEscape(n.Token("ana")), nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatal(res.StatusCode, got)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		sc := bufio.NewScanner(res.Body)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			lines <- sc.Text()
		}
	}()
	read := func() string {
		select {
		case s := <-lines:
			return s
		case <-time.After(5 * time.Second):
			t.Fatal("nothing comes")
			return ""
		}
	}
	if s := read() + read(); s != ":thump" {
		t.Fatal(s)
	}
	p := write(t, n, "ana", "au #marche\nce matin", post.Section)
	if s := read(); s != "event: update" {
		t.Fatal(s)
	}
	data, ok := strings.CutPrefix(read(), "data: ")
	var s masto.Status
	if err := json.Unmarshal([]byte(data), &s); !ok || err != nil || s.ID != ids.String(p.ID) {
		t.Fatal(err, data)
	}
	if err := n.Auth.EndOthers(bg, n.Viewer("ana")); err != nil {
		t.Fatal(err)
	}
	for end := time.After(5 * time.Second); ; {
		select {
		case _, ok := <-lines:
			if !ok {
				return
			}
		case <-end:
			t.Fatal("the stream goes on after its token ended")
		}
	}
}

// TestStreamsEndWithTheirToken ends tokens in every way.
//
// Spec: AC4, OR16
func TestStreamsEndWithTheirToken(t *testing.T) {
	n := testkit.New(t)
	id := n.Person("ana", true).ID
	ways := map[string]func(token string) error{
		"revoked": func(token string) error {
			v, err := n.Auth.ByToken(bg, token)
			if err != nil {
				return err
			}
			return n.Auth.Revoke(bg, id, v.TokenID)
		},
		"password": func(string) error { return n.Auth.ChangePassword(bg, n.Viewer("ana"), "un autre mot de passe") },
		"suspended": func(string) error {
			return n.DB.Write(bg, func(ctx context.Context, tx *db.Tx) error { return n.Auth.SetDisabled(ctx, tx, id, true) })
		},
	}
	for _, name := range []string{"revoked", "password", "suspended"} {
		token := n.Token("ana")
		l := dial(t, n, token, "stream=user")
		l.ready()
		if err := ways[name](token); err != nil {
			t.Fatal(name, err)
		}
		l.closed(2 * time.Second)
		if _, res, err := websocket.Dial(bg, n.URL+"/api/v1/streaming?access_token="+token, nil); err == nil || res.StatusCode != 401 {
			t.Errorf("%s: the token opens a socket again", name)
		}
	}
	for range 100 {
		if n.Streaming.Sockets() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d sockets are left", n.Streaming.Sockets())
}

// TestSlowReaderIsDropped: it delays nobody.
func TestSlowReaderIsDropped(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	slow, _, err := websocket.Dial(bg, n.URL+"/api/v1/streaming?stream=public:local&access_token="+n.Token("bob"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.CloseNow()
	quick := dial(t, n, n.Token("ana"), "stream=public:local")
	quick.ready()
	p := write(t, n, "ana", strings.Repeat("long texte ", 400), post.Section)
	began := time.Now()
	for i := 0; n.Streaming.Sockets() > 1; i++ {
		if i > 20_000 || time.Since(began) > 20*time.Second {
			t.Fatal("the slow reader is still there")
		}
		if err := n.DB.Write(bg, func(_ context.Context, tx *db.Tx) error {
			for range 50 {
				if err := stream.Publish(tx, stream.Event{Kind: stream.Update, ID: p.ID}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			select {
			case <-quick.in:
			case <-time.After(5 * time.Second):
				t.Fatal("the quick reader waits")
			}
		}
	}
}
