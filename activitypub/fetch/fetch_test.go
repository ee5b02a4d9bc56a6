package fetch

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
)

var keyOnce = sync.OnceValues(sig.GenerateRSA)

func testKey(t testing.TB) *sig.Key {
	k, err := keyOnce()
	if err != nil {
		t.Fatal(err)
	}
	return &sig.Key{ID: "https://section.example/actor#main-key", RSA: k}
}

// serve starts a TLS server and a client that trusts it.
func serve(t testing.TB, h http.HandlerFunc) (*httptest.Server, *Client) {
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	c := New(Config{UserAgent: "Maillage test", Guard: Guard{Local: true}, RootCAs: pool, Timeout: 2 * time.Second})
	t.Cleanup(c.Close)
	return srv, c
}

func activity(w http.ResponseWriter, format string, args ...any) {
	w.Header().Set("Content-Type", "application/activity+json")
	fmt.Fprintf(w, format, args...)
}

func TestFE02Redirects(t *testing.T) {
	var hits atomic.Int32
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/3":
			http.Redirect(w, r, "/2", http.StatusMovedPermanently)
		case "/2":
			http.Redirect(w, r, "/1", http.StatusTemporaryRedirect)
		case "/1":
			http.Redirect(w, r, "/end", http.StatusPermanentRedirect)
		case "/end":
			fmt.Fprint(w, "there")
		case "/none":
			w.WriteHeader(http.StatusFound)
		default:
			w.Header().Set("Location", strings.TrimPrefix(r.URL.RawQuery, "to="))
			w.WriteHeader(http.StatusFound)
		}
	})
	resp, err := c.Get(context.Background(), srv.URL+"/3#part", "*/*", nil)
	if err != nil || string(resp.Body) != "there" || resp.FinalURL != srv.URL+"/end" {
		t.Errorf("three redirects: %v %v", resp, err)
	}
	hits.Store(0)
	if _, err := c.Get(context.Background(), srv.URL+"/loop", "*/*", nil); !errors.Is(err, ErrRefused) || hits.Load() != 4 {
		t.Errorf("loop: %v after %d requests", err, hits.Load())
	}
	for _, to := range []string{"file:///etc/passwd", "http://10.0.0.1/", "https://169.254.169.254/latest", "gopher://x/", "https://u:p@127.0.0.1/", "https://[::ffff:127.0.0.1]/", "::%", ""} {
		hits.Store(0)
		start := time.Now()
		_, err := c.Get(context.Background(), srv.URL+"/go?to="+to, "*/*", testKey(t))
		if !errors.Is(err, ErrRefused) || hits.Load() != 1 || time.Since(start) > time.Second {
			t.Errorf("redirect to %q: %v after %d requests", to, err, hits.Load())
		}
	}
	if _, err := c.Get(context.Background(), srv.URL+"/none", "*/*", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("redirect without address: %v", err)
	}
}

// FE2: the scheme is not lowered (outside local mode, so without a network).
func TestFE02SchemeNotLowered(t *testing.T) {
	c := New(Config{UserAgent: "test"})
	from := httptest.NewRequest("GET", "https://a.example/", nil).URL
	resp := &http.Response{Header: http.Header{"Location": {"http://a.example/"}}}
	if _, err := c.location(from, resp); !errors.Is(err, ErrRefused) {
		t.Errorf("https to http: %v", err)
	}
	resp.Header.Set("Location", "https://b.example/x#y")
	if next, err := c.location(from, resp); err != nil || next.String() != "https://b.example/x" {
		t.Errorf("https to https: %v %v", next, err)
	}
	if _, err := c.Get(context.Background(), "http://a.example/", "*/*", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("plain http: %v", err)
	}
}

