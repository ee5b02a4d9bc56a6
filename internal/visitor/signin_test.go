package visitor_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/testkit"
	"github.com/maillage/maillage/internal/visitor"
)

// elsewhere answers as Mastodon does to an app that people sign in with; it knows
// one person, who always agrees.
type elsewhere struct {
	t        *testing.T
	srv      *httptest.Server
	username string
	old      bool // does not know the right "profile"
	down     bool

	mu                    sync.Mutex
	apps, revoked, asked  int
	challenge, scope, key string
}

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{t: t, username: "Bob"}
	e.srv = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.srv.Close)
	return e
}

func (e *elsewhere) host() string { return strings.TrimPrefix(e.srv.URL, "http://") }

func (e *elsewhere) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r.ParseForm()
	say := func(v any) { w.Header().Set("Content-Type", "application/json"); json.NewEncoder(w).Encode(v) }
	actor := e.srv.URL + "/users/Bob"
	switch {
	case e.down:
		w.WriteHeader(503)
	case r.URL.Path == "/api/v1/apps":
		if e.scope = r.Form.Get("scopes"); e.old && e.scope == "profile" {
			w.WriteHeader(422)
			return
		}
		e.apps++
		say(map[string]string{"client_id": "ours", "client_secret": "s3cret"})
	case r.URL.Path == "/oauth/token":
		sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
		if r.Form.Get("code") != "agreed" || r.Form.Get("client_secret") != "s3cret" || base64.RawURLEncoding.EncodeToString(sum[:]) != e.challenge {
			w.WriteHeader(400)
			return
		}
		e.key = "k3y"
		say(map[string]string{"access_token": e.key, "scope": e.scope})
	case r.URL.Path == "/api/v1/accounts/verify_credentials":
		if e.key == "" || r.Header.Get("Authorization") != "Bearer "+e.key {
			w.WriteHeader(401)
			return
		}
		e.asked++
		say(map[string]string{"username": e.username, "acct": e.username, "display_name": "Bob d’ailleurs"})
	case r.URL.Path == "/oauth/revoke":
		if r.Form.Get("token") == e.key {
			e.revoked++
			e.key = ""
		}
		say(struct{}{})
	case r.URL.Path == "/.well-known/webfinger":
		w.Header().Set("Content-Type", "application/jrd+json")
		json.NewEncoder(w).Encode(map[string]any{"subject": "acct:Bob@" + e.host(), "links": []any{map[string]string{"rel": "self", "type": "application/activity+json", "href": actor}}})
	case r.URL.Path == "/users/Bob":
		w.Header().Set("Content-Type", "application/activity+json")
		json.NewEncoder(w).Encode(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": actor, "type": "Person", "preferredUsername": "Bob", "name": "Bob",
			"inbox": actor + "/inbox", "outbox": actor + "/outbox", "publicKey": map[string]string{"id": actor + "#main-key", "owner": actor, "publicKeyPem": testPEM}})
	default:
		w.WriteHeader(404)
	}
}

const testPEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0/IzW7yWR7QkrmBL7jTKEn5u\n+qKhbwKfBstIs+bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyeh\nkd3qqGElvW/VDL5AaWTg0nLVkjRo9z+40RQzuVaE8AkAFmxZzow3x+VJYKdjykkJ\n0iT9wCS0DRTXu269V264Vf/3jvredZiKRkgwlL9xNAwxXFg0x/XFw005UWVRIKdg\ncKWTjpBP2dPwVZ4WWC+9aGVd+Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbc\nmwIDAQAB\n-----END PUBLIC KEY-----\n"

