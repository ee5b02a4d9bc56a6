package push_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

var bg = context.Background()

// phone is an app's end: its keys and a push service on loopback.
type phone struct {
	t      testing.TB
	key    *ecdh.PrivateKey
	secret []byte
	srv    *httptest.Server

	mu     sync.Mutex
	status int
	got    []pushed
}

type pushed struct {
	header http.Header
	body   []byte
}

func newPhone(t testing.TB) *phone {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, key: key, secret: make([]byte, 16), status: 201}
	rand.Read(p.secret)
	p.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.got = append(p.got, pushed{r.Header, b})
		w.WriteHeader(p.status)
	}))
	t.Cleanup(p.srv.Close)
	return p
}

func (p *phone) answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

func (p *phone) taken() []pushed {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.got
	p.got = nil
	return out
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *phone) form(standard string) url.Values {
	return url.Values{
		"subscription[endpoint]": {p.srv.URL + "/push/1"}, "subscription[keys][p256dh]": {b64(p.key.PublicKey().Bytes())},
		"subscription[keys][auth]": {b64(p.secret)}, "subscription[standard]": {standard},
		"data[alerts][mention]": {"true"}, "data[alerts][favourite]": {"1"}, "data[policy]": {"all"},
	}
}

// open decrypts a standard push, written apart from the code under test.
func (p *phone) open(m pushed) map[string]string {
	p.t.Helper()
	salt, ours := m.body[:16], m.body[21:21+int(m.body[20])]
	their, err := ecdh.P256().NewPublicKey(ours)
	if err != nil {
		p.t.Fatal(err)
	}
	shared, _ := p.key.ECDH(their)
	ikm, _ := hkdf.Key(sha256.New, shared, p.secret, "WebPush: info\x00"+string(p.key.PublicKey().Bytes())+string(ours), 32)
	cek, _ := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, _ := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	block, _ := aes.NewCipher(cek)
	gcm, _ := cipher.NewGCM(block)
	plain, err := gcm.Open(nil, nonce, m.body[21+len(ours):], nil)
	if err != nil {
		p.t.Fatal(err)
	}
	var c content
	if err := json.Unmarshal([]byte(strings.TrimRight(string(plain), "\x02")), &c); err != nil {
		p.t.Fatal(err, string(plain))
	}
	return c.texts()
}

