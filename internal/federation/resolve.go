package federation

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
)

// Resolve gives the actor with an id, fetched from its own server if it is not
// known. One not seen for a day is fetched again in the background.
func (e *Engine) Resolve(ctx context.Context, uri string) (*route.Actor, error) {
	if err := as.ValidID(uri, e.LocalTest); err != nil {
		return nil, apperr.BadRequest("federation.bad_id").Wrap(err)
	}
	a, err := e.Directory.ActorByURI(ctx, e.DB.Read(), uri)
	if err == nil {
		return a, e.refreshStale(ctx, a)
	}
	if !apperr.Is(err, apperr.KindNotFound) || e.own(uri) {
		return nil, err
	}
	return e.fetchActor(ctx, uri)
}

func (e *Engine) refreshStale(ctx context.Context, a *route.Actor) error {
	if a.Local || a.Deleted || a.Suspended || e.Clock().Sub(a.FetchedAt) < staleActor {
		return nil
	}
	if _, ok := e.refetch.Allow(a.URI); !ok {
		return nil
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kindRefresh, refresh{URI: a.URI}, jobs.Key(a.URI))
	})
}

// ResolveHandle gives the actor behind name@host, looked up if it is not known.
// The answer must lead back to the handle: see fetch.Client.WebFinger.
//
// Spec: OR11; Spec: RFC 7033
func (e *Engine) ResolveHandle(ctx context.Context, name, host string) (*route.Actor, error) {
	if strings.EqualFold(host, e.Host) {
		host = ""
	}
	a, err := e.Directory.ActorByHandle(ctx, e.DB.Read(), name, host)
	if err == nil {
		return a, e.refreshStale(ctx, a)
	}
	if !apperr.Is(err, apperr.KindNotFound) || host == "" {
		return nil, err
	}
	handle := name + "@" + strings.ToLower(host)
	if e.blocked(strings.ToLower(host)) {
		return nil, apperr.NotFound("account.not_found")
	}
	found, err := e.webFinger(ctx, handle)
	if err != nil {
		return nil, err
	}
	uri, subject := found.uri, found.subject
	if known, err := e.Directory.ActorByURI(ctx, e.DB.Read(), uri); err == nil || !apperr.Is(err, apperr.KindNotFound) {
		return known, err
	}
	if e.own(uri) {
		return nil, apperr.NotFound("account.not_found")
	}
	d, err := e.document(ctx, uri)
	if err != nil {
		return nil, err
	}
	if !as.IsActor(d) || !strings.EqualFold(d.String("preferredUsername"), subject.Name) {
		// The address is somebody else's than the actor says.
		subject.Host = ""
	}
	return e.storeActor(ctx, d, subject.Host)
}

// Account gives the id of the account behind name@host.
func (e *Engine) Account(ctx context.Context, name, host string) (int64, error) {
	a, err := e.ResolveHandle(ctx, name, host)
	if err != nil {
		return 0, err
	}
	return a.ID, nil
}

// Fetch gets a document from its own server. Ours are not fetched.
func (e *Engine) Fetch(ctx context.Context, uri string) (*as.Doc, error) {
	if err := as.ValidID(uri, e.LocalTest); err != nil {
		return nil, apperr.BadRequest("federation.bad_id").Wrap(err)
	}
	if e.own(uri) {
		return nil, apperr.NotFound("federation.own")
	}
	if d := provenIn(ctx, uri); d != nil {
		return d, nil
	}
	return e.document(ctx, uri)
}

// Ask fetches a document in the name of the instance itself, and remembers no failure:
// the answer may change at any moment.
func (e *Engine) Ask(ctx context.Context, uri string) (*as.Doc, error) {
	if err := as.ValidID(uri, e.LocalTest); err != nil {
		return nil, apperr.BadRequest("federation.bad_id").Wrap(err)
	}
	if e.own(uri) || e.blocked(as.Host(uri)) {
		return nil, apperr.NotFound("federation.own")
	}
	return e.Client.Document(fetch.WithBudget(ctx, signerBudget), uri, e.Key(ctx))
}

// document fetches with the instance's own signature; those who ask for the
// same at the same time get the same answer, and failures are remembered.
func (e *Engine) document(ctx context.Context, uri string) (*as.Doc, error) {
	if e.blocked(as.Host(uri)) {
		return nil, apperr.NotFound("federation.blocked")
	}
	if err := e.misses.get(silentKey(uri)); err != nil {
		return nil, err
	}
	return once(ctx, e, uri, func() (*as.Doc, error) {
		d, err := e.Client.Document(ctx, uri, e.Key(ctx))
		e.silence(ctx, uri, err)
		return d, err
	})
}

// once runs a fetch unless the same is under way or failed a short while ago.
func once[T any](ctx context.Context, e *Engine, key string, f func() (T, error)) (T, error) {
	var zero T
	if err := e.misses.get(key); err != nil {
		return zero, err
	}
	v, err, _ := e.flights.Do(key, func() (any, error) { return f() })
	if err != nil {
		known := failure(err)
		if ctx.Err() == nil && !errors.Is(err, fetch.ErrBudget) {
			e.misses.add(key, known)
		}
		return zero, known
	}
	return v.(T), nil
}

// failure says in our kinds why a fetch failed.
func failure(err error) error {
	var f *fetch.Error
	switch {
	case errors.As(err, &f) && f.Status == http.StatusGone:
		return apperr.Gone("federation.gone").Wrap(err)
	case errors.Is(err, fetch.ErrGone):
		return apperr.NotFound("federation.not_found").Wrap(err)
	case errors.Is(err, fetch.ErrTemporary):
		return apperr.Unavailable("federation.unavailable").Wrap(err)
	case errors.Is(err, fetch.ErrBudget):
		return apperr.TooMany("federation.budget").Wrap(err)
	}
	return apperr.Forbidden("federation.refused").Wrap(err)
}

