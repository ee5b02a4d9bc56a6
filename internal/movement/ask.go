package movement

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
)

// Ask asks another instance to be the parent of this one. It asks the network
// for that instance's actor. by is an account, 0 for the command line.
// Errors: KindInvalid with the field "parent".
func (s *Service) Ask(ctx context.Context, by int64, parent string) (*Link, error) {
	bad := func(key string) error { return apperr.Invalid(key).Field("parent", key) }
	name := host.Normal(parent)
	if name == "" || name == host.Everyone || name == s.Accounts.Host {
		return nil, bad("movement.bad_parent")
	}
	if s.Hosts.Blocked(name) {
		return nil, bad("movement.blocked")
	}
	app, key, _, err := s.self(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	uri, err := s.Client.ApplicationActor(ctx, s.Scheme+"://"+name, key)
	if err != nil || uri == "" {
		return nil, apperr.Invalid("movement.no_server").Field("parent", "movement.no_server").Wrap(err)
	}
	up, err := s.Fetcher.Resolve(ctx, uri)
	if err != nil || up.Type != account.Application || up.Local {
		return nil, apperr.Invalid("movement.no_server").Field("parent", "movement.no_server").Wrap(err)
	}
	var out *Link
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		have, err := parentOf(ctx, tx)
		if err != nil {
			return err
		}
		if have != nil && have.State == Joined && have.Host != name {
			return bad("movement.has_parent")
		}
		if b, err := s.book(ctx, tx); err != nil {
			return err
		} else if chain, err := b.chain(up.URI, s.now()); err == nil && slices.ContainsFunc(chain, func(c *Certificate) bool { return c.Issuer == app.URI }) {
			return bad("movement.loop")
		}
		if have != nil && have.Host != name {
			if _, err := tx.Exec(ctx, `delete from movement_link where role = 'parent' and state <> 'joined'`); err != nil {
				return err
			}
		}
		l := &Link{Role: RoleParent, Host: name, URI: up.URI, Name: s.nameOf(ctx, tx, up), State: Asked,
			OfferURI: s.Accounts.Base + "/movement/offers/" + ids.Key(), CreatedAt: s.now().UnixMilli(), ByID: by}
		if have != nil && have.Host == name && have.State == Joined {
			l.State, l.CertID, l.EndsAt = Joined, have.CertID, have.EndsAt
			l.Level, l.Territory, l.Organes = have.Level, have.Territory, have.Organes
		}
		if err := saveLink(ctx, tx, l); err != nil {
			return err
		}
		out = l
		offer, err := s.offer(ctx, app, l)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, offer, up.URI); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, name, actAsk, "", "")
	})
	return out, err
}

// offer is the activity that asks a parent.
func (s *Service) offer(ctx context.Context, app *route.Actor, l *Link) (as.Activity, error) {
	set, err := s.Instance.Settings(ctx)
	if err != nil {
		return as.Activity{}, err
	}
	_, key, pub, err := s.self(ctx, s.DB.Read())
	if err != nil {
		return as.Activity{}, err
	}
	inner, err := consent(l.OfferURI+"#relationship", set.Name, set.Level, app.URI, pub, l.URI, key, s.now())
	return as.Activity{Type: "Offer", ID: l.OfferURI, Actor: app.URI, Object: json.RawMessage(inner), To: []string{l.URI}, ExtraContext: terms()}, err
}

func (s *Service) nameOf(ctx context.Context, q db.Q, a *route.Actor) string {
	if acc, err := account.ByID(ctx, q, a.ID); err == nil {
		return text.PlainName(acc.Name(), maxLine)
	}
	return as.Host(a.URI)
}