func send(t testing.TB, n *testkit.Node, token, method string, form url.Values, inAddress bool, out any) int {
	t.Helper()
	address, body := n.URL+"/api/v1/push/subscription", form.Encode()
	if inAddress {
		address, body = address+"?"+body, ""
	}
	req, _ := http.NewRequest(method, address, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if out != nil {
		if err := json.NewDecoder(res.Body).Decode(out); err != nil {
			t.Fatal(err)
		}
	}
	return res.StatusCode
}

func mention(t testing.TB, n *testkit.Node, text string) {
	t.Helper()
	if _, err := n.Posts.Create(bg, n.Viewer("bob"), post.Draft{Text: "@ana " + text, Audience: post.Direct}); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(bg); err != nil {
		t.Fatal(err)
	}
}

// content is what an app reads; the id of the notification is a number, as a Mastodon sends it.
type content struct {
	AccessToken      string `json:"access_token"`
	PreferredLocale  string `json:"preferred_locale"`
	NotificationID   int64  `json:"notification_id"`
	NotificationType string `json:"notification_type"`
	Icon             string
	Title            string
	Body             string
}

func (c content) texts() map[string]string {
	return map[string]string{"access_token": c.AccessToken, "preferred_locale": c.PreferredLocale, "notification_id": strconv.FormatInt(c.NotificationID, 10),
		"notification_type": c.NotificationType, "icon": c.Icon, "title": c.Title, "body": c.Body}
}

type subscription struct {
	ID        int32 // Tusky and Moshidon keep it in 32 bits
	Endpoint  string
	Standard  bool
	Alerts    map[string]bool
	Policy    string
	ServerKey string `json:"server_key"`
	Error     string
}

func TestPushReachesAPhone(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	token, p := n.Token("ana"), newPhone(t)
	var s subscription
	if st := send(t, n, token, "GET", nil, false, &s); st != 404 || s.Error == "" {
		t.Errorf("before: %d %+v", st, s)
	}
	if st := send(t, n, token, "POST", p.form("true"), true, &s); st != 200 || !s.Standard || !s.Alerts["mention"] || !s.Alerts["favourite"] ||
		s.Alerts["follow"] || len(s.Alerts) != 12 || s.Policy != "all" || len(s.ServerKey) != 87 {
		t.Fatalf("%d %+v", st, s)
	}
	mention(t, n, "motsecret")
	got := p.taken()
	if len(got) != 1 {
		t.Fatalf("%d pushes", len(got))
	}
	h := got[0].header
	if h.Get("Content-Encoding") != "aes128gcm" || h.Get("TTL") == "" || !strings.HasPrefix(h.Get("Authorization"), "vapid t=ey") ||
		!strings.HasSuffix(h.Get("Authorization"), "k="+s.ServerKey) {
		t.Errorf("%v", h)
	}
	m := p.open(got[0])
	if m["access_token"] != token || m["notification_type"] != "mention" || m["notification_id"] == "0" || m["preferred_locale"] != "fr" ||
		m["icon"] == "" || m["title"] != "Du nouveau" || m["body"] == "" {
		t.Errorf("%v", m)
	}
	for k, v := range m {
		if strings.Contains(v, "motsecret") || strings.Contains(v, "bob") {
			t.Errorf("%s says %q", k, v)
		}
	}

	// Who wants words has them.
	n.SignIn("ana").Open("/reglages/notifications").Submit("/reglages/notifications", map[string]string{"details": "yes"})
	mention(t, n, "mot choisi")
	if m := p.open(p.taken()[0]); m["title"] != "bob parle de vous" || !strings.Contains(m["body"], "mot choisi") {
		t.Errorf("%v", m)
	}

	// Only what was asked for, from whom it was asked.
	if err := n.Follows.Follow(bg, n.Person("bob", true).ID, n.Person("ana", true).ID, nil); err != nil {
		t.Fatal(err)
	}
	if err := n.Idle(bg); err != nil {
		t.Fatal(err)
	}
	if got := p.taken(); len(got) != 0 {
		t.Error("a follow is pushed")
	}
	if st := send(t, n, token, "PUT", url.Values{"data[policy]": {"followed"}}, false, &s); st != 200 || s.Policy != "followed" || !s.Alerts["mention"] {
		t.Errorf("%d %+v", st, s)
	}
	mention(t, n, "d'un inconnu")
	if got := p.taken(); len(got) != 0 {
		t.Error("a mention by somebody not followed is pushed")
	}
	if err := n.Follows.Follow(bg, n.Person("ana", true).ID, n.Person("bob", true).ID, nil); err != nil {
		t.Fatal(err)
	}
	mention(t, n, "d'un ami")
	if got := p.taken(); len(got) != 1 {
		t.Errorf("%d pushes", len(got))
	}
	if st := send(t, n, token, "DELETE", nil, false, nil); st != 200 {
		t.Error(st)
	}
	mention(t, n, "après")
	if got := p.taken(); len(got) != 0 {
		t.Error("a push after the end")
	}
}

func TestOldForm(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	n.Person("bob", true)
	p := newPhone(t)
	var s subscription
	if st := send(t, n, n.Token("ana"), "POST", p.form(""), false, &s); st != 200 || s.Standard {
		t.Fatalf("%d %+v", st, s)
	}
	mention(t, n, "x")
	got := p.taken()
	if len(got) != 1 {
		t.Fatalf("%d pushes", len(got))
	}
	h := got[0].header
	salt, _ := strings.CutPrefix(h.Get("Encryption"), "salt=")
	dh, key, _ := strings.Cut(h.Get("Crypto-Key"), ";")
	if h.Get("Content-Encoding") != "aesgcm" || !strings.HasPrefix(h.Get("Authorization"), "WebPush ey") || key != "p256ecdsa="+s.ServerKey {
		t.Errorf("%v", h)
	}
	dec := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ours := dec(strings.TrimPrefix(dh, "dh="))
	their, err := ecdh.P256().NewPublicKey(ours)
	if err != nil {
		t.Fatal(err)
	}
	shared, _ := p.key.ECDH(their)
	ikm, _ := hkdf.Key(sha256.New, shared, p.secret, "Content-Encoding: auth\x00", 32)
	info := "P-256\x00\x00\x41" + string(p.key.PublicKey().Bytes()) + "\x00\x41" + string(ours)
	cek, _ := hkdf.Key(sha256.New, ikm, dec(salt), "Content-Encoding: aesgcm\x00"+info, 16)
	nonce, _ := hkdf.Key(sha256.New, ikm, dec(salt), "Content-Encoding: nonce\x00"+info, 12)
	block, _ := aes.NewCipher(cek)
	gcm, _ := cipher.NewGCM(block)
	plain, err := gcm.Open(nil, nonce, got[0].body, nil)
	if err != nil || string(plain[:2]) != "\x00\x00" || !strings.Contains(string(plain), `"notification_type":"mention"`) {
		t.Errorf("%v %q", err, plain)
	}
}

// TestSubscriptionsEnd with their token, and when the endpoint is gone.
func TestSubscriptionsEnd(t *testing.T) {
	n := testkit.New(t)
	id := n.Person("ana", true).ID
	n.Person("bob", true)
	count := func() int {
		c, err := n.Push.Apps(bg, id)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	p, token := newPhone(t), n.Token("ana")
	for i, status := range []int{404, 410, 503, 400} {
		send(t, n, token, "POST", p.form("true"), false, nil)
		p.answer(status)
		mention(t, n, "x")
		want := 1
		if status == 404 || status == 410 {
			want = 0
		}
		if count() != want || len(p.taken()) != 1 {
			t.Errorf("after %d: %d subscriptions", status, count())
		}
		if i == 2 {
			at, err := db.Get[int64](bg, n.DB.Read(), `select run_at from job where kind = 'push'`)
			if err != nil || at < time.Now().UnixMilli() {
				t.Errorf("no other try: %v", err)
			}
		}
	}
	v, err := n.Auth.ByToken(bg, token)
	if err != nil {
		t.Fatal(err)
	}
	text, err := db.Get[string](bg, n.DB.Read(), `select sealed from push_subscription`)
	if err != nil || strings.Contains(text, token) {
		t.Errorf("the token lies open: %v", err)
	}
	if err := n.Auth.Revoke(bg, id, v.TokenID); err != nil {
		t.Fatal(err)
	}
	if count() != 0 {
		t.Error("the subscription outlives its token")
	}
}

func TestBadSubscriptions(t *testing.T) {
	n := testkit.New(t)
	n.Person("ana", true)
	p, token := newPhone(t), n.Token("ana")
	narrow, _ := n.Auth.NewToken(bg, n.Person("ana", true).ID, auth.Scopes{"read", "write"})
	if st := send(t, n, narrow, "POST", p.form("true"), false, nil); st != 403 {
		t.Error(st)
	}
	for key, values := range map[string][]string{
		"subscription[endpoint]": {"", "nonsense", "ftp://x.example/", "https://10.0.0.1/x", "https://169.254.169.254/", "http://push.example/", "https://u:p@push.example/",
			"https://push.example/" + strings.Repeat("x", 3000)},
		"subscription[keys][p256dh]": {"", "AAAA", "é", strings.Repeat("A", 87)},
		"subscription[keys][auth]":   {"", "AAAA", strings.Repeat("A", 100)},
		"data[policy]":               {"everybody"},
	} {
		for _, v := range values {
			form := p.form("true")
			form.Set(key, v)
			var s subscription
			if st := send(t, n, token, "POST", form, false, &s); st != 422 || s.Error == "" || strings.Contains(s.Error, "⟦") {
				t.Errorf("%s=%.30s: %d %s", key, v, st, s.Error)
			}
		}
	}
	if st := send(t, n, token, "PUT", url.Values{"data[policy]": {"all"}}, false, nil); st != 404 {
		t.Error(st)
	}
	if c, _ := n.Push.Apps(bg, n.Person("ana", true).ID); c != 0 {
		t.Error("something was stored")
	}
}
