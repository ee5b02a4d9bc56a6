package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/auth"
)

// Client is an app with a token of somebody.
type Client struct {
	T     testing.TB
	Base  string
	Token string // "" for a stranger
}

// Answer is what came back.
type Answer struct {
	T      testing.TB
	What   string // "GET /api/…"
	Status int
	Header http.Header
	Body   []byte
}

// Client gives somebody an app; without scopes it may do everything.
func (h *House) Client(name string, scopes ...string) *Client {
	h.T.Helper()
	if len(scopes) == 0 {
		scopes = []string{"read", "write", "follow"}
	}
	token, err := h.Auth.NewToken(context.Background(), h.Person(name, false).ID, auth.Scopes(scopes))
	if err != nil {
		h.T.Fatal(err)
	}
	return &Client{T: h.T, Base: h.URL, Token: token}
}

// Stranger is an app without a token.
func (h *House) Stranger() *Client { return &Client{T: h.T, Base: h.URL} }

// Send sends a request; body is a form when url.Values, nothing when nil, JSON otherwise.
func (c *Client) Send(method, path string, body any, header ...string) *Answer {
	c.T.Helper()
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		r, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.T.Fatal(err)
		}
		r, kind = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequest(method, c.Base+path, r)
	if err != nil {
		c.T.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	return &Answer{c.T, method + " " + path, res.StatusCode, res.Header, raw}
}

// Get is Send of a GET.
func (c *Client) Get(path string) *Answer { c.T.Helper(); return c.Send("GET", path, nil) }

// Post is Send of a POST.
func (c *Client) Post(path string, body any) *Answer { c.T.Helper(); return c.Send("POST", path, body) }

// OK fails the test unless the answer is 200, and reads it into out, which may be nil.
func (a *Answer) OK(out any) *Answer {
	a.T.Helper()
	if a.Status != http.StatusOK {
		a.T.Fatalf("%s: status %d, want 200: %s", a.What, a.Status, a.Body)
	}
	if out != nil {
		if err := json.Unmarshal(a.Body, out); err != nil {
			a.T.Fatalf("%s: %v in %s", a.What, err, a.Body)
		}
	}
	return a
}

// Fails fails the test unless the answer has the status and is an error in
// words, all of parts among them.
func (a *Answer) Fails(status int, parts ...string) {
	a.T.Helper()
	var e struct{ Error string }
	if a.Status != status {
		a.T.Errorf("%s: status %d, want %d: %s", a.What, a.Status, status, a.Body)
		return
	}
	if err := json.Unmarshal(a.Body, &e); err != nil || e.Error == "" || strings.Contains(e.Error, "⟦") {
		a.T.Errorf("%s: the error is not in words: %s", a.What, a.Body)
	}
	for _, p := range parts {
		if !strings.Contains(e.Error, p) {
			a.T.Errorf("%s: the error says %q, without %q", a.What, e.Error, p)
		}
	}
}

// Next is the path of the next page, "" on the last one.
func (a *Answer) Next() string {
	for part := range strings.SplitSeq(a.Header.Get("Link"), ", ") {
		if target, ok := strings.CutSuffix(part, `; rel="next"`); ok {
			u, err := url.Parse(strings.Trim(target, "<>"))
			if err != nil {
				a.T.Fatal(err)
			}
			return u.RequestURI()
		}
	}
	return ""
}
