package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
)

// Options say what kind of server the peer plays. The zero value is a public
// one that speaks http at 127.0.0.1.
type Options struct {
	Name          string // host name, "127.0.0.1" if empty; or something.localhost
	TLS           bool
	RootCAs       *x509.CertPool // to trust when calling others; nil for the system's
	Software      string         // NodeInfo name, "peer" if empty
	AutoAccept    bool           // answer each Follow with an Accept
	RequireSigned bool           // 401 to GETs without a signature that verifies
	// Respond, if set, gives the status of an answer to a request before
	// anything is done with it; 0 lets the peer answer as usual. It may wait,
	// to play a server that hangs.
	Respond func(Request) int
}

// Peer is a running server. Its methods may be called from any goroutine.
type Peer struct {
	URL  string // "http://127.0.0.1:40001"
	Host string // "127.0.0.1:40001"

	options Options
	server  *httptest.Server
	client  *fetch.Client // for keys and documents of others
	plain   *http.Client  // for requests that must go out just as made
	pending sync.WaitGroup

	mu       sync.Mutex
	actors   map[string]*Actor // by name
	objects  map[string][]byte // by path and query; nil: gone
	moved    map[string]string // by path and query
	requests []Request
	news     chan struct{} // closed at each new request
	serial   int
	keys     map[string]string // PEM by key id
}

// Request is one request the peer has received.
type Request struct {
	At     time.Time
	Method string
	Host   string
	Path   string // with query string
	Header http.Header
	Body   []byte
	Doc    *as.Doc // the body, if it is a document

	KeyID  string // what the signature names
	Scheme sig.Scheme
	// Fault is nil if the request carries a signature that verifies with the
	// key its key id leads to.
	Fault error
}

// New starts a peer.
func New(o Options) *Peer {
	if o.Name == "" {
		o.Name = "127.0.0.1"
	}
	if o.Software == "" {
		o.Software = "peer"
	}
	p := &Peer{options: o, actors: map[string]*Actor{}, objects: map[string][]byte{}, moved: map[string]string{}, news: make(chan struct{}), keys: map[string]string{}}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.handle))
	scheme := "http"
	if o.TLS {
		scheme = "https"
		p.server.StartTLS()
	} else {
		p.server.Start()
	}
	_, port, _ := net.SplitHostPort(p.server.Listener.Addr().String())
	p.Host = net.JoinHostPort(o.Name, port)
	p.URL = scheme + "://" + p.Host
	p.client = fetch.New(fetch.Config{UserAgent: "peer", Guard: fetch.Guard{Local: true}, RootCAs: o.RootCAs, Timeout: 5 * time.Second, Scheme: scheme})
	p.plain = &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: o.RootCAs},
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
					address = net.JoinHostPort("127.0.0.1", port)
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p
}

// Close stops the server and waits for answers still on their way.
func (p *Peer) Close() {
	p.pending.Wait()
	p.server.Close()
	p.client.Close()
	p.plain.CloseIdleConnections()
}

// RootCAs returns a pool that trusts the peer's certificate; with TLS only.
func (p *Peer) RootCAs() *x509.CertPool {
	pool := x509.NewCertPool()
	if c := p.server.Certificate(); c != nil {
		pool.AddCert(c)
	}
	return pool
}

// NewID returns an id on this peer that was not used before.
func (p *Peer) NewID(kind string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serial++
	return fmt.Sprintf("%s/%s/%d", p.URL, kind, p.serial)
}

// Serve makes the peer answer for id, an URL on it, with body.
func (p *Peer) Serve(id string, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if body == nil {
		body = []byte{}
	}
	p.objects[strings.TrimPrefix(id, p.URL)] = body
}

// Gone makes the peer answer 410 for id from now on.
func (p *Peer) Gone(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.objects[strings.TrimPrefix(id, p.URL)] = nil
}

// Moved makes the peer redirect from id, an URL on it, to another address.
func (p *Peer) Moved(id, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved[strings.TrimPrefix(id, p.URL)] = to
}

// Requests returns all requests so far, in order.
func (p *Peer) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Request(nil), p.requests...)
}

// Received returns the requests that match, in order.
func (p *Peer) Received(match func(Request) bool) []Request {
	var out []Request
	for _, r := range p.Requests() {
		if match(r) {
			out = append(out, r)
		}
	}
	return out
}

// Mentions reports whether any byte the peer was ever sent, path and headers
// included, contains s.
func (p *Peer) Mentions(s string) bool {
	return len(p.Received(func(r Request) bool {
		return strings.Contains(r.Path, s) || strings.Contains(string(r.Body), s) || strings.Contains(fmt.Sprint(r.Header), s)
	})) > 0
}

// Posted matches a POST of an activity of a type, whose object has one of the
// given types if there are any.
func Posted(activity string, objects ...string) func(Request) bool {
	return func(r Request) bool {
		if r.Method != http.MethodPost || r.Doc == nil || r.Doc.Type() != activity {
			return false
		}
		if len(objects) == 0 {
			return true
		}
		o := r.Doc.Object().Doc()
		return o != nil && o.Is(objects...)
	}
}

