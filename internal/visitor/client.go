package visitor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/fetch"
)

// Bounds of an answer of another server.
const (
	clientTimeout = 10 * time.Second
	maxAnswer     = 256 << 10 // bytes
)

// Client speaks with the servers where people sign in: only where the guard
// allows, following no redirect, for ten seconds, and a bounded answer.
type Client struct {
	guard fetch.Guard
	http  *http.Client
	agent string
}

// NewClient makes a client.
func NewClient(agent string, guard fetch.Guard) *Client {
	return &Client{guard: guard, agent: agent, http: &http.Client{Transport: guard.Transport(), Timeout: clientTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// What another server answers that is no use.
var (
	errAway    = errors.New("visitor: the other server does not answer")
	errForeign = errors.New("visitor: the other server does not speak this")
	errRefused = errors.New("visitor: the other server refuses")
)

// post sends a form, and reads JSON into out.
func (c *Client) post(ctx context.Context, address string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return errForeign
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(req, out)
}

// get reads JSON with somebody's key.
func (c *Client) get(ctx context.Context, address, token string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errForeign
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return c.do(req, out)
}

// do makes a request. Its errors hold nothing of it: addresses may hold secrets.
func (c *Client) do(req *http.Request, out any) error {
	if c.guard.URL(req.URL) != nil {
		return errForeign
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return errAway
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil || res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return errAway
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusMethodNotAllowed || len(body) > maxAnswer || res.StatusCode < 400 && res.StatusCode >= 300:
		return errForeign
	case res.StatusCode >= 400:
		return errRefused
	case out == nil:
		return nil
	case json.NewDecoder(bytes.NewReader(body)).Decode(out) != nil:
		return errForeign
	}
	return nil
}
