package apitest

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/announcement"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/db/dbtest"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/keep"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/memo"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/relation"
	"github.com/maillage/maillage/internal/report"
	"github.com/maillage/maillage/internal/search"
	"github.com/maillage/maillage/internal/tag"
	"github.com/maillage/maillage/internal/timeline"
)

// House is the trunk of one instance with its client API.
type House struct {
	T         testing.TB
	URL       string
	Host      string
	DB        *db.DB
	Auth      *auth.Service
	Accounts  *account.Service
	Notify    *notify.Service
	Relations *relation.Service
	Reports   *report.Service
	Follows   *follow.Service
	Posts     *post.Service
	Keep      *keep.Service
	Lists     *list.Service
	Filters   *filter.Service
	Tags      *tag.Service
	Announce  *announcement.Service
	Timeline  *timeline.Service
	Search    *search.Service
	Instance  *instance.Service

	people map[string]*account.Account
}

var oneKey = sync.OnceValues(account.MakeKey) // what is tested does not depend on keys

// New serves an empty house on SQLite until the end of the test.
func New(t testing.TB) *House {
	t.Helper()
	return On(t, dbtest.SQLite(t, Migrations()...))
}

// Migrations are those of the trunk and of what it stands on.
func Migrations() []fs.FS {
	return []fs.FS{jobs.Migrations, auth.Migrations(), outbox.Migrations, account.Migrations(), relation.Migrations(), notify.Migrations(), follow.Migrations(),
		post.Migrations(), keep.Migrations(), list.Migrations(), filter.Migrations(), tag.Migrations(), announcement.Migrations(), timeline.Migrations(), search.Migrations(), report.Migrations(), os.DirFS("../instance/migrations")}
}

