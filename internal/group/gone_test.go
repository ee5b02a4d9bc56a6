package group_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// ear keeps what comes over something that stays open.
type ear struct {
	mu   sync.Mutex
	said strings.Builder
}

func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.said.Write(b)
}

func (e *ear) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.said.String()
}

// until waits for something to be said.
func (e *ear) until(t *testing.T, what string) {
	t.Helper()
	for range 200 {
		if strings.Contains(e.heard(), what) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("%q was not said: %s", what, e.heard())
}

// settled waits until nothing new is said for half a second: each stream says the same in its time.
func (e *ear) settled() {
	for last, same := "", 0; same < 20; same++ {
		if now := e.heard(); now != last {
			last, same = now, 0
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// over is a WebSocket with several streams of somebody, and one stream as server-sent events.
func over(t *testing.T, n *testkit.Node, who string, streams ...string) *ear {
	t.Helper()
	e := &ear{}
	c, _, err := websocket.Dial(ctx, n.URL+"/api/v1/streaming", &websocket.DialOptions{Subprotocols: []string{n.Token(who)}})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	t.Cleanup(func() { c.CloseNow() })
	for _, s := range streams {
		if err := c.Write(ctx, websocket.MessageText, []byte(`{"type":"subscribe",`+s+`}`)); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for {
			_, b, err := c.Read(context.Background())
			if err != nil {
				return
			}
			e.Write(append(b, '\n'))
		}
	}()
	req, err := http.NewRequest("GET", n.URL+"/api/v1/streaming/user", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+n.Token(who))
	stop, cancel := context.WithCancel(ctx)
	t.Cleanup(cancel)
	res, err := http.DefaultClient.Do(req.WithContext(stop))
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	go func() {
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			fmt.Fprintln(e, "sse "+lines.Text())
		}
	}()
	e.until(t, "sse :")
	return e
}

// member is somebody of ours with everything open and kept that an app and a browser have.
type member struct {
	*testkit.Client
	t       *testing.T
	n       *testkit.Node
	who     string
	browser *testkit.Browser
	live    *ear
	pushes  *ear // where their app is woken
	busy    bool // of what wakes it: it shall come again
	numbers []string
}

func newMember(t *testing.T, n *testkit.Node, who string, listed ...string) *member {
	t.Helper()
	m := &member{Client: n.Client(who), t: t, n: n, who: who, browser: n.SignIn(who), pushes: &ear{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(m.pushes, "push")
		w.WriteHeader(map[bool]int{true: 503, false: 201}[m.busy])
	}))
	t.Cleanup(srv.Close)
	var list struct{ ID string }
	m.Post("/api/v1/lists", map[string]any{"title": "Les autres", "replies_policy": "list"}, &list)
	m.Post("/api/v1/lists/"+list.ID+"/accounts", map[string]any{"account_ids": listed}, nil)
	if m.Status != 200 {
		t.Fatalf("a list: %d", m.Status)
	}
	m.Post("/api/v1/push/subscription", map[string]any{"subscription": map[string]any{"endpoint": srv.URL + "/1", "standard": true,
		"keys": map[string]any{"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}},
		"data": map[string]any{"alerts": map[string]any{"mention": true, "status": true, "favourite": true, "update": true, "poll": true}, "policy": "all"}}, nil)
	if m.Status != 200 {
		t.Fatalf("a push subscription: %d", m.Status)
	}
	m.live = over(t, n, who, `"stream":"user"`, `"stream":"user:notification"`, `"stream":"direct"`, `"stream":"public"`, `"stream":"public:local"`,
		`"stream":"list","list":"`+list.ID+`"`, `"stream":"hashtag","tag":"motmarque"`, `"stream":"hashtag:local","tag":"motmarque"`)
	m.numbers = append(m.numbers, list.ID)
	return m
}

// finds asks every address that answers a GET, as an app and in the browser, and says where
// words are found, or an answer that is "as you have it".
func (m *member) finds(kept map[string]string, numbers []string, words ...string) (out []string) {
	m.t.Helper()
	for _, rt := range m.n.Routes() {
		if rt.Method != "GET" || strings.Contains(rt.Path, "streaming") {
			continue
		}
		for _, path := range fill(rt.Path, nil, append(numbers, m.numbers...)) {
			body, tag, code := m.ask(path, kept[path])
			if code == http.StatusTooManyRequests {
				m.t.Fatalf("%s: too many requests", path)
			}
			found := code == http.StatusNotModified
			for _, w := range words {
				found = found || strings.Contains(body, w) && !strings.Contains(path, w)
			}
			if found && code < 400 {
				out = append(out, fmt.Sprint(path, " ", code))
				if tag != "" {
					kept[path] = tag
				}
			}
		}
	}
	return out
}

// ask is what an app gets of the API, and a browser of the rest.
func (m *member) ask(path, tag string) (body, newTag string, code int) {
	m.t.Helper()
	req, err := http.NewRequest("GET", m.n.URL+path, nil)
	if err != nil {
		return "", "", 400
	}
	if strings.HasPrefix(path, "/api/") {
		req.Header.Set("Authorization", "Bearer "+m.Token)
	} else {
		for _, c := range m.browser.Cookies() {
			req.AddCookie(c)
		}
		req.Header.Set("Accept", "text/html")
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), path, "") + fmt.Sprint(res.Header), res.Header.Get("ETag"), res.StatusCode
}

// TestNothingComesToWhoIsGone: somebody leaves a secret group, or is put out of it or of this
// instance, with streams open, a push that waits, lists, favourites and bookmarks. Nothing that is
// written after reaches them by any way, and of before they find only what they wrote.
//
// Spec: P1, P2, P12
func TestNothingComesToWhoIsGone(t *testing.T) {
	for how, leave := range map[string]func(t *testing.T, n *testkit.Node, g *group.Group){
		"leaves": func(t *testing.T, n *testkit.Node, g *group.Group) {
			n.SignIn("bob").Open("/groupes/motcellule").Submit("/groupes/motcellule/quitter", nil)
		},
		"banned": func(t *testing.T, n *testkit.Node, g *group.Group) {
			if err := n.Groups.Ban(ctx, n.Viewer("ana"), g.AccountID, n.Person("bob", true).ID, ""); err != nil {
				t.Fatal(err)
			}
		},
		"suspended": func(t *testing.T, n *testkit.Node, g *group.Group) {
			err := n.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				return n.Auth.SetRole(ctx, tx, n.Person("ana", true).ID, auth.RoleAdmin)
			})
			if err != nil {
				t.Fatal(err)
			}
			token, err := n.Auth.NewToken(ctx, n.Person("ana", true).ID, auth.Scopes{"admin:write"})
			if err != nil {
				t.Fatal(err)
			}
			c := &testkit.Client{T: t, Base: n.URL, Token: token}
			if c.Post("/api/v1/admin/accounts/"+idOf(n, "bob")+"/action", map[string]any{"type": "suspend", "text": "x"}, nil); c.Status != 200 {
				t.Fatal(c.Status)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			n := testkit.New(t)
			if how == "banned" {
				n = testkit.NewOn(t, testkit.Postgres)
			}
			gone(t, n, leave)
		})
	}
}

func gone(t *testing.T, n *testkit.Node, leave func(*testing.T, *testkit.Node, *group.Group)) {
	n.Person("ana", true)
	bob := n.Person("bob", true)
	g := create(t, n, "ana", "motcellule", group.Rules{Access: group.Section, Secret: true, Joining: group.Invite})
	if err := n.Groups.Invite(ctx, n.Viewer("ana"), g.AccountID, bob.ID); err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Join(ctx, n.Viewer("bob"), g.AccountID); err != nil {
		t.Fatal(err)
	}
	if err := n.Follows.Follow(ctx, bob.ID, n.Person("ana", true).ID, nil); err != nil {
		t.Fatal(err)
	}
	m := newMember(t, n, "bob", idOf(n, "ana"))
	before := drawn(t, n, "ana", map[string]any{"status": "@motcellule @bob Motavant #motmarque", "visibility": "public"})
	mine := write(t, n, "bob", post.Draft{Text: "Jésuis", ReplyTo: before.ID})
	reply := write(t, n, "ana", post.Draft{Text: "@bob Motavant encore", ReplyTo: mine.ID})
	idle(t, n)
	m.live.until(t, "Motavant encore")
	m.live.until(t, "sse data")
	m.pushes.until(t, "push")
	for _, act := range []string{"bookmark", "favourite", "mute", "unmute"} {
		if m.Post("/api/v1/statuses/"+ids.String(before.ID)+"/"+act, nil, nil); m.Status != 200 {
			t.Fatalf("%s: %d", act, m.Status)
		}
	}
	numbers := []string{ids.String(before.ID), ids.String(mine.ID), ids.String(reply.ID), ids.String(g.AccountID), idOf(n, "ana"), idOf(n, "bob")}
	kept := map[string]string{}
	if at := m.finds(kept, numbers, "Motavant"); len(at) < 20 {
		t.Fatalf("a member finds it at %v alone: the test would prove nothing", at)
	}
	// A push waits for an app that was away.
	m.busy = true
	write(t, n, "ana", post.Draft{Text: "@bob Motattend", ReplyTo: mine.ID})
	m.live.until(t, "Motattend")
	pushed := func() int { return strings.Count(m.pushes.heard(), "push") }
	for range 100 {
		if pushed() >= 3 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	m.busy = false

	leave(t, n, g)
	to := mine.ID
	if _, err := n.Posts.Get(ctx, n.Viewer("ana"), to); err != nil {
		to = before.ID // what the suspended wrote is hidden
	}
	idle(t, n)
	said, woken := len(m.live.heard()), pushed()

	sql(t, n, `update job set run_at = 0 where kind = 'push'`)
	n.Jobs.Wake()
	late := drawn(t, n, "ana", map[string]any{"status": "@motcellule @bob Motaprès #motmarque", "visibility": "public"})
	more := write(t, n, "ana", post.Draft{Text: "@bob Motaprès aussi", ReplyTo: to})
	poll, _ := status(t, n, "ana", map[string]any{"status": "@motcellule @bob Motaprès vote", "visibility": "public", "poll": map[string]any{"options": []string{"Motaprès", "non"}, "expires_in": 3600}})
	if _, err := n.Posts.Edit(ctx, n.Viewer("ana"), before.ID, post.Draft{Text: "@bob Motaprès corrigé #motmarque"}); err != nil {
		t.Fatal(err)
	}
	if err := n.Groups.Summarise(ctx, n.Viewer("ana"), before.ID, group.Summary{Agreed: "Motaprès"}); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	gone := write(t, n, "ana", post.Draft{Text: "@bob Motaprès perdu", ReplyTo: to})
	idle(t, n)
	if _, err := n.Posts.Delete(ctx, n.Viewer("ana"), gone.ID); err != nil {
		t.Fatal(err)
	}
	idle(t, n)
	time.Sleep(300 * time.Millisecond)
	if now := m.live.heard()[said:]; strings.Contains(now, "Motaprès") || strings.Contains(now, "Motattend") || strings.Contains(now, ids.String(gone.ID)) || strings.Contains(now, ids.String(late.ID)) {
		t.Errorf("an open stream says %s", now)
	}
	if pushed() != woken {
		t.Errorf("an app is woken %d times", pushed()-woken)
	}
	pid := poll.ID
	numbers = append(numbers, ids.String(late.ID), ids.String(more.ID), pid)
	if at := m.finds(kept, numbers, "Motaprès", "Motavant", "Motattend", ids.String(late.ID), ids.String(more.ID)); len(at) != 0 {
		t.Errorf("who is gone still finds it at %s", strings.Join(at, "\n"))
	}
	for _, u := range picturesOf(t, n, late.ID) {
		if r := plain(t, strings.Split(u, "?")[0]); r.code == 200 {
			t.Errorf("the picture is shown to anybody: %s", u)
		}
	}
	var s masto.Status
	if n.Client("ana").Get("/api/v1/statuses/"+ids.String(late.ID), &s); !strings.Contains(s.Content, "Motaprès") {
		t.Error("nobody reads it")
	}
}

// drawn is a post of a group with a picture.
func drawn(t *testing.T, n *testkit.Node, who string, fields map[string]any) *post.Post {
	t.Helper()
	var m masto.Media
	if c := n.Client(who).Upload("POST", "/api/v2/media", "file", drawing(t), map[string]string{"description": "Une image"}, &m); c.Status != 200 {
		t.Fatalf("%s sends no picture: %d", who, c.Status)
	}
	fields["media_ids"] = []string{m.ID}
	_, p := status(t, n, who, fields)
	return p
}

// picturesOf are the addresses of the pictures of a post.
func picturesOf(t *testing.T, n *testkit.Node, id int64) (out []string) {
	t.Helper()
	var s masto.Status
	n.Client("ana").Get("/api/v1/statuses/"+ids.String(id), &s)
	for _, m := range s.MediaAttachments {
		out = append(out, deref(m.URL), deref(m.PreviewURL))
	}
	return out
}
