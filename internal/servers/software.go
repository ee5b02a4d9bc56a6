package servers

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/text"
)

const kindSoftware = "servers.software"

// Bounds on asking a server what it runs.
const (
	softwareBudget = 5
	maxName        = 40
	maxImplements  = 20
)

// software is the job that asks a server what it runs.
type software struct{ Host string }

// Jobs are ours.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: kindSoftware, Handle: jobs.JSON(s.ask), MaxTries: 2, Timeout: 30 * time.Second, Concurrency: 2},
		{Name: kindApply, Handle: func(ctx context.Context, _ []byte) error { return s.Apply(ctx) }, Timeout: 10 * time.Minute, Concurrency: 1},
	}
}

// ask asks a server by NodeInfo, and its own actor for what it implements. What
// cannot be had is written down too, so that nobody asks again soon.
//
// Spec: FEP-f1d5, FEP-2677, FEP-844e
func (s *Service) ask(ctx context.Context, j software) error {
	if s.Hosts.Blocked(j.Host) {
		return nil
	}
	known, err := host.SoftwareOf(ctx, s.DB.Read(), j.Host)
	if err != nil || !known.Stale(s.Clock()) {
		return err
	}
	ctx = fetch.WithBudget(ctx, softwareBudget)
	w := host.Software{Host: j.Host, CheckedAt: s.Clock().UnixMilli()}
	key := s.key(ctx)
	origin := s.Scheme + "://" + j.Host
	n, err := s.Client.NodeInfo(ctx, origin, key)
	switch {
	case err == nil:
		w.Name, w.Version = plainName(n.Software.Name), plainName(n.Software.Version)
		if w.Implements, err = s.implements(ctx, origin, key); err != nil && ctx.Err() != nil {
			return err
		}
	case ctx.Err() != nil && !errors.Is(err, fetch.ErrBudget):
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return host.SaveSoftware(ctx, tx, w) })
}

// key signs in the name of the instance, nil while it has no actor.
func (s *Service) key(ctx context.Context) *sig.Key {
	if s.App == nil {
		return nil
	}
	a, err := s.App(ctx)
	if err != nil {
		return nil
	}
	k, err := s.Accounts.Key(ctx, s.DB.Read(), a.ID)
	if err != nil {
		return nil
	}
	return k
}

// implements reads what the server's own actor says it can do.
func (s *Service) implements(ctx context.Context, origin string, key *sig.Key) (string, error) {
	uri, err := s.Client.ApplicationActor(ctx, origin, key)
	if err != nil || uri == "" {
		return "", err
	}
	d, err := s.Client.Document(ctx, uri, key)
	if err != nil {
		return "", err
	}
	return strings.Join(Implements(d), " "), nil
}

// Implements lists the specifications that an actor says its server implements:
// an Application its own, others those of their generator.
//
// Spec: FEP-844e
func Implements(d *as.Doc) []string {
	from := d.Raw("implements")
	if g := d.Refs("generator").First().Doc; from == nil && g != nil {
		from = g.Raw("implements")
	}
	var list []json.RawMessage
	if json.Unmarshal(from, &list) != nil {
		list = []json.RawMessage{from}
	}
	var out []string
	for _, raw := range list {
		var l struct {
			Href string `json:"href"`
			ID   string `json:"id"`
		}
		var plain string
		if json.Unmarshal(raw, &plain) != nil && json.Unmarshal(raw, &l) == nil {
			if plain = l.Href; plain == "" {
				plain = l.ID
			}
		}
		if plain = as.HTTPURL(plain); plain != "" && len(out) < maxImplements && len(plain) < 200 {
			out = append(out, plain)
		}
	}
	return out
}

func plainName(s string) string { return text.PlainName(s, maxName) }

// Software says what a server runs, by the host of its ids: lower case, as
// "mastodon", "" when it is not known. It asks nobody.
func (s *Service) Software(ctx context.Context, q db.Q, name string) (string, error) {
	w, err := host.SoftwareOf(ctx, q, name)
	return w.Name, err
}
