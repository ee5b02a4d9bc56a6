package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/idna"
)

const (
	keptPerHost = 4
	keptFor     = time.Minute
	// maxAnswer is how much of the body of an answer is read, so that the
	// connection can be used again. Nobody wants to know what it says.
	maxAnswer = 16 << 10
)

// courier makes the requests of deliveries. A post goes to a thousand servers at
// once, which is most of what leaves a server of ours: http.Transport holds two
// goroutines and their buffers for each connection that it keeps, and wakes both
// for each request. Here a kept connection is a socket, and a request is written
// and its answer read where it is asked for. What is written and read is that of
// package net/http, version 1.1, which every server speaks.
type courier struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	tls  *tls.Config

	mu       sync.Mutex
	idle     map[string][]idleConn // by scheme and address, the newest last
	n        int                   // connections in idle
	sweeping bool
	closed   bool
}

type idleConn struct {
	net.Conn
	since time.Time
}

// do sends req, which has a body that can be had again (GetBody), and reads the
// answer, whose body is gone when do returns. ctx must have a deadline. took says
// that the whole request was written.
//
// A kept connection that ends before it has brought a byte of the answer is
// replaced by a new one. Should the server have taken the request and died, it is
// given twice, which activities, having ids, stand.
func (c *courier) do(ctx context.Context, req *http.Request) (resp *http.Response, took bool, err error) {
	key := req.URL.Scheme + "://" + req.URL.Host
	if conn := c.kept(key); conn != nil {
		var stale bool
		resp, took, stale, err = c.exchange(ctx, key, conn, req)
		if !stale || ctx.Err() != nil {
			return resp, took, err
		}
		if req.Body, err = req.GetBody(); err != nil {
			return nil, false, err
		}
	}
	conn, err := c.connect(ctx, req.URL)
	if err != nil {
		return nil, false, err
	}
	resp, took, _, err = c.exchange(ctx, key, conn, req)
	return resp, took, err
}

// exchange sends req over conn, and keeps conn or closes it. stale says that the
// connection ended before the first byte of an answer.
func (c *courier) exchange(ctx context.Context, key string, conn net.Conn, req *http.Request) (resp *http.Response, took, stale bool, err error) {
	keep := false
	defer func() {
		if !keep {
			conn.Close()
		}
	}()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, false, true, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		// What ends while ctx does may have been cut off: it is not kept.
		if keep = stop() && keep && conn.SetDeadline(time.Time{}) == nil; keep {
			c.keep(key, conn)
		}
	}()
	werr := write(conn, req)
	// A server that refuses a body may answer before it has read it.
	in := &io.LimitedReader{R: conn, N: maxHeaders + maxAnswer}
	r := readers.Get().(*bufio.Reader)
	r.Reset(in)
	defer func() { r.Reset(nil); readers.Put(r) }()
	if resp, err = answer(r, req); err != nil {
		stale = in.N == maxHeaders+maxAnswer && !errors.Is(err, os.ErrDeadlineExceeded)
		return nil, werr == nil, stale, endOf(ctx, err)
	}
	_, rest := io.CopyN(io.Discard, resp.Body, maxAnswer)
	resp.Body.Close()
	keep = werr == nil && rest == io.EOF && !resp.Close && r.Buffered() == 0
	return resp, werr == nil, false, nil
}

var (
	writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 8<<10) }}
	readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}
)

func write(conn net.Conn, req *http.Request) error {
	w := writers.Get().(*bufio.Writer)
	w.Reset(conn)
	err := req.Write(w)
	if err == nil {
		err = w.Flush()
	}
	w.Reset(nil)
	writers.Put(w)
	return err
}

// answer reads the head of the answer, past those that are not final.
func answer(r *bufio.Reader, req *http.Request) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(r, req)
		if err != nil || resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}

// endOf says of an error that the end of ctx brought about that it did.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// connect makes a new connection.
func (c *courier) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	address, err := addressOf(u)
	if err != nil {
		return nil, err
	}
	conn, err := c.dial(ctx, "tcp", address)
	if err != nil || u.Scheme != "https" {
		return conn, err
	}
	config := c.tls.Clone()
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		conn.Close()
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// addressOf is the address to connect to, with the port of the scheme where none is said.
func addressOf(u *url.URL) (string, error) {
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	if net.ParseIP(host) == nil {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", err
		}
		host = ascii
	}
	return net.JoinHostPort(host, port), nil
}

// kept takes the newest connection to a server that is kept and still good, if there is one.
func (c *courier) kept(key string) net.Conn {
	for {
		c.mu.Lock()
		list := c.idle[key]
		if len(list) == 0 {
			c.mu.Unlock()
			return nil
		}
		conn := list[len(list)-1].Conn
		list[len(list)-1] = idleConn{}
		c.leave(key, list[:len(list)-1])
		c.mu.Unlock()
		if quiet(conn) {
			return conn
		}
		conn.Close()
	}
}

// keep keeps conn for a minute, unless there are enough already.
func (c *courier) keep(key string, conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.n >= keptHosts || len(c.idle[key]) >= keptPerHost {
		go conn.Close() // over TLS it says goodbye, and may wait
		return
	}
	if c.idle == nil {
		c.idle = map[string][]idleConn{}
	}
	c.leave(key, append(c.idle[key], idleConn{conn, time.Now()}))
	if !c.sweeping {
		c.sweeping = true
		time.AfterFunc(keptFor/2, c.sweep)
	}
}

// leave makes list what is kept for a server; c.mu is held.
func (c *courier) leave(key string, list []idleConn) {
	c.n += len(list) - len(c.idle[key])
	if len(list) == 0 {
		delete(c.idle, key)
		return
	}
	c.idle[key] = list
}

// sweep closes what was kept for long enough, as long as anything is kept.
func (c *courier) sweep() {
	c.closeBefore(time.Now().Add(-keptFor))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sweeping = c.n > 0; c.sweeping {
		time.AfterFunc(keptFor/2, c.sweep)
	}
}

// close closes all that is kept, and keeps nothing any more.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.closeBefore(time.Now().Add(keptFor))
}

// closeBefore closes what has been kept since before t.
func (c *courier) closeBefore(t time.Time) {
	var old []idleConn
	c.mu.Lock()
	for key, list := range c.idle {
		n := 0
		for n < len(list) && list[n].since.Before(t) {
			n++
		}
		if n > 0 {
			old = append(old, list[:n]...)
			c.leave(key, slices.Clone(list[n:]))
		}
	}
	c.mu.Unlock()
	for _, conn := range old {
		conn.Close()
	}
}