// Wait returns the first request that matches, among those received and those
// that come until the timeout.
func (p *Peer) Wait(match func(Request) bool, timeout time.Duration) (Request, error) {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for seen := 0; ; {
		p.mu.Lock()
		list, news := p.requests[seen:], p.news
		p.mu.Unlock()
		for _, r := range list {
			if match(r) {
				return r, nil
			}
		}
		seen += len(list)
		select {
		case <-news:
		case <-deadline.C:
			return Request{}, fmt.Errorf("peer: no such request within %s, %d others", timeout, seen)
		}
	}
}

func (p *Peer) record(r Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	close(p.news)
	p.news = make(chan struct{})
}

func (p *Peer) handle(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	req := Request{At: time.Now(), Method: r.Method, Host: r.Host, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}
	req.Doc, _ = as.Parse(body)
	p.verify(r, &req)
	p.record(req)
	if p.options.Respond != nil {
		if status := p.options.Respond(req); status != 0 {
			w.WriteHeader(status)
			return
		}
	}
	if r.Method == http.MethodPost {
		p.inbox(w, req)
		return
	}
	switch r.URL.Path {
	case "/.well-known/webfinger":
		p.webFinger(w, r)
	case "/.well-known/nodeinfo":
		b, _ := discovery.EncodeNodeInfoLinks(p.URL, "")
		write(w, "application/json", b)
	case "/nodeinfo/2.0", "/nodeinfo/2.1":
		version := strings.TrimPrefix(r.URL.Path, "/nodeinfo/")
		b, _ := discovery.NodeInfo{Software: discovery.Software{Name: p.options.Software, Version: "1.0"}}.Encode(version)
		write(w, discovery.NodeInfoType(version), b)
	default:
		p.document(w, r, req)
	}
}

func (p *Peer) document(w http.ResponseWriter, r *http.Request, req Request) {
	p.mu.Lock()
	body, ok := p.objects[r.URL.RequestURI()]
	moved := p.moved[r.URL.RequestURI()]
	p.mu.Unlock()
	// Keys stay readable: others need them to be able to sign at all.
	isActor := strings.HasPrefix(r.URL.Path, "/users/") && strings.Count(r.URL.Path, "/") == 2
	switch {
	case p.options.RequireSigned && req.Fault != nil && !isActor:
		w.WriteHeader(http.StatusUnauthorized)
	case moved != "":
		http.Redirect(w, r, moved, http.StatusFound)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case body == nil:
		w.WriteHeader(http.StatusGone)
	default:
		write(w, "application/activity+json", body)
	}
}

func write(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body)
}

func (p *Peer) webFinger(w http.ResponseWriter, r *http.Request) {
	h, _, err := discovery.ParseResource(r.URL.Query().Get("resource"))
	p.mu.Lock()
	a := p.actors[h.Name]
	p.mu.Unlock()
	if err != nil || a == nil || h.Host != p.Host {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	b, _ := discovery.NewJRD(discovery.Account{Name: a.Name, Host: p.Host, ActorID: a.ID, ActorType: a.Type, PageURL: p.URL + "/@" + a.Name}).Encode()
	write(w, discovery.JRDType, b)
}

// inbox answers 202 to everything that is a document, and accepts follows if
// told to.
func (p *Peer) inbox(w http.ResponseWriter, req Request) {
	if req.Doc == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if req.Fault != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	if !p.options.AutoAccept || req.Doc.Type() != "Follow" {
		return
	}
	p.mu.Lock()
	var followed *Actor
	for _, a := range p.actors {
		if a.ID == req.Doc.Object().ID() {
			followed = a
		}
	}
	p.mu.Unlock()
	if followed == nil {
		return
	}
	p.pending.Add(1)
	go func() {
		defer p.pending.Done()
		_, _ = followed.Answer(context.Background(), "Accept", req.Doc)
	}()
}

// verify checks the signature of a request, if any, with the key that its key
// id leads to.
func (p *Peer) verify(r *http.Request, req *Request) {
	body := req.Body
	if r.Method == http.MethodGet {
		body = nil
	}
	scheme := "http"
	if p.options.TLS {
		scheme = "https"
	}
	s, err := sig.ParseRequest(r, body, sig.Options{Scheme: scheme, Hosts: []string{p.Host}, Now: time.Now(), AllowHTTP: true})
	if err != nil {
		req.Fault = err
		return
	}
	req.KeyID, req.Scheme = s.KeyID, s.Scheme
	p.mu.Lock()
	text := p.keys[s.KeyID]
	p.mu.Unlock()
	if text == "" {
		if text, err = p.fetchKey(r.Context(), s.KeyID); err != nil {
			req.Fault = err
			return
		}
	}
	pub, err := sig.ParsePublicPEM(text)
	if err == nil {
		err = s.Verify(pub)
	}
	req.Fault = err
}

func (p *Peer) fetchKey(ctx context.Context, keyID string) (string, error) {
	doc, err := p.client.Document(ctx, keyID, nil)
	if err != nil {
		return "", err
	}
	a, err := as.ReadActor(doc)
	if err != nil {
		return "", err
	}
	k, ok := a.FindKey(keyID)
	if !ok {
		return "", fmt.Errorf("peer: %s does not list the key", a.ID)
	}
	p.mu.Lock()
	p.keys[keyID] = k.PEM
	p.mu.Unlock()
	return k.PEM, nil
}

// JSON turns a value into bytes; it is for documents that tests write by hand.
func JSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