// FE2: each host gets a signature of its own, for itself.
func TestFE02SignedPerHost(t *testing.T) {
	key := testKey(t)
	check := func(r *http.Request) error {
		s, err := sig.ParseRequest(r, nil, sig.Options{Scheme: "http", Hosts: []string{r.Host}, Now: time.Now()})
		if err != nil {
			return err
		}
		return s.Verify(&key.RSA.PublicKey)
	}
	signatures := make(chan string, 10)
	second := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signatures <- r.Header.Get("Signature")
		if err := check(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	defer second.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signatures <- r.Header.Get("Signature")
		if err := check(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, second.URL+"/x?y=1", http.StatusFound)
	}))
	defer first.Close()
	c := New(Config{UserAgent: "test", Guard: Guard{Local: true}})
	if _, err := c.Get(context.Background(), first.URL+"/a", "*/*", key); err != nil {
		t.Fatal(err)
	}
	if a, b := <-signatures, <-signatures; a == b || a == "" || b == "" {
		t.Errorf("signatures %q and %q", a, b)
	}
	if _, err := c.File(context.Background(), first.URL+"/a", "*/*", key); statusOf(err) != http.StatusForbidden {
		t.Errorf("a file that moved elsewhere: %v", err)
	}
	if a, b := <-signatures, <-signatures; a == "" || b != "" {
		t.Errorf("signatures %q and %q for a file", a, b)
	}
	if _, err := c.File(context.Background(), second.URL+"/a", "*/*", key); err != nil || <-signatures == "" {
		t.Errorf("a file where it was said to be: %v", err)
	}
}

func TestFE03Bodies(t *testing.T) {
	var written atomic.Int64
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/full":
			_, _ = w.Write(make([]byte, DefaultMaxBody))
		case "/over":
			_, _ = w.Write(make([]byte, DefaultMaxBody+1))
		case "/endless":
			chunk := make([]byte, 64<<10)
			for {
				n, err := w.Write(chunk)
				if written.Add(int64(n)); err != nil {
					return
				}
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			chunk := make([]byte, 1<<20)
			for range 100 {
				if _, err := z.Write(chunk); err != nil {
					return
				}
				// Sent as it grows: the reader is to stop early, not to wait for all of it.
				if err := z.Flush(); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
			_ = z.Close()
		case "/headers":
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}
	})
	if resp, err := c.Get(context.Background(), srv.URL+"/full", "*/*", nil); err != nil || len(resp.Body) != DefaultMaxBody {
		t.Errorf("1 MiB: %v", err)
	}
	for path, want := range map[string]error{
		"/over": ErrRefused, "/endless": ErrRefused, "/bomb": ErrRefused, "/headers": ErrTemporary,
	} {
		if _, err := c.Get(context.Background(), srv.URL+path, "*/*", nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := written.Load(); n > 8<<20 {
		t.Errorf("an endless answer was read for %d bytes", n)
	}
}

func TestStatus(t *testing.T) {
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscanf(r.URL.Path, "/%d", &code)
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(code)
	})
	for code, want := range map[int]error{
		400: ErrRefused, 401: ErrRefused, 403: ErrRefused, 404: ErrGone, 410: ErrGone, 406: ErrRefused,
		408: ErrTemporary, 429: ErrTemporary, 500: ErrTemporary, 503: ErrTemporary, 304: ErrRefused,
	} {
		_, err := c.Get(context.Background(), fmt.Sprintf("%s/%d", srv.URL, code), "*/*", nil)
		var e *Error
		if !errors.Is(err, want) || !errors.As(err, &e) || e.Status != code {
			t.Errorf("%d: %v", code, err)
		} else if want == ErrTemporary && code != 408 && e.RetryAfter != 2*time.Minute {
			t.Errorf("%d: retry after %s", code, e.RetryAfter)
		}
	}
	srv.Close()
	if _, err := c.Get(context.Background(), srv.URL+"/200", "*/*", nil); !errors.Is(err, ErrTemporary) {
		t.Errorf("closed server: %v", err)
	}
}

