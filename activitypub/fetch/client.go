package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
)

// Defaults of [Config].
const (
	DefaultTimeout = 10 * time.Second
	DefaultMaxBody = 1 << 20
	maxRedirects   = 3
	maxHeaders     = 64 << 10
)

// Config says how a [Client] behaves. Only UserAgent is needed.
type Config struct {
	UserAgent string // "Maillage/1.0 (+https://host/)"
	Guard     Guard
	Timeout   time.Duration  // of a whole call with its redirects, 10 s if zero
	MaxBody   int64          // bytes after decompression, 1 MiB if zero
	RootCAs   *x509.CertPool // nil for the system's
	Scheme    string         // tried first for handles in local mode; "https" if empty
	Resolver  *net.Resolver  // nil for the system's
	Now       func() time.Time
}

// Client makes outgoing requests. It is safe for concurrent use; one per
// process is enough and keeps connections together.
type Client struct {
	config    Config
	transport *http.Transport // of what is asked for
	courier   courier         // of what is delivered
	hosts     hostLimits
}

const (
	// keptHosts is to how many servers a connection is kept for a minute, and what
	// makes the next one cheap for longer: more than follow most sections.
	keptHosts        = 2048
	handshakeTimeout = 5 * time.Second
)

// New makes a client.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Scheme == "" {
		c.Scheme = "https"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: c.Guard.control, Resolver: c.Resolver}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, c.Guard.dialAddr(address))
	}
	// Certificates are checked once; who comes again soon resumes.
	secure := &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(keptHosts)}
	asking := c.Guard.Transport()
	asking.DialContext, asking.TLSClientConfig, asking.MaxResponseHeaderBytes = dial, secure, maxHeaders
	delivering := secure.Clone()
	delivering.NextProtos = []string{"http/1.1"}
	return &Client{
		config: c,
		hosts:  hostLimits{hosts: map[string]*hostLimit{}},
		// Used without http.Client: redirects are followed by hand, and
		// nothing here wants cookies.
		transport: asking,
		courier:   courier{dial: dial, tls: delivering},
	}
}

// Close drops idle connections.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
	c.courier.close()
}

// Response is a successful answer, read to its end.
type Response struct {
	FinalURL    string // after redirects, without fragment
	ContentType string
	Body        []byte
}

// knock is one way of signing a GET.
type knock func(req *http.Request, key *sig.Key, now time.Time) error

func withQuery(req *http.Request, key *sig.Key, now time.Time) error {
	return sig.SignGet(req, key, now, false)
}

func withoutQuery(req *http.Request, key *sig.Key, now time.Time) error {
	return sig.SignGet(req, key, now, true)
}

func modern(req *http.Request, key *sig.Key, now time.Time) error {
	return sig.Sign9421(req, nil, key, now)
}

// Get fetches uri. With a key the request is signed: by draft-cavage first,
// and on 401 once more without the query string (if there is one), then by
// RFC 9421.
func (c *Client) Get(ctx context.Context, uri, accept string, key *sig.Key) (*Response, error) {
	return c.get(ctx, uri, accept, key, false)
}

// File is Get for files, which say nothing of where they belong: it is signed for
// the origin of uri alone, and goes on unsigned where a redirect leads elsewhere.
// Otherwise anybody could have us ask, in our name, for what another server gives
// to us and not to them.
func (c *Client) File(ctx context.Context, uri, accept string, key *sig.Key) (*Response, error) {
	return c.get(ctx, uri, accept, key, true)
}

func (c *Client) get(ctx context.Context, uri, accept string, key *sig.Key, firstOnly bool) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	u, err := url.Parse(uri)
	if err != nil || len(uri) > 2048 {
		return nil, refused("not a URL", err)
	}
	u.Fragment, u.RawFragment = "", ""
	if key == nil {
		return c.follow(ctx, u, accept, nil, nil, false)
	}
	knocks := []knock{withQuery}
	if u.RawQuery != "" {
		knocks = append(knocks, withoutQuery)
	}
	knocks = append(knocks, modern)
	var resp *Response
	for _, k := range knocks {
		if resp, err = c.follow(ctx, u, accept, key, k, firstOnly); statusOf(err) != http.StatusUnauthorized {
			break
		}
	}
	return resp, err
}

func statusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// follow GETs u and goes after redirects. Each hop is a new request, guarded
// and signed for its own host; with firstOnly none but those to the first origin are signed.
func (c *Client) follow(ctx context.Context, u *url.URL, accept string, key *sig.Key, sign knock, firstOnly bool) (*Response, error) {
	first := u
	for hop := 0; ; hop++ {
		by := key
		if firstOnly && (u.Scheme != first.Scheme || oneSpelling(u.Host) != oneSpelling(first.Host)) {
			by = nil
		}
		resp, next, err := c.hop(ctx, u, accept, by, sign)
		if err != nil || next == nil {
			return resp, err
		}
		if hop == maxRedirects {
			return nil, refused("too many redirects", nil)
		}
		u = next
	}
}

// hop makes one request: it returns the answer, or where to go next.
func (c *Client) hop(ctx context.Context, u *url.URL, accept string, key *sig.Key, sign knock) (*Response, *url.URL, error) {
	if err := c.config.Guard.URL(u); err != nil {
		return nil, nil, refused(err.Error(), nil)
	}
	if err := spend(ctx); err != nil {
		return nil, nil, err
	}
	release, err := c.hosts.acquire(ctx, u.Host, c.config.Now(), !c.config.Guard.Local)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, refused("not a URL", err)
	}
	req.Header.Set("User-Agent", c.config.UserAgent)
	req.Header.Set("Accept", accept)
	if key != nil {
		if err := sign(req, key, c.config.Now()); err != nil {
			return nil, nil, refused("cannot sign", err)
		}
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, nil, connError(err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := c.location(u, resp)
		return nil, next, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, nil, statusError(resp, c.config.Now())
	}
	body, err := readBody(ctx, resp.Body, c.config.MaxBody)
	if err != nil {
		return nil, nil, err
	}
	return &Response{FinalURL: u.String(), ContentType: resp.Header.Get("Content-Type"), Body: body}, nil, nil
}

// location judges where a redirect leads. A bad one ends the call at once.
func (c *Client) location(from *url.URL, resp *http.Response) (*url.URL, error) {
	values := resp.Header["Location"]
	if len(values) != 1 || values[0] == "" || len(values[0]) > 2048 {
		return nil, refused("redirect without address", nil)
	}
	next, err := from.Parse(values[0])
	if err != nil {
		return nil, refused("redirect to no URL", err)
	}
	next.Fragment, next.RawFragment = "", ""
	// This also keeps the scheme from being lowered: plain http is refused
	// everywhere but in local mode.
	if err := c.config.Guard.URL(next); err != nil {
		return nil, refused("redirect: "+err.Error(), nil)
	}
	return next, nil
}

// readBody reads up to limit bytes, counted after decompression, and no more.
func readBody(ctx context.Context, r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil {
		// A server that notices the deadline closing the connection may end
		// its answer in good order, which would then be one cut short.
		err = ctx.Err()
	}
	if err != nil {
		return nil, connError(err)
	}
	if int64(len(b)) > limit {
		return nil, refused("answer is too large", nil)
	}
	return b, nil
}

// connError sorts failures of the network. A forbidden address is final, the
// rest may be better later.
func connError(err error) error {
	switch {
	case errors.Is(err, errAddress) || errors.Is(err, errPort):
		return refused("address not allowed", err)
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: ErrTemporary, Reason: NoAnswer, err: err}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &Error{Kind: ErrTemporary, Reason: "name not found", err: err}
	}
	return &Error{Kind: ErrTemporary, Reason: "connection failed", err: err}
}
