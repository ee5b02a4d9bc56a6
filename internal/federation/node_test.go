package federation_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/federation"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/keep"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/memo"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/relation"
	"github.com/maillage/maillage/internal/tag"
	"github.com/maillage/maillage/internal/timeline"
)

// node is an instance of the services that federate, without pages or API.
type node struct {
	t         testing.TB
	db        *db.DB
	base      string
	host      string
	accounts  *account.Service
	relations *relation.Service
	follows   *follow.Service
	posts     *post.Service
	notify    *notify.Service
	timeline  *timeline.Service
	engine    *federation.Engine
	jobs      *jobs.Runner
	outbox    *outbox.Queue
	now       *clock
	handler   http.Handler
	hits      *counter
	ended     *counter // activities by kind and outcome
}

// clock is the wall clock, moved by hand.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// counter counts by name.
type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counter) add(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	for _, k := range keys {
		c.n[k]++
	}
}

func (c *counter) get(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[key]
}

// keys are made once: it takes a while.
var keys = sync.OnceValue(func() (out [3]*rsa.PrivateKey) {
	for i := range out {
		k, err := sig.GenerateRSA()
		if err != nil {
			panic(err)
		}
		out[i] = k
	}
	return out
})

func testLog() *slog.Logger {
	if os.Getenv("MAILLAGE_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

func schema() []fs.FS {
	return []fs.FS{jobs.Migrations, outbox.Migrations, auth.Migrations(), federation.Migrations(), account.Migrations(), relation.Migrations(), notify.Migrations(), follow.Migrations(),
		post.Migrations(), keep.Migrations(), list.Migrations(), tag.Migrations(), timeline.Migrations()}
}

func newNode(t testing.TB) *node { return newNodeOn(t, dbtest.SQLite(t, schema()...)) }

func newNodeOn(t testing.TB, d *db.DB) *node {
	t.Helper()
	n := &node{t: t, db: d, now: &clock{}, hits: &counter{}, ended: &counter{}}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.hits.add(r.Method)
		n.handler.ServeHTTP(w, r)
	}))
	n.host = srv.Listener.Addr().String()
	n.base = "http://" + n.host
	maker, log := &ids.Maker{}, testLog().With("node", n.host)
	n.accounts = account.New(d, maker, n.base, n.host)
	n.notify = &notify.Service{DB: d, IDs: maker}
	n.relations = &relation.Service{DB: d, IDs: maker, Accounts: n.accounts}
	n.follows = &follow.Service{DB: d, IDs: maker, Accounts: n.accounts, Notify: n.notify, Ties: n.relations}
	n.relations.Blocked = append(n.relations.Blocked, n.follows.Part, n.notify.Part)
	n.posts = &post.Service{DB: d, IDs: maker, Accounts: n.accounts, Notify: n.notify}
	n.timeline = &timeline.Service{DB: d, Posts: n.posts}
	n.follows.Began = append(n.follows.Began, n.timeline.Followed)
	n.follows.Ended = append(n.follows.Ended, n.timeline.Unfollowed)
	n.posts.Stored = append(n.posts.Stored, n.timeline.Fan)
	n.accounts.Changed = append(n.accounts.Changed, n.follows.SendActorUpdate)
	n.accounts.Rotated = append(n.accounts.Rotated, n.posts.Reprove)
	n.accounts.Waiting = n.follows.Waiting
	n.accounts.Removed = append(n.accounts.Removed, func(ctx context.Context, tx *db.Tx, a *account.Account) error {
		return errors.Join(n.posts.EraseAll(ctx, tx, a.ID), n.follows.Erase(ctx, tx, a.ID))
	})
	var activities []route.Activity
	activities = append(activities, n.accounts.Activities()...)
	activities = append(activities, n.relations.Activities()...)
	activities = append(activities, n.follows.Activities()...)
	activities = append(activities, n.posts.Activities()...)
	var objects []route.Object
	objects = append(objects, n.accounts.Objects()...)
	objects = append(objects, n.follows.Objects()...)
	objects = append(objects, n.posts.Objects()...)
	var err error
	burst := 0
	if _, ok := t.(unlimited); ok {
		burst = -1
	}
	n.engine, err = federation.New(federation.Options{
		Burst: burst, Memo: memo.New(1<<20).Of(d, nil, "host_policy"),
		DB: d, Directory: n.accounts, Base: n.base, Host: n.host, Scheme: "http", LocalTest: true, Version: "test", Log: log,
		Client:     fetch.New(fetch.Config{UserAgent: "Test", Guard: fetch.Guard{Local: true}, Scheme: "http"}),
		Activities: activities, Objects: objects, Clock: n.now.now, Current: n.posts.Current, Known: n.posts.Known, Followers: n.follows,
		Observe: func(kind, outcome string) { n.ended.add(kind + " " + outcome) },
		Blocked: func(host string) bool { return strings.HasPrefix(host, "blocked.") },
	})
	if err != nil {
		t.Fatal(err)
	}
	n.posts.Resolve, n.posts.Fetch = n.engine, n.engine
	n.jobs = jobs.New(d, log, n.now.now)
	n.jobs.Register(n.engine.Jobs()...)
	n.jobs.Register(n.posts.Jobs()...)
	n.jobs.Register(n.follows.Jobs()...)
	n.outbox = outbox.New(d, n.engine.Deliver, outbox.Options{Log: log})
	r := httpx.NewRouter()
	n.engine.Routes(r)
	words := i18n.New(nil)
	if err := words.AddFS(httpx.Strings()); err != nil {
		t.Fatal(err)
	}
	n.handler, err = httpx.NewServer(httpx.Options{BaseURL: n.base, Router: r, Strings: words, Unlimited: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	n.make(account.NewLocal{Username: n.host, Kind: account.Application, Public: true})
	ctx := context.Background()
	if err := n.jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := n.outbox.Start(ctx); err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := n.outbox.Stop(stop); err != nil {
			t.Error(err)
		}
		if err := n.jobs.Stop(stop); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	return n
}

func (n *node) make(a account.NewLocal) *account.Account {
	n.t.Helper()
	var out *account.Account
	err := n.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = n.accounts.Create(ctx, tx, a, keys()[0])
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// person makes somebody with a public profile.
func (n *node) person(name string) *auth.Viewer {
	n.t.Helper()
	a := n.make(account.NewLocal{Username: name, Name: name, Public: true, Words: "yes"})
	return &auth.Viewer{AccountID: a.ID, Role: auth.RoleUser, Member: true, Lang: "fr"}
}

func (n *node) account(id int64) *account.Account {
	n.t.Helper()
	a, err := account.ByID(context.Background(), n.db.Read(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

func (n *node) byURI(uri string) *account.Account {
	n.t.Helper()
	a, err := account.ByURI(context.Background(), n.db.Read(), uri)
	if err != nil {
		n.t.Fatalf("%s does not know %s: %v", n.host, uri, err)
	}
	return a
}

func (n *node) post(uri string) *post.Post {
	n.t.Helper()
	p, err := post.RawByURI(context.Background(), n.db.Read(), uri)
	if err != nil {
		n.t.Fatalf("%s does not have %s: %v", n.host, uri, err)
	}
	return p
}

func (n *node) count(sql string, args ...any) int {
	n.t.Helper()
	c, err := db.Get[int](context.Background(), n.db.Read(), sql, args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// tables are those that what is refused must leave as they were.
var tables = []string{"account", "follow", "post", "post_like", "post_copy", "tombstone", "notification", "home_entry", "inbox_item", "inbox_unverified", "delivery"}

func (n *node) rows() map[string]int {
	n.t.Helper()
	out := map[string]int{}
	for _, t := range tables {
		out[t] = n.count(`select count(*) from ` + t)
	}
	return out
}

func (n *node) home(v *auth.Viewer) []*post.View {
	n.t.Helper()
	list, err := n.timeline.Home(context.Background(), v, page.Range{Limit: 20})
	if err != nil {
		n.t.Fatal(err)
	}
	return list
}

func (n *node) notices(v *auth.Viewer) string {
	n.t.Helper()
	rows, err := n.notify.List(context.Background(), v.AccountID, page.Range{Limit: 80}, notify.Filter{})
	if err != nil {
		n.t.Fatal(err)
	}
	var kinds []string
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	return strings.Join(kinds, " ")
}

// settle waits until none of the nodes has anything to do.
func settle(nodes ...*node) {
	nodes[0].t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range 3 {
		for _, n := range nodes {
			if err := n.jobs.Idle(ctx); err != nil {
				n.t.Fatalf("jobs: %v", err)
			}
			if err := n.outbox.Idle(ctx); err != nil {
				n.t.Fatalf("deliveries: %v", err)
			}
		}
	}
}

// follow makes v on n follow other on m, by its address.
func (n *node) follow(v *auth.Viewer, m *node, other *auth.Viewer) int64 {
	n.t.Helper()
	ctx := context.Background()
	id, err := n.engine.Account(ctx, m.account(other.AccountID).Username, m.host)
	if err != nil {
		n.t.Fatalf("not found by address: %v", err)
	}
	if err := n.follows.Follow(ctx, v.AccountID, id, nil); err != nil {
		n.t.Fatal(err)
	}
	settle(n, m)
	return id
}

func (n *node) must(p *post.Post, err error) *post.Post {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}