func TestOR14ContentTypes(t *testing.T) {
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{r.URL.Query().Get("type")}
		fmt.Fprintf(w, `{"id":"https://%s%s","type":"Note","attributedTo":"https://%s/ana"}`, r.Host, r.URL.RequestURI(), r.Host)
	})
	for kind, ok := range map[string]bool{
		`application/activity+json`:                                                                               true,
		`Application/Activity+JSON; charset=utf-8`:                                                                true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                                    true,
		`application/ld+json;profile=https://www.w3.org/ns/activitystreams;charset=utf-8`:                         true,
		`application/ld+json; charset="utf-8"; profile="https://x.example https://www.w3.org/ns/activitystreams"`: true,
		`application/ld+json`:                          false, // what others call files of their people
		`application/ld+json; charset=utf-8`:           false,
		`application/ld+json; profile="http://other/"`: false,
		`application/json`:                             false,
		`text/html`:                                    false,
		`text/plain; x=application/activity+json`:      false,
		`application/octet-stream`:                     false,
		`image/png`:                                    false,
		`application/activity+json-no`:                 false,
		``:                                             false,
	} {
		uri := srv.URL + "/n?type=" + strings.NewReplacer(" ", "%20", ";", "%3B", "+", "%2B", `"`, "%22", "/", "%2F", ":", "%3A", "=", "%3D").Replace(kind)
		_, err := c.Document(context.Background(), uri, nil)
		if ok && err != nil || !ok && !errors.Is(err, ErrRefused) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// OR1 and OR2: a document is believed from its own id only.
func TestOR02DocumentOrigin(t *testing.T) {
	var evilURL string
	honest, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/open-redirect":
			http.Redirect(w, r, evilURL+"/in-honest-name", http.StatusFound)
		case "/note":
			activity(w, `{"id":"https://%s/note","type":"Note","attributedTo":"https://%[1]s/ana"}`, r.Host)
		default:
			http.NotFound(w, r)
		}
	})
	var requests atomic.Int32
	evil := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		self := "https://" + r.Host
		switch r.URL.Path {
		case "/own":
			activity(w, `{"id":"%s/own","type":"Note","attributedTo":"%[1]s/eve"}`, self)
		case "/page":
			activity(w, `{"id":"%s/own","type":"Note","attributedTo":"%[1]s/eve"}`, self)
		case "/lure":
			activity(w, `{"id":"%s/secret","type":"Note","content":"forged","attributedTo":"%[1]s/ana"}`, honest.URL)
		case "/true-lure":
			activity(w, `{"id":"%s/note","type":"Note","content":"forged","attributedTo":"%[1]s/ana"}`, honest.URL)
		case "/foreign-author":
			activity(w, `{"id":"%s/foreign-author","type":"Note","attributedTo":"%s/ana"}`, self, honest.URL)
		case "/foreign-actor":
			activity(w, `{"id":"%s/foreign-actor","type":"Announce","actor":"%s/ana","object":"x"}`, self, honest.URL)
		case "/in-honest-name":
			activity(w, `{"id":"%s/open-redirect","type":"Note","content":"forged","attributedTo":"%[1]s/ana"}`, honest.URL)
		case "/chain":
			activity(w, `{"id":"%s/chain2","type":"Note","attributedTo":"%[1]s/eve"}`, self)
		case "/chain2":
			activity(w, `{"id":"%s/chain3","type":"Note","attributedTo":"%[1]s/eve"}`, self)
		case "/away":
			http.Redirect(w, r, honest.URL+"/note", http.StatusFound)
		case "/slash":
			http.Redirect(w, r, "/slash/", http.StatusFound)
		case "/slash/":
			activity(w, `{"id":"%s/slash","type":"Note","attributedTo":"%[1]s/eve"}`, self)
		case "/no-id":
			activity(w, `{"type":"Note"}`)
		case "/eve":
			activity(w, `{"id":"%s/eve","type":"Person","inbox":"%[1]s/in","preferredUsername":"eve"}`, self)
		case "/duplicate":
			activity(w, `{"id":"%s/duplicate","id":"x","type":"Note"}`, self)
		default:
			http.NotFound(w, r)
		}
	}))
	defer evil.Close()
	evilURL = evil.URL
	pool := x509.NewCertPool()
	pool.AddCert(honest.Certificate())
	pool.AddCert(evil.Certificate())
	c := New(Config{UserAgent: "test", Guard: Guard{Local: true}, RootCAs: pool, Timeout: 2 * time.Second})
	defer c.Close()
	for path, want := range map[string]struct {
		id  string
		err error
	}{
		"/own":            {evil.URL + "/own", nil},
		"/page":           {evil.URL + "/own", nil},
		"/slash":          {evil.URL + "/slash", nil},
		"/eve":            {evil.URL + "/eve", nil},
		"/eve#main-key":   {evil.URL + "/eve", nil},
		"/true-lure":      {honest.URL + "/note", nil},
		"/away":           {honest.URL + "/note", nil},
		"/lure":           {"", ErrGone},
		"/foreign-author": {"", ErrRefused},
		"/foreign-actor":  {"", ErrRefused},
		"/chain":          {"", ErrRefused},
		"/no-id":          {"", ErrRefused},
		"/duplicate":      {"", ErrRefused},
		"/missing":        {"", ErrGone},
	} {
		doc, err := c.Document(context.Background(), evil.URL+path, nil)
		switch {
		case want.err != nil:
			if doc != nil || !errors.Is(err, want.err) {
				t.Errorf("%s: %v, want %v", path, err, want.err)
			}
		case err != nil:
			t.Errorf("%s: %v", path, err)
		case doc.ID() != want.id || doc.Content() == "forged":
			t.Errorf("%s: got %s", path, doc.Bytes)
		}
	}
	if doc, err := c.Document(context.Background(), honest.URL+"/open-redirect", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("an id answered by another origin: %v %v", doc, err)
	}
	_, err := c.Document(context.Background(), evil.URL+"/duplicate", nil)
	if as.ReasonOf(err) != as.DuplicateKey {
		t.Errorf("reason lost: %v", err)
	}
}