func (e *Engine) fetchActor(ctx context.Context, uri string) (*route.Actor, error) {
	d, err := e.document(ctx, uri)
	if err != nil {
		return nil, err
	}
	if d.ID() != uri {
		// A page or an alias of somebody we may know.
		if a, err := e.Directory.ActorByURI(ctx, e.DB.Read(), d.ID()); err == nil || !apperr.Is(err, apperr.KindNotFound) {
			return a, err
		}
	}
	return e.storeActor(ctx, d, e.handleHost(ctx, d))
}

func (e *Engine) storeActor(ctx context.Context, d *as.Doc, handleHost string) (*route.Actor, error) {
	if !as.IsActor(d) {
		return nil, apperr.BadRequest("federation.bad_actor")
	}
	var a *route.Actor
	err := e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		if a, err = e.Directory.StoreActor(ctx, tx, d, handleHost); err != nil {
			return err
		}
		return e.learnDeclared(ctx, tx, d)
	})
	return a, err
}

// handleHost finds the host of an actor's address where that is not the host
// of its id: its own server must say so and the other must lead back. "" means
// the host of the id.
//
// Spec: OR11; Spec: FEP-2c59
func (e *Engine) handleHost(ctx context.Context, d *as.Doc) string {
	a, err := as.ReadActor(d)
	if err != nil || a.Type == "Application" {
		return ""
	}
	ask := a.Username + "@" + as.Host(a.ID)
	if h, err := discovery.ParseHandle(a.WebFinger); err == nil {
		if strings.EqualFold(h.Host, as.Host(a.ID)) || !strings.EqualFold(h.Name, a.Username) {
			return ""
		}
		ask = h.String()
	}
	found, err := e.webFinger(ctx, ask)
	if err != nil || found.uri != a.ID || !strings.EqualFold(found.subject.Name, a.Username) {
		return ""
	}
	return found.subject.Host
}

// fingered is a WebFinger answer.
type fingered struct {
	uri     string
	subject discovery.Handle
}

func (e *Engine) webFinger(ctx context.Context, handle string) (fingered, error) {
	return once(ctx, e, "acct:"+strings.ToLower(handle), func() (f fingered, err error) {
		f.uri, f.subject, err = e.Client.WebFinger(ctx, handle, e.Key(ctx))
		return f, err
	})
}

// foundKey is a key with the document of its owner, not stored yet.
type foundKey struct {
	pem        string
	doc        *as.Doc
	handleHost string
}

// fetchKey gets a key that is not known: its document names an owner, and the
// owner's own document lists this very key.
//
// Spec: SG7
func (e *Engine) fetchKey(ctx context.Context, keyID string) (*foundKey, error) {
	d, err := e.document(ctx, keyID)
	if err != nil {
		return nil, err
	}
	owner := as.KeyOwner(d, keyID)
	if owner == "" {
		return nil, apperr.Unauthorized("federation.key_owner")
	}
	if d.ID() != owner || !as.IsActor(d) {
		if d, err = e.document(ctx, owner); err != nil {
			return nil, err
		}
	}
	a, err := as.ReadActor(d)
	if err != nil || a.ID != owner {
		return nil, apperr.Unauthorized("federation.key_owner").Wrap(err)
	}
	pem := keyText(a, keyID)
	if pem == "" {
		return nil, apperr.Unauthorized("federation.key_owner")
	}
	return &foundKey{pem: pem, doc: d, handleHost: e.handleHost(ctx, d)}, nil
}

// keyText is the key of an actor with an id, as PEM, "" when it lists none.
//
// Spec: FEP-521a
func keyText(a *as.Actor, keyID string) string {
	if k, ok := a.FindKey(keyID); ok {
		return k.PEM
	}
	for _, m := range a.Multikeys {
		if m.ID != keyID {
			continue
		}
		if k, err := sig.ParseMultikey(m.Public); err == nil {
			if pem, err := sig.EncodePublicPEM(k); err == nil {
				return pem
			}
		}
	}
	return ""
}

// refresh is the job that fetches a known actor anew.
type refresh struct{ URI string }

func (e *Engine) refreshActor(ctx context.Context, j refresh) error {
	if e.own(j.URI) || e.blocked(as.Host(j.URI)) {
		return nil
	}
	d, err := e.Client.Document(ctx, j.URI, e.Key(ctx))
	if err != nil {
		err = failure(err)
		switch {
		case apperr.Is(err, apperr.KindGone):
			// 410 from its own server: gone for good.
			return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return e.Directory.Forget(ctx, tx, j.URI) })
		case temporary(err):
			return err
		}
		return nil
	}
	if d.ID() != j.URI || !as.IsActor(d) {
		return nil
	}
	_, err = e.storeActor(ctx, d, "")
	if err != nil && !temporary(err) {
		return nil // what it says of itself now cannot be used; what we have stays
	}
	return err
}

// misses remembers failures, so that many activities that name the same dead
// address cause one request.
//
// Spec: FE10
type misses struct {
	now func() time.Time
	*lru.Cache[string, miss]
}

type miss struct {
	err   error
	until time.Time
}

func newMisses(now func() time.Time) *misses {
	c, err := lru.New[string, miss](8192)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &misses{now, c}
}

func (m *misses) get(key string) error {
	x, ok := m.Get(key)
	if !ok || m.now().After(x.until) {
		return nil
	}
	return x.err
}

func (m *misses) add(key string, err error) {
	keep := time.Hour
	if apperr.Is(err, apperr.KindUnavailable) {
		keep = 15 * time.Second // the job that asked has a delay of its own
	}
	m.Add(key, miss{err, m.now().Add(keep)})
}