// begin starts a sign-in and gives what the other server is told.
func (e *elsewhere) begin(t *testing.T, n *testkit.Node, handle string) (state string) {
	t.Helper()
	_, address, state, err := n.Visitors.Begin(ctx, "192.0.2.1", handle, visitor.Wish{Lang: "fr", Act: "test", Payload: "7", Back: "/agenda"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host != e.host() || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("state") != state || len(state) != 43 ||
		u.Query().Get("redirect_uri") != n.URL+"/visite/compte/retour" {
		t.Fatalf("%s %v", address, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.challenge = u.Query().Get("code_challenge"); u.Query().Get("scope") != e.scope {
		t.Errorf("asked for %s, known for %s", u.Query().Get("scope"), e.scope)
	}
	return state
}

// TestSignInElsewhere: somebody comes with their Mastodon account; only who they
// are is read, once, and the key is given back.
func TestSignInElsewhere(t *testing.T) {
	n := testkit.New(t)
	e := newElsewhere(t)
	var did []*visitor.Visitor
	n.Visitors.Acts["test"] = func(_ context.Context, _ *db.Tx, v *visitor.Visitor, payload string) error {
		did = append(did, v)
		if payload != "7" {
			t.Errorf("payload %q", payload)
		}
		return nil
	}
	for _, handle := range []string{"@Bob@" + e.host(), e.host(), e.srv.URL + "/@Bob"} {
		entry, err := n.Visitors.Finish(ctx, e.begin(t, n, handle), "agreed")
		if err != nil || entry.Refused != nil || entry.Back != "/agenda" || len(entry.Session) != 43 {
			t.Fatal(entry, err)
		}
	}
	if len(did) != 3 || did[0].ID != did[2].ID || did[0].AccountID == 0 || did[0].Handle != "bob@"+e.host() || did[0].Name != "Bob d’ailleurs" || e.scope != "profile" {
		t.Errorf("%+v, scope %s", did, e.scope)
	}
	if e.apps != 1 || e.asked != 3 || e.revoked != 3 || e.key != "" {
		t.Errorf("%d apps, asked %d times, %d keys given back", e.apps, e.asked, e.revoked)
	}
	if rows := count(t, n, "visitor"); rows != 1 || count(t, n, "visitor_signin") != 0 {
		t.Errorf("%d visitors", rows)
	}
	// A state works once, and the key is nowhere.
	state := e.begin(t, n, e.host())
	if _, err := n.Visitors.Finish(ctx, state, "wrong"); !apperr.Is(err, apperr.KindUnavailable) {
		t.Error(err)
	}
	if _, err := n.Visitors.Finish(ctx, state, "agreed"); !apperr.Is(err, apperr.KindGone) {
		t.Error(err)
	}
	if _, err := n.Visitors.Finish(ctx, "x", "agreed"); !apperr.Is(err, apperr.KindGone) {
		t.Error(err)
	}
}

// TestSignInAtOldServer: one that does not know the right « profile » is asked for the next narrowest.
func TestSignInAtOldServer(t *testing.T) {
	n := testkit.New(t)
	e := newElsewhere(t)
	e.old = true
	if _, err := n.Visitors.Finish(ctx, e.begin(t, n, e.host()), "agreed"); err != nil || e.scope != "read:accounts" {
		t.Error(err, e.scope)
	}
}

// TestSignInSaysWhatIsWrong: faults are words at the field, and nobody becomes who they are not.
func TestSignInSaysWhatIsWrong(t *testing.T) {
	n := testkit.New(t)
	e := newElsewhere(t)
	none := httptest.NewServer(http.NotFoundHandler())
	defer none.Close()
	for handle, key := range map[string]string{"": "visitor.bad_handle", "pas un serveur !": "visitor.bad_handle", "@ana@" + n.Host: "visitor.is_here",
		strings.TrimPrefix(none.URL, "http://"): "visitor.server_foreign", "127.0.0.1:1": "visitor.server_away"} {
		_, _, _, err := n.Visitors.Begin(ctx, "192.0.2.1", handle, visitor.Wish{})
		x, _ := apperr.As(err)
		if x == nil || len(x.Fields) != 1 || x.Fields[0].Name != "handle" || x.Key != key {
			t.Errorf("%q: %v", handle, err)
		}
	}
	e.username = "<b>bob"
	if _, err := n.Visitors.Finish(ctx, e.begin(t, n, e.host()), "agreed"); err == nil || count(t, n, "visitor") != 0 {
		t.Error("a name that is none")
	}
	if e.revoked != 1 {
		t.Error("the key was not given back")
	}
}

// TestSignInFromOurOwn goes through the pages of two of our instances: a member of
// one becomes a visitor of the other, public or not.
func TestSignInFromOurOwn(t *testing.T) {
	for _, public := range []bool{true, false} {
		n, home := testkit.New(t), testkit.New(t)
		home.Person("bob", public)
		var did *visitor.Visitor
		n.Visitors.Acts["test"] = func(_ context.Context, _ *db.Tx, v *visitor.Visitor, _ string) error { did = v; return nil }
		_, address, _, err := n.Visitors.Begin(ctx, "192.0.2.1", "bob@"+home.Host, visitor.Wish{Lang: "fr", Act: "test", Back: "/agenda"})
		if err != nil {
			t.Fatal(err)
		}
		b := home.SignIn("bob").Open(address)
		if !b.Has("Section de test") {
			t.Fatal(b.Text())
		}
		// The agreement leads back; the browser that comes is not the one that began, and is turned away.
		b.Submit("/oauth/authorize", map[string]string{"answer": "allow"})
		if b.URL.Host != n.Host || b.Status != http.StatusGone {
			t.Fatalf("%s %d %s", b.URL, b.Status, b.Text())
		}
		if did != nil {
			t.Fatal("done in another browser")
		}
		entry, err := n.Visitors.Finish(ctx, b.URL.Query().Get("state"), b.URL.Query().Get("code"))
		if err != nil || did == nil {
			t.Fatal(entry, err)
		}
		if did.Handle != "bob@"+home.Host || (did.AccountID != 0) != public {
			t.Errorf("%+v", did)
		}
		tokens, err := db.Get[int](ctx, home.DB.Read(), `select count(*) from token where account_id = $1 and kind = 'app'`, home.Person("bob", public).ID)
		if err != nil || tokens != 0 {
			t.Errorf("%d keys live on, %v", tokens, err)
		}
	}
}

// TestHangingServerCostsItself: while a server takes requests and answers none, a
// few wait for it and further ones are told at once; other servers are reached.
func TestHangingServerCostsItself(t *testing.T) {
	n := testkit.New(t)
	stuck := make(chan struct{})
	reached := make(chan struct{}, 100)
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		reached <- struct{}{}
		<-stuck
	}))
	defer hangs.Close()
	host := strings.TrimPrefix(hangs.URL, "http://")
	ask := func() error {
		_, _, _, err := n.Visitors.Begin(ctx, "192.0.2.1", host, visitor.Wish{Lang: "fr"})
		return err
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _ = ask() })
	}
	for range 4 {
		<-reached
	}
	if x, ok := apperr.As(ask()); !ok || x.Key != "visitor.crowded" || len(x.Fields) == 0 {
		t.Errorf("the fifth waits too: %v", x)
	}
	e := newElsewhere(t)
	if _, _, _, err := n.Visitors.Begin(ctx, "192.0.2.1", e.host(), visitor.Wish{Lang: "fr"}); err != nil {
		t.Errorf("another server is not reached: %v", err)
	}
	close(stuck)
	wg.Wait()
	for range 25 { // as many as may wait at all
		_, _, _, err := n.Visitors.Begin(ctx, "192.0.2.2", host, visitor.Wish{Lang: "fr"})
		if x, ok := apperr.As(err); ok && x.Key == "visitor.crowded" {
			t.Fatal("the places are not given back")
		}
	}
}