func TestFE05Budget(t *testing.T) {
	var hits atomic.Int32
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) { hits.Add(1) })
	outer := WithBudget(context.Background(), 5)
	inner := WithBudget(outer, 100)
	var err error
	for range 10 {
		_, err = c.Get(inner, srv.URL, "*/*", nil)
	}
	if !errors.Is(err, ErrBudget) || hits.Load() != 5 {
		t.Errorf("%v after %d requests", err, hits.Load())
	}
	if n, ok := BudgetLeft(inner); n != 0 || !ok {
		t.Errorf("left %d %t", n, ok)
	}
	if _, ok := BudgetLeft(context.Background()); ok {
		t.Error("a budget where none was given")
	}
}

func TestKnocks(t *testing.T) {
	key := testKey(t)
	for name, c := range map[string]struct {
		accept func(r *http.Request) bool
		path   string
		hits   int32
	}{
		"first try": {func(r *http.Request) bool { return true }, "/a?b=1", 1},
		"only without query": {func(r *http.Request) bool {
			stripped := r.Clone(r.Context())
			stripped.URL.RawQuery = ""
			s, err := sig.ParseRequest(stripped, nil, sig.Options{Scheme: "https", Hosts: []string{r.Host}, Now: time.Now()})
			return err == nil && s.Verify(&key.RSA.PublicKey) == nil
		}, "/a?b=1", 2},
		"only RFC 9421": {func(r *http.Request) bool { return r.Header.Get("Signature-Input") != "" }, "/a?b=1", 3},
		"never":         {func(r *http.Request) bool { return false }, "/a", 2},
	} {
		var hits atomic.Int32
		srv, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if hits.Add(1); !c.accept(r) {
				w.WriteHeader(http.StatusUnauthorized)
			}
		})
		_, err := client.Get(context.Background(), srv.URL+c.path, "*/*", key)
		if (err != nil) != (name == "never") || hits.Load() != c.hits {
			t.Errorf("%s: %v after %d requests", name, err, hits.Load())
		}
	}
}

