package clients_test

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/testkit"
)

// everywhere runs a day on SQLite and on PostgreSQL, with ana and bea on one
// instance, who follow each other.
func everywhere(t *testing.T, day func(t *testing.T, n *testkit.Node)) {
	for name, engine := range map[string]testkit.Engine{"sqlite": testkit.SQLite, "postgres": testkit.Postgres} {
		t.Run(name, func(t *testing.T) {
			n := testkit.NewOn(t, engine)
			n.Person("ana", true)
			n.Person("bea", true)
			c := testkit.Cluster{n}
			c.Follow(n, "ana", n, "bea")
			c.Follow(n, "bea", n, "ana")
			day(t, n)
		})
	}
}

// settle waits until the instance has nothing left to do.
func settle(n *testkit.Node) { n.T.Helper(); testkit.Cluster{n}.Settle() }

// picture is a small photograph.
func picture(t testing.TB) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			m.Set(x, y, color.RGBA{uint8(4 * x), uint8(5 * y), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// phone is the end of an app that pushes come to: its keys, and a push service.
type phone struct {
	t      testing.TB
	url    string
	key    *ecdh.PrivateKey
	secret []byte
	got    chan []byte
}

func newPhone(t testing.TB) *phone {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, key: key, secret: make([]byte, 16), got: make(chan []byte, 16)}
	rand.Read(p.secret)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		p.got <- b
	}))
	t.Cleanup(srv.Close)
	p.url = srv.URL + "/push/1"
	return p
}

func (p *phone) p256dh() string {
	return base64.RawURLEncoding.EncodeToString(p.key.PublicKey().Bytes())
}
func (p *phone) auth() string { return base64.RawURLEncoding.EncodeToString(p.secret) }

// next waits for a push and decrypts it.
//
// Spec: RFC 8291 3.4, RFC 8188 2
func (p *phone) next() map[string]string {
	p.t.Helper()
	var body []byte
	select {
	case body = <-p.got:
	case <-time.After(20 * time.Second):
		p.t.Fatal("no push comes")
	}
	salt, theirs := body[:16], body[21:21+int(body[20])]
	sender, err := ecdh.P256().NewPublicKey(theirs)
	if err != nil {
		p.t.Fatal(err)
	}
	shared, err := p.key.ECDH(sender)
	if err != nil {
		p.t.Fatal(err)
	}
	ikm, _ := hkdf.Key(sha256.New, shared, p.secret, "WebPush: info\x00"+string(p.key.PublicKey().Bytes())+string(theirs), 32)
	key, _ := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, _ := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	block, _ := aes.NewCipher(key)
	gcm, _ := cipher.NewGCM(block)
	plain, err := gcm.Open(nil, nonce, body[21+len(theirs):], nil)
	if err != nil {
		p.t.Fatal(err)
	}
	var said map[string]any
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimRight(plain, "\x02")))
	dec.UseNumber()
	if err := dec.Decode(&said); err != nil {
		p.t.Fatalf("%v in %s", err, plain)
	}
	if _, number := said["notification_id"].(json.Number); !number {
		p.t.Errorf("notification_id is no number, and Ice Cubes opens nothing: %s", plain)
	}
	out := map[string]string{}
	for name, v := range said {
		out[name] = fmt.Sprint(v)
	}
	return out
}

// radio is a stream of server-sent events.
type radio struct {
	t testing.TB
	r *bufio.Reader
}

// tune opens the stream of a path and waits for its first line.
func tune(t testing.TB, n *testkit.Node, token, path string) *radio {
	t.Helper()
	req, err := http.NewRequest("GET", n.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); res.StatusCode != 200 || !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("%s: %d %s", path, res.StatusCode, kind)
	}
	time.AfterFunc(30*time.Second, func() { res.Body.Close() })
	return &radio{t, bufio.NewReader(res.Body)}
}

// hears gives what the next event of that name says.
func (r *radio) hears(event string, out any) {
	r.t.Helper()
	for ours := false; ; {
		line, err := r.r.ReadString('\n')
		if err != nil {
			r.t.Fatalf("waiting for %s: %v", event, err)
		}
		line = strings.TrimRight(line, "\r\n")
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			ours = name == event
		} else if data, ok := strings.CutPrefix(line, "data: "); ok && ours {
			if err := json.Unmarshal([]byte(data), out); err != nil {
				r.t.Fatalf("%s says %s: %v", event, data, err)
			}
			return
		}
	}
}
