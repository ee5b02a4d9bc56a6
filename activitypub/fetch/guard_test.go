package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// FE1: addresses that are never connected to.
func TestFE01Addresses(t *testing.T) {
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
		"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
		"100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1",
		"fe80::1%eth0", "fec0::1", "ff02::1", "2600::1%lo", "5f00::1", "4000::1",
	} {
		addr := netip.MustParseAddr(a)
		if (Guard{}).Addr(addr) == nil {
			t.Errorf("%s allowed", a)
		}
		if err := (Guard{}).control("tcp", netip.AddrPortFrom(addr, 443).String(), nil); err == nil {
			t.Errorf("%s connected to", a)
		}
		local := Guard{Local: true}.Addr(addr) == nil
		if want := a == "127.0.0.1" || a == "127.255.0.1" || a == "::1"; local != want {
			t.Errorf("%s in local mode: allowed %t", a, local)
		}
	}
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.167.1.1", "2606:4700::1111", "2a01:4f8::1"} {
		if err := (Guard{}).Addr(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s refused", a)
		}
	}
}

func TestFE01URLs(t *testing.T) {
	for _, c := range []struct {
		url           string
		public, local bool
	}{
		{"https://a.example/x", true, true},
		{"https://a.example:443/x", true, true},
		{"https://a.example:8443/x", false, true}, // the address decides when connecting
		{"http://a.example/x", false, false},
		{"https://8.8.8.8/", true, true},
		{"https://8.8.8.8:22/", false, false},
		{"https://127.0.0.1/", false, true},
		{"http://127.0.0.1:9001/", false, true},
		{"http://[::1]:9001/", false, true},
		{"http://b.localhost:8080/", false, true},
		{"http://localhost.evil.example/", false, false},
		{"https://10.0.0.1/", false, false},
		{"https://[::ffff:10.0.0.1]/", false, false},
		{"https://[fe80::1%25eth0]/", false, false},
		{"https://user:pw@a.example/", false, false},
		{"ftp://a.example/", false, false},
		{"file:///etc/passwd", false, false},
		{"gopher://a.example/", false, false},
		{"https:a.example", false, false},
		{"//a.example/", false, false},
		{"", false, false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Guard{}).URL(u) == nil; got != c.public {
			t.Errorf("%q: allowed %t", c.url, got)
		}
		if got := (Guard{Local: true}).URL(u) == nil; got != c.local {
			t.Errorf("%q in local mode: allowed %t", c.url, got)
		}
	}
}

// A transport reaches the names of this machine without DNS, in local mode alone.
func TestFE01LocalNames(t *testing.T) {
	there := httptest.NewServer(http.NotFoundHandler())
	defer there.Close()
	address := strings.Replace(there.URL, "127.0.0.1", "section.localhost", 1)
	for _, local := range []bool{true, false} {
		res, err := (&http.Client{Transport: Guard{Local: local}.Transport()}).Get(address)
		if err == nil {
			res.Body.Close()
		}
		if (err == nil) != local {
			t.Errorf("local %t: %v", local, err)
		}
	}
}

// A name is judged by the address connected to, also when DNS says something
// else the second time.
func TestFE01AfterDNS(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var dialled atomic.Int32
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			dialled.Add(1)
			c.Close()
		}
	}()
	resolver, queries := fakeDNS(t, [4]byte{127, 0, 0, 1})
	client := New(Config{UserAgent: "test", Resolver: resolver, Timeout: 3 * time.Second})
	for range 2 {
		_, err = client.Get(context.Background(), "https://rebind.example/", "*/*", nil)
		if !errors.Is(err, ErrRefused) {
			t.Errorf("got %v, want refused", err)
		}
	}
	if queries.Load() == 0 {
		t.Error("the name was not looked up")
	}
	if dialled.Load() != 0 {
		t.Error("a private address was connected to")
	}
	if _, err := client.Post(context.Background(), "https://rebind.example/inbox", []byte("{}"), testKey(t), 0); !errors.Is(err, ErrRefused) {
		t.Errorf("post: got %v, want refused", err)
	}
}

// fakeDNS answers every A query with one address.
func fakeDNS(t *testing.T, address [4]byte) (*net.Resolver, *atomic.Int32) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	queries := new(atomic.Int32)
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q.Type == dnsmessage.TypeA {
				queries.Add(1)
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0},
					Body:   &dnsmessage.AResource{A: address},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, queries
}