func TestPost(t *testing.T) {
	key := testKey(t)
	body := []byte(`{"type":"Like"}`)
	for _, c := range []struct {
		name   string
		accept string // which scheme the server knows
		prefer sig.Scheme
		used   sig.Scheme
		hits   int32
	}{
		{"older", "cavage", sig.Cavage, sig.Cavage, 1},
		{"second knock", "rfc9421", sig.Cavage, sig.RFC9421, 2},
		{"remembered", "rfc9421", sig.RFC9421, sig.RFC9421, 1},
		{"forgot", "cavage", sig.RFC9421, sig.Cavage, 2},
	} {
		var hits atomic.Int32
		srv, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			hits.Add(1)
			b, _ := io.ReadAll(r.Body)
			s, err := sig.ParseRequest(r, b, sig.Options{Scheme: "https", Hosts: []string{r.Host}, Now: time.Now()})
			if err == nil {
				err = s.Verify(&key.RSA.PublicKey)
			}
			if err != nil || s.Scheme.String() != c.accept {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			if string(b) != string(body) || r.Header.Get("Content-Type") != "application/activity+json" {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			w.WriteHeader(http.StatusAccepted)
		})
		d, err := client.Post(context.Background(), srv.URL+"/inbox", body, key, c.prefer)
		if err != nil || d.Status != http.StatusAccepted || d.Scheme != c.used || hits.Load() != c.hits {
			t.Errorf("%s: %+v %v after %d requests", c.name, d, err, hits.Load())
		}
	}
	srv, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscanf(r.URL.Path, "/%d", &code)
		w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(code)
	})
	for code, want := range map[int]error{403: ErrRefused, 404: ErrGone, 410: ErrGone, 413: ErrRefused, 500: ErrTemporary, 503: ErrTemporary, 302: ErrRefused, 401: ErrRefused} {
		d, err := client.Post(context.Background(), fmt.Sprintf("%s/%d", srv.URL, code), body, key, sig.Cavage)
		if !errors.Is(err, want) || d.Status != code {
			t.Errorf("%d: %+v %v", code, d, err)
		}
		if code == 503 && (d.RetryAfter < 58*time.Minute || d.RetryAfter > time.Hour) {
			t.Errorf("retry after %s", d.RetryAfter)
		}
	}
}

func TestFE05PerHost(t *testing.T) {
	now := time.Now()
	l := hostLimits{hosts: map[string]*hostLimit{}}
	for range perHostMinute {
		release, err := l.acquire(context.Background(), "a", now, true)
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	for _, same := range []string{"A", "a.", "a:443", "A.:80"} {
		if _, err := l.acquire(context.Background(), same, now, true); !errors.Is(err, ErrTemporary) {
			t.Errorf("%s has a bucket of its own: %v", same, err)
		}
	}
	if _, err := l.acquire(context.Background(), "a", now, true); !errors.Is(err, ErrTemporary) {
		t.Errorf("61st request in a minute: %v", err)
	}
	if _, err := l.acquire(context.Background(), "a", now.Add(2*time.Second), true); err != nil {
		t.Errorf("later: %v", err)
	}
	for range perHostAtOnce {
		if _, err := l.acquire(context.Background(), "b", now, true); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.acquire(ctx, "b", now, true); !errors.Is(err, ErrTemporary) {
		t.Errorf("fifth at once: %v", err)
	}
	for i := range 2 * maxHosts {
		if release, err := l.acquire(context.Background(), fmt.Sprint(i), now, false); err == nil {
			release()
		}
	}
	if len(l.hosts) > maxHosts+1 {
		t.Errorf("%d hosts kept", len(l.hosts))
	}
}

// TestFE04SlowAnswers: an answer that trickles, or never comes, ends at the deadline.
//
// Spec: FE4
// TestSilentServers: a server that took the whole request and never answers it
// is told apart from one that is not there.
func TestSilentServers(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv, c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		cancel()
		<-r.Context().Done()
	})
	if d, err := c.Post(ctx, srv.URL+"/inbox", []byte(`{}`), testKey(t), sig.Cavage); err == nil || !d.Silent {
		t.Errorf("%+v %v", d, err)
	}
	there := srv.URL
	srv.Close()
	if d, err := c.Post(context.Background(), there+"/inbox", []byte(`{}`), testKey(t), sig.Cavage); err == nil || d.Silent {
		t.Errorf("%+v %v", d, err)
	}
}

func TestFE04SlowAnswers(t *testing.T) {
	srv, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.URL.Path == "/slow" {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
		<-r.Context().Done()
	})
	quick := New(Config{UserAgent: "test", Guard: Guard{Local: true}, RootCAs: c.config.RootCAs, Timeout: 300 * time.Millisecond})
	defer quick.Close()
	for _, path := range []string{"/slow", "/hang"} {
		start := time.Now()
		if _, err := quick.Get(context.Background(), srv.URL+path, "*/*", nil); !errors.Is(err, ErrTemporary) || time.Since(start) > 3*time.Second {
			t.Errorf("%s: %v after %s", path, err, time.Since(start))
		}
	}
}
