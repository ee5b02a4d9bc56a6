package movement

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/post"
)

// The kinds of work of this slice.
const (
	kindExpire = "movement.expire" // a chain ends now
	kindRenew  = "movement.renew"  // certificates near their end
	kindWalk   = "movement.walk"   // the tree, from the root down
	kindMeet   = "movement.meet"   // one server: is it of the movement?
)

// Bounds on asking others.
const (
	walkEvery   = time.Hour
	renewEvery  = 6 * time.Hour
	walkBudget  = 3000
	meetBudget  = 2 * maxDepth
	meetTime    = 8 * time.Second
	listMax     = 1000 // children of one instance
	listMaxAge  = 24 * time.Hour
	meetPause   = time.Hour
	softwareOur = "maillage"
)

// Jobs are the kinds of work of this slice.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindExpire, Handle: jobs.JSON(s.expire), Concurrency: 1},
		{Name: kindRenew, Handle: jobs.JSON(s.renew), Concurrency: 1, Timeout: 5 * time.Minute},
		{Name: kindWalk, Handle: jobs.JSON(s.walk), Concurrency: 1, Timeout: 15 * time.Minute, MaxTries: 2},
		{Name: kindMeet, Handle: jobs.JSON(s.meetJob), Concurrency: 2, MaxTries: 2},
	}
}

// Begin has the regular work done; it is called when the instance starts.
func (s *Service) Begin(ctx context.Context) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := jobs.Enqueue(ctx, tx, kindRenew, struct{}{}, jobs.Key("renew"), jobs.At(s.now().Add(time.Minute))); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, kindWalk, struct{}{}, jobs.Key("walk"), jobs.At(s.now().Add(2*time.Minute)))
	})
}

// expire looks anew who is of the movement, at the moment when a chain ends.
func (s *Service) expire(ctx context.Context, _ struct{}) error {
	return s.DB.Write(ctx, s.settle)
}

// renew makes new certificates for children whose own is near its end or signed
// with a key that is not ours any more, and asks for ours anew when our key changed.
func (s *Service) renew(ctx context.Context, _ struct{}) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := jobs.Enqueue(ctx, tx, kindRenew, struct{}{}, jobs.Key("renew"), jobs.At(s.now().Add(renewEvery))); err != nil {
			return err
		}
		if err := s.settle(ctx, tx); err != nil {
			return err
		}
		app, _, key, err := s.self(ctx, tx)
		if err != nil {
			return err
		}
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.askAnew(ctx, tx, b, key); err != nil {
			return err
		}
		if _, err := b.chain(app.URI, s.now()); err != nil {
			return nil // who has no place has none to give
		}
		children, err := childrenOf(ctx, tx)
		if err != nil {
			return err
		}
		for i := range children {
			l := &children[i]
			if l.State != Joined || s.fresh(b, l, key) {
				continue
			}
			if err := s.issue(ctx, tx, l); err != nil {
				if apperr.Is(err, apperr.KindInvalid) {
					continue // its key is not known; the walk asks again
				}
				return err
			}
		}
		return nil
	})
}

// fresh reports whether a child's certificate needs no renewal.
func (s *Service) fresh(b *book, l *Link, key string) bool {
	for _, c := range b.of[l.URI] {
		if c.ID == l.CertID {
			return c.SignedBy == key && c.End.Sub(s.now()) > renewal
		}
	}
	return false
}

// walk reads the tree from the root down: who is affiliated, what was revoked,
// and what each says of itself for the directory.
func (s *Service) walk(ctx context.Context, _ struct{}) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kindWalk, struct{}{}, jobs.Key("walk"), jobs.At(s.now().Add(walkEvery)))
	})
	if err != nil {
		return err
	}
	ctx = fetch.WithBudget(ctx, walkBudget)
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	b, err := s.book(ctx, s.DB.Read())
	if err != nil {
		return err
	}
	seen, queue := map[string]bool{app.URI: true}, []string{b.root.URI}
	for {
		known, err := everyone(ctx, s.DB.Read())
		if err != nil {
			return err
		}
		queue = slices.DeleteFunc(append(queue, known...), func(uri string) bool { return seen[uri] })
		if len(queue) == 0 {
			return nil
		}
		uri := queue[0]
		seen[uri] = true
		if err := s.visit(ctx, uri); err != nil {
			return err
		}
		queue = nil
	}
}

// visit asks one instance for its children, revocations and directory. What
// cannot be had now is asked for at the next walk.
func (s *Service) visit(ctx context.Context, uri string) error {
	if s.Hosts.Blocked(as.Host(uri)) {
		return nil
	}
	if _, err := s.Fetcher.Resolve(ctx, uri); err != nil {
		return ctx.Err()
	}
	origin := as.Origin(uri)
	children, err := s.document(ctx, origin+childrenPath)
	if err != nil {
		return ctx.Err()
	}
	list := certsOf(children)
	lists := []*as.Doc{}
	if d, err := s.document(ctx, origin+revocationsPath); err == nil {
		lists = append(lists, d)
	}
	if err := s.take(ctx, list, lists); err != nil {
		return err
	}
	return s.index(ctx, uri)
}

