package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// byHand starts a server that does what serve says with each connection, the first being 0.
func byHand(t *testing.T, serve func(n int, c net.Conn, next func() bool)) (inbox string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				serve(n, c, func() bool {
					req, err := http.ReadRequest(r)
					if err != nil {
						return false
					}
					_, err = io.Copy(io.Discard, req.Body)
					return err == nil
				})
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/inbox"
}

const taken = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

func poster(t *testing.T, timeout time.Duration) (*Client, func(inbox string) (Delivery, error)) {
	c := New(Config{UserAgent: "Maillage test", Guard: Guard{Local: true}, Timeout: timeout})
	t.Cleanup(c.Close)
	return c, func(inbox string) (Delivery, error) {
		return c.Post(context.Background(), inbox, []byte(`{"type":"Like"}`), testKey(t), sig.Cavage)
	}
}

// TestConnectionsAreKept: one connection carries what goes to a server, whatever
// form its answers have, and longer than the first request was given.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel() // it waits
	const timeout = 3 * time.Second
	for name, answer := range map[string]string{
		"plain":   taken,
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"hints":   "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + taken,
		"without": "HTTP/1.1 204 No Content\r\n\r\n",
	} {
		var connections atomic.Int32
		inbox := byHand(t, func(_ int, c net.Conn, next func() bool) {
			connections.Add(1)
			for next() {
				io.WriteString(c, answer)
			}
		})
		_, post := poster(t, timeout)
		for i := range 3 {
			if d, err := post(inbox); err != nil || d.Status/100 != 2 {
				t.Fatalf("%s: %+v %v", name, d, err)
			}
			if i == 1 && name == "plain" {
				time.Sleep(timeout + 100*time.Millisecond) // beyond the deadline of the first two
			}
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%s: %d connections", name, n)
		}
	}
	var from sync.Map
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		from.Store(r.RemoteAddr, true)
		w.WriteHeader(http.StatusAccepted)
	})
	for range 3 {
		if _, err := c.Post(context.Background(), srv.URL+"/inbox", []byte(`{}`), testKey(t), sig.Cavage); err != nil {
			t.Fatal(err)
		}
	}
	connections := 0
	from.Range(func(any, any) bool { connections++; return true })
	if connections != 1 {
		t.Errorf("TLS: %d connections", connections)
	}
}

