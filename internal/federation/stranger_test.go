package federation_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
)

// stranger is another server, of which the test writes every byte.
type stranger struct {
	t    testing.TB
	base string
	hits counter
	key  *sig.Key
	ed   *sig.Key // Ed25519, for proofs

	mu    sync.Mutex
	files map[string][]byte // documents by path
	gone  map[string]int    // status by path
	inbox [][]byte          // bodies of what arrived
	heads []http.Header     // and its headers
}

func newStranger(t testing.TB) *stranger {
	s := &stranger{t: t, files: map[string][]byte{}, gone: map[string]int{}}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(srv.Close)
	s.base = srv.URL
	s.key = &sig.Key{ID: s.actor("hana") + "#main-key", RSA: keys()[1]}
	ed, err := sig.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	s.ed = &sig.Key{ID: s.actor("hana") + "#ed25519-key", Ed25519: ed}
	s.put("/users/hana", s.actorDoc("hana"))
	return s
}

func (s *stranger) serve(w http.ResponseWriter, r *http.Request) {
	s.hits.add(r.Method)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost {
		var b bytes.Buffer
		b.ReadFrom(r.Body)
		s.inbox, s.heads = append(s.inbox, b.Bytes()), append(s.heads, r.Header.Clone())
		status := s.gone[r.URL.Path]
		if status == 0 {
			status = http.StatusAccepted
		}
		w.WriteHeader(status)
		return
	}
	if status := s.gone[r.URL.Path]; status != 0 {
		w.WriteHeader(status)
		return
	}
	body, ok := s.files[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/activity+json")
	w.Write(body)
}

func (s *stranger) put(path string, doc any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	s.files[path] = b
}

func (s *stranger) answer(path string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[path] = status
}

func (s *stranger) actor(name string) string { return s.base + "/users/" + name }

type doc map[string]any

func (s *stranger) actorDoc(name string) doc {
	pem, err := sig.EncodePublicPEM(&keys()[1].PublicKey)
	if err != nil {
		s.t.Fatal(err)
	}
	id := s.actor(name)
	small, ok := s.ed.Ed25519.Public().(ed25519.PublicKey)
	if !ok {
		s.t.Fatal("not an Ed25519 key")
	}
	return doc{
		"assertionMethod": []doc{{"id": id + "#ed25519-key", "type": "Multikey", "controller": id, "publicKeyMultibase": sig.EncodeMultikey(small)}},
		"@context":        []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":              id, "type": "Person", "preferredUsername": name, "inbox": id + "/inbox", "outbox": id + "/outbox",
		"followers": id + "/followers",
		"publicKey": doc{"id": id + "#main-key", "owner": id, "publicKeyPem": pem},
	}
}

// prove gives a document with hana's proof, made at a moment.
func (s *stranger) prove(d any, at time.Time) []byte {
	s.t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		s.t.Fatal(err)
	}
	if b, err = sig.Prove(b, s.ed, at); err != nil {
		s.t.Fatal(err)
	}
	return b
}

// note is a public note of hana's.
func (s *stranger) note(text string, cc ...string) doc {
	return doc{
		"id": s.base + "/notes/" + ids.Key(), "type": "Note", "attributedTo": s.actor("hana"), "content": "<p>" + text + "</p>",
		"published": time.Now().UTC().Format(time.RFC3339), "to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": cc,
		"tag": mentions(cc),
	}
}

func mentions(uris []string) []doc {
	out := []doc{}
	for _, u := range uris {
		out = append(out, doc{"type": "Mention", "href": u, "name": "@x"})
	}
	return out
}

// activity wraps an object; id is derived from a fresh key.
func (s *stranger) activity(kind string, object any) doc {
	a := doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": s.base + "/activities/" + ids.Key(), "type": kind,
		"actor": s.actor("hana"), "object": object, "to": []string{"https://www.w3.org/ns/activitystreams#Public"},
	}
	if o, ok := object.(doc); ok {
		a["cc"] = o["cc"]
	}
	return a
}

// request is a signed POST of a document to an inbox of n.
func (s *stranger) request(n *node, d any) *http.Request {
	s.t.Helper()
	body, ok := d.([]byte)
	if !ok {
		var err error
		if body, err = json.Marshal(d); err != nil {
			s.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(http.MethodPost, n.base+"/inbox", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/activity+json")
	if err := sig.SignPost(req, body, s.key, time.Now()); err != nil {
		s.t.Fatal(err)
	}
	return req
}

// send posts a document, signed, and gives the status.
func (s *stranger) send(n *node, d any) int {
	s.t.Helper()
	status, _ := do(s.t, s.request(n, d))
	return status
}

// meet makes hana known to n, with her key, and followed by v.
func (s *stranger) meet(n *node) {
	s.t.Helper()
	if _, err := n.engine.Resolve(s.t.Context(), s.actor("hana")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stranger) received() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inbox)
}

func (d doc) id() string { return fmt.Sprint(d["id"]) }

// last reads the body that arrived last.
func (s *stranger) last(v any) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := json.Unmarshal(s.inbox[len(s.inbox)-1], v); err != nil {
		s.t.Fatal(err)
	}
}

// received is a request made ready to be answered many times over.
type received struct {
	t    testing.TB
	n    *node
	body []byte
	req  *http.Request
}

func newReceived(t testing.TB, n *node, s *stranger, body []byte) *received {
	t.Helper()
	out := s.request(n, body)
	req := httptest.NewRequest(http.MethodPost, n.base+"/inbox", bytes.NewReader(body))
	req.Header, req.RequestURI = out.Header, "/inbox"
	return &received{t, n, body, req}
}

// send hands the request to the instance, without a network between.
func (r *received) send() {
	w := httptest.NewRecorder()
	r.n.handler.ServeHTTP(w, r.req)
	if w.Code != http.StatusAccepted {
		r.t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newNodeForBench is a node that knows hana and has no bound on what she sends.
func newNodeForBench(b *testing.B) (*node, *stranger) {
	n, s := newNode(unlimited{b}), newStranger(b)
	if _, err := n.engine.Resolve(context.Background(), s.actor("hana")); err != nil {
		b.Fatal(err)
	}
	return n, s
}

// unlimited marks a test whose instance takes any number of activities.
type unlimited struct{ testing.TB }

// lastHeader gives the headers of what arrived last.
func (s *stranger) lastHeader() http.Header {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heads) == 0 {
		s.t.Fatal("nothing arrived")
	}
	return s.heads[len(s.heads)-1]
}

// scheme is what n remembers of how to sign for s.
func (n *node) scheme(s *stranger) string {
	n.t.Helper()
	out, err := db.Get[string](s.t.Context(), n.db.Read(), `select scheme from peer where host = $1`, strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}
