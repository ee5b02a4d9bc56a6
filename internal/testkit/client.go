package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Client is an app that speaks the client API with a token.
type Client struct {
	T      testing.TB
	Base   string
	Token  string
	Status int
	Header http.Header
}

// Client gives somebody an app.
func (n *Node) Client(name string) *Client {
	return &Client{T: n.T, Base: n.URL, Token: n.Token(name)}
}

// Do sends a request and reads the JSON answer into out, which may be nil.
// body is sent as JSON unless nil.
func (c *Client) Do(method, path string, body, out any) *Client {
	c.T.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			c.T.Fatal(err)
		}
		r = bytes.NewReader(b)
	}
	kind := ""
	if body != nil {
		kind = "application/json"
	}
	return c.send(method, path, kind, r, out)
}

func (c *Client) send(method, path, kind string, body io.Reader, out any) *Client {
	c.T.Helper()
	req, err := http.NewRequest(method, c.Base+path, body)
	if err != nil {
		c.T.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	c.Status, c.Header = res.StatusCode, res.Header
	if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			c.T.Fatalf("%s %s: %d %s: %v", method, path, res.StatusCode, b, err)
		}
	}
	return c
}

// Get is Do of a GET.
func (c *Client) Get(path string, out any) *Client { c.T.Helper(); return c.Do("GET", path, nil, out) }

// Post is Do of a POST.
func (c *Client) Post(path string, body, out any) *Client {
	c.T.Helper()
	return c.Do("POST", path, body, out)
}

// Unsigned is the status with which an address answers a server that asks for a document
// and does not sign.
func Unsigned(t testing.TB, url string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/activity+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
