package streaming_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/testkit"
)

// TestTwoNodesOnOneDatabase has one node write and the other show.
func TestTwoNodesOnOneDatabase(t *testing.T) {
	n := testkit.NewOn(t, testkit.Postgres)
	second, err := app.Open(bg, n.Config, n.Shared())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(bg); err != nil {
		t.Fatal(err)
	}
	defer second.Close(bg)
	srv := httptest.NewServer(second.Handler())
	defer srv.Close()
	n.Person("ana", true)
	n.Person("bob", true)
	token := n.Token("bob")
	there := &testkit.Node{App: second, T: t, URL: srv.URL, Host: n.Host}
	l := dial(t, there, token, "stream=public:local")
	l.ready()
	// A node hears the other from when its connection stands.
	heard := false
	for end := time.Now().Add(5 * time.Second); !heard && time.Now().Before(end); {
		write(t, n, "ana", "d'un serveur à l'autre", post.Section)
		select {
		case f := <-l.in:
			if heard = f.Event == "update"; !heard {
				t.Fatalf("%+v", f)
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
	if !heard {
		t.Fatal("the other node shows nothing")
	}
	v, err := n.Auth.ByToken(bg, token)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Auth.Revoke(bg, v.AccountID, v.TokenID); err != nil {
		t.Fatal(err)
	}
	l.closed(4 * time.Second)
	if _, err := second.Auth.ByToken(bg, token); err == nil {
		t.Error("the other node still knows the token")
	}
}

// open1 opens a socket with as little as can be on this side.
func open1(tb testing.TB, base, token string) net.Conn {
	u, err := url.Parse(base)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		tb.Fatal(err)
	}
	fmt.Fprintf(c, "GET /api/v1/streaming?stream=public:local&access_token=%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", token, u.Host)
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil || res.StatusCode != 101 {
		tb.Fatal(err, res)
	}
	return c
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkSockets opens a thousand sockets of fifty people, at rest, and
// measures what each costs; then how long a post takes to reach them all.
func BenchmarkSockets(b *testing.B) {
	const sockets, people = 1000, 50
	n := testkit.New(b)
	n.Person("ana", true)
	var tokens []string
	for i := range people {
		tokens = append(tokens, n.Token(fmt.Sprint("p", i)))
	}
	open1(b, n.URL, tokens[0]).Close()
	before := inUse()
	conns := make([]net.Conn, sockets)
	for i := range conns {
		conns[i] = open1(b, n.URL, tokens[i%people])
		defer conns[i].Close()
	}
	for n.Streaming.Sockets() < sockets {
		time.Sleep(time.Millisecond)
	}
	each := float64(inUse()-before) / sockets
	buf := make([]byte, 16<<10)
	for b.Loop() {
		write(b, n, "ana", "à toutes et tous", post.Section)
		for _, c := range conns {
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			var got strings.Builder
			for !strings.HasSuffix(got.String(), "}") {
				k, err := c.Read(buf)
				if err != nil {
					b.Fatal(err)
				}
				got.Write(buf[:k])
			}
		}
	}
	b.ReportMetric(each, "B/socket")
}