// certsOf reads the certificates of a collection; what is none is left out.
func certsOf(d *as.Doc) []*Certificate {
	var out []*Certificate
	var items []json.RawMessage
	if err := json.Unmarshal(d.Raw("orderedItems"), &items); err != nil {
		return nil
	}
	for _, item := range items {
		if c, err := ParseCertificate(item); err == nil && len(out) < listMax {
			out = append(out, c)
		}
	}
	return out
}

// take learns certificates and revocations that were fetched.
func (s *Service) take(ctx context.Context, list []*Certificate, lists []*as.Doc) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		fresh, lerr := b.learn(list, s.now(), s.allowHTTP())
		if lerr != nil {
			s.Log.Info("a certificate of the movement does not hold", "err", lerr)
		}
		if err := s.keep(ctx, tx, fresh); err != nil {
			return err
		}
		for _, d := range lists {
			if err := s.takeRevocations(ctx, tx, b, d); err != nil && !apperr.Is(err, apperr.KindForbidden) && !apperr.Is(err, apperr.KindBadRequest) {
				return err
			}
		}
		return nil
	})
}

// document asks another instance in the name of ours. It is not the engine's
// Fetch: a failure is not remembered, since an answer here changes at once with
// an affiliation.
func (s *Service) document(ctx context.Context, uri string) (*as.Doc, error) {
	if s.Hosts.Blocked(as.Host(uri)) {
		return nil, apperr.Forbidden("federation.blocked")
	}
	_, key, _, err := s.self(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	return s.Client.Document(ctx, uri, key)
}

// meet is the job that finds out whether a server is of the movement.
type meet struct{ Origin string }

func (s *Service) meetJob(ctx context.Context, j meet) error {
	_, err := s.Meet(ctx, j.Origin)
	return err
}

// Meet asks a server for its chain, verifies it up to our root without asking
// the root, and reports whether the server is of the movement.
func (s *Service) Meet(ctx context.Context, origin string) (bool, error) {
	name := as.Host(origin)
	q := s.DB.Read()
	if yes, err := post.Affiliated(ctx, q, name, s.now()); yes || err != nil || name == s.Accounts.Host {
		return yes, err
	}
	if alone, err := s.alone(ctx, q); alone || err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(fetch.WithBudget(ctx, meetBudget), meetTime)
	defer cancel()
	d, err := s.document(ctx, origin+chainPath)
	if err != nil {
		return false, nil // it has none, or cannot be had now
	}
	list := certsOf(d)
	if len(list) == 0 || len(list) > maxDepth {
		return false, nil
	}
	b, err := s.book(ctx, q)
	if err != nil {
		return false, err
	}
	var lists []*as.Doc
	for _, c := range list {
		at, err := db.Get[int64](ctx, q, `select looked_at from movement_list where issuer = $1`, c.Issuer)
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return false, err
		}
		// The root tells its own: what it revokes it sends to all.
		if c.Issuer == b.root.URI || as.SameOrigin(c.Issuer, s.Accounts.Base) || s.now().Sub(time.UnixMilli(at)) < listMaxAge {
			continue
		}
		if d, err := s.document(ctx, as.Origin(c.Issuer)+revocationsPath); err == nil {
			lists = append(lists, d)
		}
	}
	if err := s.take(ctx, list, lists); err != nil {
		return false, err
	}
	for _, c := range list {
		if _, err := s.Fetcher.Resolve(ctx, c.Subject); err != nil {
			break // it is met later
		}
	}
	return post.Affiliated(ctx, s.DB.Read(), name, s.now())
}

// alone reports whether this instance is in no movement at all.
func (s *Service) alone(ctx context.Context, q db.Q) (bool, error) {
	n, err := db.Get[int](ctx, q, `select count(*) from movement_link where state = 'joined'`)
	return n == 0, err
}

// meetLater has a server looked at, if it may be one of ours.
func (s *Service) meetLater(ctx context.Context, tx *db.Tx, uri string) error {
	name := as.Host(uri)
	if yes, err := post.Affiliated(ctx, tx, name, s.now()); yes || err != nil {
		return err
	}
	if alone, err := s.alone(ctx, tx); alone || err != nil {
		return err
	}
	w, err := host.SoftwareOf(ctx, tx, name)
	if err != nil || w.Name != "" && w.Name != softwareOur {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindMeet, meet{as.Origin(uri)}, jobs.Key(name))
}

// prepareCreate looks whether who writes for a movement is of ours.
func (s *Service) prepareCreate(ctx context.Context, _ route.Fetcher, in *route.Inbound) error {
	if in.Object == nil || !slices.Contains(in.Object.To(), in.Actor.URI+collectionPath) {
		return nil
	}
	_, err := s.Meet(ctx, as.Origin(in.Actor.URI))
	return err
}

// Renew does now what is done every few hours.
func (s *Service) Renew(ctx context.Context) error { return s.renew(ctx, struct{}{}) }

// Expire does now what is done when a chain ends.
func (s *Service) Expire(ctx context.Context) error { return s.expire(ctx, struct{}{}) }