// On is New on a given migrated database.
func On(t testing.TB, d *db.DB) *House {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, base := l.Addr().String(), "http://"+l.Addr().String()
	m := &ids.Maker{}
	h := &House{T: t, URL: base, Host: host, DB: d, Auth: auth.New(d, auth.Options{Unlimited: true}), people: map[string]*account.Account{}}
	h.Accounts = account.New(d, m, base, host)
	h.Accounts.Auth = h.Auth
	h.Notify = &notify.Service{DB: d, IDs: m}
	h.Relations = &relation.Service{DB: d, IDs: m, Accounts: h.Accounts}
	h.Follows = &follow.Service{DB: d, IDs: m, Accounts: h.Accounts, Notify: h.Notify, Ties: h.Relations}
	h.Relations.Blocked = append(h.Relations.Blocked, h.Follows.Part, h.Notify.Part)
	h.Relations.Barred = append(h.Relations.Barred, h.Follows.PartFrom)
	h.Notify.Gates = append(h.Notify.Gates, h.Relations.Welcome)
	h.Accounts.Waiting = h.Follows.Waiting
	h.Posts = &post.Service{DB: d, IDs: m, Accounts: h.Accounts, Notify: h.Notify}
	h.Keep = &keep.Service{DB: d, IDs: m, Posts: h.Posts}
	h.Lists = &list.Service{DB: d, IDs: m, Accounts: h.Accounts}
	h.Filters = &filter.Service{DB: d, IDs: m, Posts: h.Posts}
	h.Tags = &tag.Service{DB: d, IDs: m, Posts: h.Posts}
	h.Accounts.Featured = h.Tags.Featured
	h.Announce = &announcement.Service{DB: d, IDs: m, Base: base}
	h.Timeline = &timeline.Service{DB: d, Posts: h.Posts, Keep: h.Keep, Lists: h.Lists, Topics: h.Tags}
	h.Accounts.Written = h.Posts.Written
	h.Notify.Gates = append(h.Notify.Gates, h.Posts.Wanted)
	h.Notify.Weigh = h.Posts.Weigh
	h.Posts.Parts = append(h.Posts.Parts, h.Posts.MutePart(), h.Keep.Part(), h.Filters.Part())
	h.Reports = &report.Service{DB: d, IDs: m, Auth: h.Auth, Accounts: h.Accounts, Notify: h.Notify, Posts: h.Posts, App: h.application}
	h.Timeline.Reports, h.Timeline.Warnings = h.Reports.Entities, h.Reports.WarningEntities
	h.Posts.Stored = append(h.Posts.Stored, h.Timeline.Fan, h.Tags.Fan)
	h.Follows.Ended = append(h.Follows.Ended, h.Lists.Left)
	h.Follows.Began = append(h.Follows.Began, h.Timeline.Followed)
	h.Follows.Ended = append(h.Follows.Ended, h.Timeline.Unfollowed)
	h.Search = &search.Service{DB: d, Accounts: h.Accounts, Posts: h.Posts, Topics: h.Tags}
	if err := h.Search.Open(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Posts.Parts = append(h.Posts.Parts, h.Search.Part())
	h.Posts.Edited = append(h.Posts.Edited, h.Search.Index)
	h.Posts.Stored = append(h.Posts.Stored, h.Search.Index)
	h.Instance = instance.New(d, &config.Config{Host: host, Name: "Section de test", Level: "section", Scheme: "http", LocalTest: true})
	h.Instance.Timeline, h.Instance.Version = h.Timeline, "0.1.0"

	r := httpx.NewRouter()
	api := masto.NewRouter(r)
	for _, declare := range []func(*masto.Router){h.Accounts.API, h.Relations.API, h.Follows.API, h.Posts.API, h.Keep.API, h.Lists.API, h.Filters.API, h.Tags.API, h.Announce.API, h.Timeline.API, h.Search.API, h.Instance.API, h.Reports.API} {
		declare(api)
	}
	s, err := httpx.NewServer(httpx.Options{
		BaseURL: base, Router: r, Strings: words(t), Authenticate: h.Auth.ByToken, Memo: memo.New(8<<20).Of(d, nil), Unlimited: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: s}}
	srv.Start()
	t.Cleanup(srv.Close)
	return h
}

// words gathers the sentences of the slices, as they lie beside the package under test.
func words(t testing.TB) *i18n.Bundle {
	t.Helper()
	b := i18n.New(nil)
	all := []fs.FS{httpx.Strings(), masto.Strings()}
	for _, slice := range []string{"account", "relation", "report", "notify", "follow", "post", "keep", "list", "filter", "tag", "announcement", "timeline", "search", "instance"} {
		dir := os.DirFS("../" + slice + "/i18n")
		if _, err := fs.Stat(dir, "fr.yaml"); err == nil {
			all = append(all, dir)
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for _, f := range all {
		if err := b.AddFS(f); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// Person makes a member, or gives the one made before under that name. Public
// people have a public profile and have consented to public posts.
func (h *House) Person(name string, public bool) *account.Account {
	h.T.Helper()
	return h.person(name, public, auth.NewLogin{})
}

// Guest is a private Person who is no member.
func (h *House) Guest(name string) *account.Account {
	h.T.Helper()
	return h.person(name, false, auth.NewLogin{Guest: true})
}

func (h *House) person(name string, public bool, login auth.NewLogin) *account.Account {
	h.T.Helper()
	if a := h.people[name]; a != nil {
		return a
	}
	key, err := oneKey()
	if err != nil {
		h.T.Fatal(err)
	}
	var a *account.Account
	h.Write(func(ctx context.Context, tx *db.Tx) (err error) {
		if a, err = h.Accounts.Create(ctx, tx, account.NewLocal{Username: name, Name: name, Public: public}, key); err != nil {
			return err
		}
		now := time.Now().UnixMilli()
		return db.Insert(ctx, tx, "login", auth.Login{AccountID: a.ID, Email: name + "@ici.example", EmailFold: name + "@ici.example",
			PasswordHash: "unused", Role: auth.RoleUser, Member: !login.Guest, Lang: "fr", CreatedAt: now, UpdatedAt: now})
	})
	h.people[name] = a
	return a
}

// Remote stores somebody of another server, as if met before.
func (h *House) Remote(name, host string) *account.Account {
	h.T.Helper()
	uri, now := "https://"+host+"/users/"+name, time.Now().UnixMilli()
	a := &account.Account{ID: h.Accounts.IDs.New(), URI: uri, Kind: account.Person, Username: name, Host: host, Handle: name + "@" + host,
		Fields: "[]", URL: "https://" + host + "/@" + name, Inbox: uri + "/inbox", SharedInbox: "https://" + host + "/inbox",
		Followers: uri + "/followers", Reachable: true, Public: true, CreatedAt: now, UpdatedAt: now, FetchedAt: now}
	h.Write(func(ctx context.Context, tx *db.Tx) error { return db.Insert(ctx, tx, "account", a) })
	return a
}

// Write runs one transaction.
func (h *House) Write(f func(context.Context, *db.Tx) error) {
	h.T.Helper()
	if err := h.DB.Write(context.Background(), f); err != nil {
		h.T.Fatal(err)
	}
}

// Viewer is somebody as a service sees them.
func (h *House) Viewer(name string) *auth.Viewer {
	h.T.Helper()
	return &auth.Viewer{AccountID: h.Person(name, false).ID, Role: auth.RoleUser, Member: true, Lang: "fr"}
}

// Publish publishes a post of somebody, for the section unless d says otherwise.
func (h *House) Publish(name string, d post.Draft) *post.Post {
	h.T.Helper()
	if d.Audience == "" {
		d.Audience = post.Section
	}
	p, err := h.Posts.Create(context.Background(), h.Viewer(name), d)
	if err != nil {
		h.T.Fatal(err)
	}
	return p
}

// Follow makes who follow whom.
func (h *House) Follow(who, whom string) {
	h.T.Helper()
	if err := h.Follows.Follow(context.Background(), h.Person(who, false).ID, h.Person(whom, false).ID, nil); err != nil {
		h.T.Fatal(err)
	}
}

// Each runs f in an empty house on SQLite and in one on PostgreSQL, as subtests:
// for tests of what the database answers.
func Each(t *testing.T, f func(t *testing.T, h *House)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, On(t, d)) }, Migrations()...)
}

// application is the instance's own actor, made when first asked for.
func (h *House) application(ctx context.Context) (*route.Actor, error) {
	a, err := h.Accounts.ActorByHandle(ctx, h.DB.Read(), h.Host, "")
	if err == nil {
		return a, nil
	}
	key, err := oneKey()
	if err != nil {
		return nil, err
	}
	err = h.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := h.Accounts.Create(ctx, tx, account.NewLocal{Username: h.Host, Kind: account.Application, Public: true}, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return h.Accounts.ActorByHandle(ctx, h.DB.Read(), h.Host, "")
}