// TestConnectionsThatEnd: what a server does with a connection between two
// requests, or instead of an answer, costs no delivery.
func TestConnectionsThatEnd(t *testing.T) {
	for name, then := range map[string]func(c net.Conn, next func() bool){
		"hangs up":           func(net.Conn, func() bool) {},
		"says so, hangs up":  func(c net.Conn, _ func() bool) { io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\n\r\n") },
		"dies of the second": func(_ net.Conn, next func() bool) { next() },
	} {
		kept, ended := make(chan struct{}), make(chan struct{})
		inbox := byHand(t, func(n int, c net.Conn, next func() bool) {
			next()
			io.WriteString(c, taken)
			if n == 0 {
				<-kept
				then(c, next)
				c.Close()
				close(ended)
			}
		})
		_, post := poster(t, 5*time.Second)
		if _, err := post(inbox); err != nil {
			t.Fatal(err)
		}
		close(kept)
		if name != "dies of the second" {
			<-ended
		}
		if d, err := post(inbox); err != nil || d.Status != http.StatusAccepted {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	for name, answer := range map[string]string{
		"close":      "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"old":        "HTTP/1.0 202 Accepted\r\nContent-Length: 0\r\n\r\n",
		"more":       taken + "HTTP/1.1 500 Internal Server Error\r\n\r\n",
		"long":       "HTTP/1.1 202 Accepted\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("x", 20000),
		"to the end": "HTTP/1.1 202 Accepted\r\n\r\nxyz",
	} {
		inbox := byHand(t, func(_ int, c net.Conn, next func() bool) {
			if next() {
				io.WriteString(c, answer)
			}
		})
		c, post := poster(t, 5*time.Second)
		if d, err := post(inbox); err != nil || d.Status != http.StatusAccepted {
			t.Errorf("%s: %+v %v", name, d, err)
		}
		if c.courier.n != 0 {
			t.Errorf("%s: the connection is kept", name)
		}
	}
}

// TestBadAnswers: an answer that is none, or has no end, is an error soon, and the
// request is not made again.
//
// Spec: FE3
func TestBadAnswers(t *testing.T) {
	for name, answer := range map[string]func(w io.Writer) error{
		"nothing": func(io.Writer) error { return io.EOF },
		"garbage": func(w io.Writer) error { fmt.Fprint(w, "220 mail.example ESMTP\r\n\r\n"); return io.EOF },
		"header without end": func(w io.Writer) error {
			fmt.Fprint(w, "HTTP/1.1 202 Accepted\r\nX: ")
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
					return err
				}
			}
		},
		"headers without end": func(w io.Writer) error {
			fmt.Fprint(w, "HTTP/1.1 202 Accepted\r\n")
			for {
				if _, err := io.WriteString(w, "X: y\r\n"); err != nil {
					return err
				}
			}
		},
		"hints without end": func(w io.Writer) error {
			for {
				if _, err := io.WriteString(w, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
					return err
				}
			}
		},
	} {
		var requests atomic.Int32
		inbox := byHand(t, func(_ int, c net.Conn, next func() bool) {
			for next() {
				requests.Add(1)
				if answer(c) != nil {
					return
				}
			}
		})
		_, post := poster(t, 10*time.Second)
		start := time.Now()
		if d, err := post(inbox); !errors.Is(err, ErrTemporary) || !d.Silent || d.Status != 0 || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %+v %v after %s", name, d, err, time.Since(start))
		}
		if n := requests.Load(); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// TestAnswerBeforeTheBody: a server that refuses a long body need not read it.
func TestAnswerBeforeTheBody(t *testing.T) {
	inbox := byHand(t, func(_ int, c net.Conn, _ func() bool) {
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		time.Sleep(100 * time.Millisecond)
		io.Copy(io.Discard, r)
	})
	c, _ := poster(t, 5*time.Second)
	d, err := c.Post(context.Background(), inbox, make([]byte, 900<<10), testKey(t), sig.Cavage)
	if !errors.Is(err, ErrRefused) || d.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%+v %v", d, err)
	}
}

// TestInterrupted: who ends a delivery waits for nobody, and the connection is not used again.
func TestInterrupted(t *testing.T) {
	there := make(chan struct{}, 1)
	inbox := byHand(t, func(n int, c net.Conn, next func() bool) {
		for next() {
			if n > 0 {
				io.WriteString(c, taken)
				continue
			}
			there <- struct{}{}
			time.Sleep(200 * time.Millisecond)
			io.WriteString(c, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
		}
	})
	c, post := poster(t, time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-there; cancel() }()
	start := time.Now()
	d, err := c.Post(ctx, inbox, []byte(`{}`), testKey(t), sig.Cavage)
	if !errors.Is(err, context.Canceled) || !d.Silent || time.Since(start) > 10*time.Second {
		t.Errorf("%+v %v after %s", d, err, time.Since(start))
	}
	if d, err := post(inbox); err != nil || d.Status != http.StatusAccepted {
		t.Errorf("the next: %+v %v", d, err)
	}
}

// TestKeptConnectionsEnd: connections are kept for a minute, four to a server.
func TestKeptConnectionsEnd(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	inbox := byHand(t, func(_ int, c net.Conn, next func() bool) {
		for next() {
			arrived <- struct{}{}
			<-answer
			io.WriteString(c, taken)
		}
	})
	c, post := poster(t, 5*time.Second)
	const at = keptPerHost + 2
	done := make(chan error, at)
	for range at {
		go func() { _, err := post(inbox); done <- err }()
	}
	for range at {
		<-arrived
	}
	close(answer)
	for range at {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if c.courier.n != keptPerHost {
		t.Errorf("%d kept", c.courier.n)
	}
	c.courier.closeBefore(time.Now().Add(-keptFor))
	if c.courier.n != keptPerHost {
		t.Errorf("%d kept when none is old", c.courier.n)
	}
	c.courier.closeBefore(time.Now())
	if c.courier.n != 0 || len(c.courier.idle) != 0 {
		t.Errorf("%d kept when all are old", c.courier.n)
	}
}
