package testkit

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/app"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/testkit/pg"
)

// Password is that of every account that testkit makes.
const Password = "un mot de passe de test"

// Node is one running instance.
type Node struct {
	*app.App
	T    testing.TB
	URL  string // "http://127.0.0.1:PORT"
	Host string

	front atomic.Pointer[Storm]

	mu     sync.Mutex
	people map[string]*account.Account
	stop   func()
}

// Engine chooses the database of a node.
type Engine int

// The engines.
const (
	SQLite Engine = iota
	Postgres
)

// Logs is where the instances of tests write: nowhere, unless MAILLAGE_TEST_LOG is set.
func Logs() *slog.Logger {
	return slog.New(slog.NewTextHandler(&written, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// written is where all logs of a test process go.
var written sink

type sink struct {
	mu   sync.Mutex
	kept *bytes.Buffer // nil: thrown away
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept != nil {
		s.kept.Write(b)
	}
	if os.Getenv("MAILLAGE_TEST_LOG") != "" {
		return os.Stderr.Write(b)
	}
	return len(b), nil
}

// KeepLogs keeps what the instances write to their logs until the end of a test;
// what it gives back reads that.
func KeepLogs(t testing.TB) func() string {
	written.mu.Lock()
	defer written.mu.Unlock()
	kept := &bytes.Buffer{}
	written.kept = kept
	t.Cleanup(func() {
		written.mu.Lock()
		defer written.mu.Unlock()
		written.kept = nil
	})
	return func() string {
		written.mu.Lock()
		defer written.mu.Unlock()
		return kept.String()
	}
}

var shared = sync.OnceValues(func() (*app.Shared, error) { return app.NewShared(Logs()) })

// New runs an instance on an empty SQLite database until the end of the test.
func New(t testing.TB) *Node { return NewOn(t, SQLite) }

// NewOn is New on a chosen engine.
func NewOn(t testing.TB, e Engine) *Node {
	t.Helper()
	l, cfg := prepare(t, e)
	return run(t, cfg, l)
}

// everywhere has nodes for which SQLite is asked run on PostgreSQL too, as make
// test-postgres does: what one engine takes, the other may refuse.
var everywhere = os.Getenv("MAILLAGE_ENGINE") == "postgres"

// prepare finds a port and writes a configuration.
func prepare(t testing.TB, e Engine) (net.Listener, *config.Config) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{Dir: t.TempDir(), Host: l.Addr().String(), Listen: l.Addr().String(), Scheme: "http",
		Name: "Section de test", Level: "section", LocalTest: true}
	if e == Postgres || everywhere {
		cfg.Database = pg.New(t)
	}
	return l, cfg
}

// NewWith is NewOn with a change to the configuration.
func NewWith(t testing.TB, e Engine, change func(*config.Config)) *Node {
	t.Helper()
	l, cfg := prepare(t, e)
	change(cfg)
	return run(t, cfg, l)
}

func run(t testing.TB, cfg *config.Config, l net.Listener) *Node {
	t.Helper()
	sh, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := os.Stat(filepath.Join(cfg.Dir, "config.yaml")); err != nil {
		if err := app.Init(ctx, cfg, nil, sh); err != nil {
			t.Fatal(err)
		}
	}
	a, err := app.Open(ctx, cfg, sh)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	n := &Node{App: a, T: t, URL: cfg.BaseURL(), Host: cfg.Host, people: map[string]*account.Account{}}
	srv := &http.Server{Handler: n.weathered(a.Handler()), ErrorLog: slog.NewLogLogger(Logs().Handler(), slog.LevelDebug)}
	go srv.Serve(l)
	n.stop = sync.OnceFunc(func() {
		srv.Close()
		stop, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := a.Close(stop); err != nil {
			t.Errorf("instance %s does not stop well: %v", cfg.Host, err)
		}
	})
	t.Cleanup(n.stop)
	return n
}

// Stop ends the instance before the end of the test.
func (n *Node) Stop() { n.stop() }

// Person makes an account, or gives the one made before under that name.
// Public people have a public profile and have consented to public posts.
func (n *Node) Person(name string, public bool) *account.Account {
	n.T.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if a := n.people[name]; a != nil {
		return a
	}
	a, err := n.CreatePerson(context.Background(), app.Person{Name: name, Display: name, Email: name + "@section.example", Password: Password, Public: public, Lang: "fr"})
	if err != nil {
		n.T.Fatal(err)
	}
	n.people[name] = a
	return a
}

// Viewer is the person of that name as a service sees them.
func (n *Node) Viewer(name string) *auth.Viewer {
	n.T.Helper()
	return &auth.Viewer{AccountID: n.Person(name, false).ID, Role: auth.RoleUser, Member: true, Lang: "fr"}
}

// Handle is somebody's full address, "@name@host".
func (n *Node) Handle(name string) string { return "@" + name + "@" + n.Host }

// Token gives a bearer token of somebody, for the client API.
func (n *Node) Token(name string) string {
	n.T.Helper()
	tok, err := n.Auth.NewToken(context.Background(), n.Person(name, false).ID, auth.Scopes{"read", "write", "follow", "push"})
	if err != nil {
		n.T.Fatal(err)
	}
	return tok
}
