package federation

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-fed/activity/pub"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/memo"
)

// Limits of the inbox unless Options say otherwise.
const (
	defaultBurst     = 100  // activities of one server at once; Spec: FE9
	defaultPerSecond = 20   // and of those it may send on
	maxUnverified    = 2000 // requests kept until their key is fetched
	maxPerHost       = 100  // of those from one server
	processBudget    = 100  // requests that one activity may cause
	forwardBurst     = 60   // activities of others that one server may pass on in a minute
	forwardBudget    = 20   // requests that one of those may cause
	recheck          = 5 * time.Minute
	keepItems        = 30 * 24 * time.Hour
	staleActor       = 24 * time.Hour
)

// Options is what an engine needs. All functions may be nil.
type Options struct {
	DB        *db.DB
	Directory route.Directory
	Client    *fetch.Client
	Base      string // "https://host", no slash at the end
	Host      string // the part of our handles after the @
	Scheme    string // "https", or "http" in local-test mode
	LocalTest bool
	Version   string // of the program, for NodeInfo
	Log       *slog.Logger
	Clock     func() time.Time
	Memo      *memo.Store // keeps documents for strangers; nil for none

	Activities []route.Activity
	Objects    []route.Object

	// Blocked reports whether we speak with a server at all.
	Blocked func(host string) bool
	// Closed reports whether only servers that were named pass.
	Closed func() bool
	// Current reports whether a post may still be delivered to an inbox as it
	// was meant to: it exists, and whoever it goes to may still read it.
	Current func(ctx context.Context, q db.Q, postID int64, inbox string) (bool, error)

	// Member reports whether a group of ours still has a member behind an inbox, who
	// may get what is for its members, or somebody of ours still belongs to a group behind it.
	// It is asked before every try of such a delivery.
	Member func(ctx context.Context, q db.Q, actorID int64, inbox string) (bool, error)
	// Invites reports whether an invitation into a group of ours still stands, and may go to
	// an inbox. It is asked before every try of its delivery.
	Invites func(ctx context.Context, q db.Q, invite []byte, inbox string) (bool, error)
	// Known reports whether a post of another server is here, and whether it is
	// for everybody. Without it, what is forwarded edits and deletes nothing.
	Known func(ctx context.Context, q db.Q, uri string) (here, public bool, err error)
	// ReachableBy reports whether a server may know of an actor of ours that strangers
	// may not know of; nil means none may.
	ReachableBy func(ctx context.Context, actorID int64, host string) (bool, error)
	// Followers keeps the two ends of follows alike; nil for not looking.
	Followers route.Followers
	// Barred reports whether somebody here blocks an actor or its server; nil means nobody does.
	Barred func(ctx context.Context, q db.Q, a *route.Actor) (bool, error)

	// SignedOnly reports whether every document, and not only what is for some,
	// is served to those alone who say who they are.
	SignedOnly func(ctx context.Context) bool
	// Open reports whether strangers may make accounts, for NodeInfo.
	Open func(ctx context.Context) bool
	// Observe is told how each activity ended: "done", "ignored", "refused", "retried".
	Observe func(kind, outcome string)

	// Burst and PerSecond bound what one server may send; 0 means the default, negative no bound.
	Burst, PerSecond int
}

// Engine speaks ActivityPub for one instance. It has no goroutines of its own:
// its work runs in the job runner and in the delivery queue.
type Engine struct {
	Options
	spine   pub.FederatingActor
	keys    *keyRing
	misses  *misses
	flights singleflight.Group
	rates   *limit.Limiter
	refetch *limit.Limiter
	// forwards bounds what one server may pass on of others.
	forwards *limit.Limiter
	fetches  *limit.Limiter // of ours, that are written down
	syncs    *limit.Limiter // comparisons of followers, by actor and digest
	seen     *lru.Cache[string, struct{}]
	peers    *peers
	turns    turns
	refusals refusals
	seq      ids.Maker
	askers   atomic.Int64   // see ask
	unknowns *limit.Limiter // requests with unknown keys, by network; see hold

	mu     sync.Mutex
	app    *route.Actor
	pruned time.Time
}

var _ route.Fetcher = (*Engine)(nil)

// New makes the engine of an instance.
func New(o Options) (*Engine, error) {
	if o.DB == nil || o.Directory == nil || o.Client == nil || as.Origin(o.Base) == "" || o.Host == "" {
		return nil, errors.New("federation: the engine needs a database, a directory, a client, an address and a host")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Log = o.Log.With("pkg", "federation")
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Scheme == "" {
		o.Scheme = "https"
	}
	e := &Engine{Options: o, keys: newKeyRing(), misses: newMisses(o.Clock), peers: newPeers()}
	if o.Burst >= 0 {
		burst, per := o.Burst, o.PerSecond
		if burst == 0 {
			burst = defaultBurst
		}
		if per <= 0 {
			per = defaultPerSecond
		}
		e.rates = limit.New(burst, time.Duration(burst)*time.Second/time.Duration(per), o.Clock)
	}
	e.refetch = limit.New(1, recheck, o.Clock)
	var err error
	if e.seen, err = lru.New[string, struct{}](8192); err != nil {
		return nil, err
	}
	e.fetches = limit.New(seenBurst, time.Minute, o.Clock)
	e.syncs = limit.New(1, 10*time.Minute, o.Clock)
	e.forwards = limit.New(forwardBurst, time.Minute, o.Clock)
	if !o.LocalTest { // there, all come from one address
		e.unknowns = limit.New(maxPerHost, time.Minute, o.Clock)
	}
	e.spine = pub.NewCustomActor(&delegate{e}, false, true, clock{o.Clock})
	return e, nil
}

type clock struct{ now func() time.Time }

func (c clock) Now() time.Time { return c.now() }

// Application is the instance's own actor, in whose name we fetch.
//
// Spec: FEP-d556
func (e *Engine) Application(ctx context.Context) (*route.Actor, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.app != nil {
		return e.app, nil
	}
	a, err := e.Directory.ActorByHandle(ctx, e.DB.Read(), e.Host, "")
	if err != nil {
		return nil, err
	}
	e.app = a
	return a, nil
}

// Key is the key that signs our GETs, nil while the instance has no actor yet.
func (e *Engine) Key(ctx context.Context) *sig.Key {
	a, err := e.Application(ctx)
	if err != nil {
		return nil
	}
	k, err := e.Directory.Key(ctx, e.DB.Read(), a.ID)
	if err != nil {
		e.Log.Error("the instance's own key cannot be read", "err", err)
		return nil
	}
	return k
}

func (e *Engine) blocked(host string) bool {
	return host == "" || e.Blocked != nil && e.Blocked(host)
}

// own reports whether a URI is one of ours.
func (e *Engine) own(uri string) bool { return as.SameOrigin(uri, e.Base) }

func (e *Engine) observe(kind, outcome string) {
	if e.Observe != nil {
		e.Observe(kind, outcome)
	}
}

func (e *Engine) sigOptions(now time.Time) sig.Options {
	return sig.Options{Scheme: e.Scheme, Hosts: []string{e.Host}, Now: now, AllowHTTP: e.LocalTest}
}
