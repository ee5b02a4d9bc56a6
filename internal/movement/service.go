package movement

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/servers"
)

// What rows of the audit trail tell.
const (
	actAsk    = "movement_ask"
	actAccept = "movement_accept"
	actRefuse = "movement_refuse"
	actLeave  = "movement_leave"
	actUnlink = "movement_unlink"
	actRoot   = "movement_root"
)

// maxReason bounds a reason, in characters.
const maxReason = 500

// Service holds the rules on the movement. Set Client, Fetcher and App before
// the jobs run.
type Service struct {
	DB       *db.DB
	Accounts *account.Service
	Posts    *post.Service
	Hosts    *host.Service
	Instance *instance.Service
	Log      *slog.Logger
	Clock    func() time.Time // nil is the wall clock
	Scheme   string           // "https", or "http" in local-test mode

	Client  *fetch.Client
	Fetcher route.Fetcher
	// Exchange sums up what leaves the instance; nil says nothing of it.
	Exchange func(c *httpx.Ctx) (*servers.Exchange, error)
	// App is the instance's own actor.
	App func(ctx context.Context) (*route.Actor, error)
}

func (s *Service) now() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return time.Now()
}

func (s *Service) allowHTTP() bool { return s.Scheme == "http" }

// self is the instance's own actor with its keys.
func (s *Service) self(ctx context.Context, q db.Q) (*route.Actor, *sig.Key, string, error) {
	app, err := s.App(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	key, err := s.Accounts.Key(ctx, q, app.ID)
	if err != nil {
		return nil, nil, "", err
	}
	pub, ok := key.Ed25519.Public().(ed25519.PublicKey)
	if !ok {
		return nil, nil, "", errors.New("movement: the instance has no key for proofs")
	}
	return app, key, sig.EncodeMultikey(pub), nil
}

// book reads all that is known of certificates.
func (s *Service) book(ctx context.Context, q db.Q) (*book, error) {
	app, _, key, err := s.self(ctx, q)
	if err != nil {
		return nil, err
	}
	root := Root{app.URI, key}
	if pin, err := pinned(ctx, q); err != nil {
		return nil, err
	} else if pin != nil {
		root = *pin
	}
	list, err := certs(ctx, q)
	if err != nil {
		return nil, err
	}
	gone, err := revocations(ctx, q)
	if err != nil {
		return nil, err
	}
	return newBook(root, list, gone), nil
}

// settle writes who is of the movement now, from the chains that hold. An
// instance whose own chain does not hold has no movement.
func (s *Service) settle(ctx context.Context, tx *db.Tx) error {
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	app, _, _, err := s.self(ctx, tx)
	if err != nil {
		return err
	}
	now := s.now()
	members := map[string]Member{}
	var next time.Time
	own, err := b.chain(app.URI, now)
	if err == nil {
		ends := until(own)
		next = ends
		if b.root.URI != app.URI {
			members[b.root.URI] = Member{Host: as.Host(b.root.URI), URI: b.root.URI, Organes: `["` + AnyOrgane + `"]`, UntilMs: ends.UnixMilli()}
		}
		for subject := range b.of {
			chain, cerr := b.chain(subject, now)
			if cerr != nil || subject == app.URI || len(chain) == 0 {
				continue
			}
			m, merr := memberOf(chain, ends)
			if merr != nil {
				return merr
			}
			members[subject] = m
			if end := until(chain); next.IsZero() || end.Before(next) {
				next = end
			}
		}
	}
	if err := s.write(ctx, tx, members); err != nil {
		return err
	}
	if next.IsZero() {
		return nil
	}
	return jobs.Enqueue(ctx, tx, kindExpire, struct{}{}, jobs.Key("next"), jobs.At(next))
}

// memberOf reads what a chain says of its end; it holds no longer than own, the end of ours.
func memberOf(chain []*Certificate, own time.Time) (Member, error) {
	c, ends := chain[0], until(chain)
	if !own.IsZero() && own.Before(ends) {
		ends = own
	}
	organes, err := json.Marshal(append([]string{}, c.Organes...))
	return Member{Host: as.Host(c.Subject), URI: c.Subject, Name: c.Name, Level: c.Level, Territory: c.Territory,
		Organes: string(organes), Parent: c.Issuer, UntilMs: ends.UnixMilli()}, err
}

// write replaces the members, and who reads what is for the movement.
func (s *Service) write(ctx context.Context, tx *db.Tx, members map[string]Member) error {
	names, err := db.All[struct{ URI, DisplayName string }](ctx, tx, `select m.uri, a.display_name from movement_member m join account a on a.uri = m.uri`)
	if err != nil {
		return err
	}
	known := map[string]string{}
	for _, n := range names {
		known[n.URI] = n.DisplayName
	}
	for _, sql := range []string{`delete from movement_member`, `delete from audience_host`} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	for _, m := range members {
		if m.Name == "" {
			m.Name = known[m.URI]
		}
		if a, err := account.ByURI(ctx, tx, m.URI); m.Name == "" && err == nil {
			m.Name = a.Name()
		}
		if m.Name == "" {
			m.Name = m.Host
		}
		if _, err := tx.Exec(ctx, `insert into movement_member (`+memberColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
			m.Host, m.URI, m.Name, m.Level, m.Territory, m.Organes, m.Parent, max(m.UntilMs, 0)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into audience_host (host, valid_until) values ($1, $2) on conflict do nothing`, m.Host, max(m.UntilMs, 0)); err != nil {
			return err
		}
	}
	return nil
}

// tell sends an activity of the instance itself to others of their inboxes.
func (s *Service) tell(ctx context.Context, tx *db.Tx, a as.Activity, actors ...string) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	var inboxes []string
	for _, uri := range actors {
		to, err := account.ByURI(ctx, tx, uri)
		if err != nil || to.Local() || to.Gone() {
			continue // never met, or gone since: the walk finds it again
		}
		inboxes = append(inboxes, to.BestInbox())
	}
	if len(inboxes) == 0 {
		return nil
	}
	a.Actor, a.Published = app.URI, s.now()
	body, err := a.Build()
	if err != nil {
		return err
	}
	return outbox.Enqueue(ctx, tx, body, app.ID, outbox.Opts{}, inboxes)
}

// everyone are the actors of the movement that are to hear of a change.
func everyone(ctx context.Context, q db.Q) ([]string, error) {
	return db.All[string](ctx, q, `select uri from movement_member order by host limit 5000`)
}
