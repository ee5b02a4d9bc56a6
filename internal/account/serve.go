package account

import (
	"context"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// Objects are the documents of our actors.
//
// Spec: AP 4
func (s *Service) Objects() []route.Object {
	return []route.Object{
		{Pattern: "/users/{key}", Serve: s.serveActor},
		{Pattern: "/@{name}", Serve: s.serveAtPage},
	}
}

// ActorByInbox implements route.Directory.
func (s *Service) ActorByInbox(ctx context.Context, q db.Q, inbox string) (*route.Actor, error) {
	return actor(ctx, q, `host <> '' and inbox = $1`, inbox)
}

// Served finds the local account behind a key of /users/, if strangers may know
// of it: NotFound for a private account as for none, Gone for a deleted one.
func (s *Service) Served(ctx context.Context, q db.Q, key string) (*Account, error) {
	a, err := ByURI(ctx, q, s.Base+"/users/"+key)
	switch {
	case err != nil:
		return nil, err
	case a.DeletedAt != 0 && a.Local():
		return a, apperr.Gone("account.gone")
	case !a.Local() || !a.Reachable || a.SuspendedAt != 0:
		return nil, apperr.NotFound("account.not_found")
	}
	return a, nil
}

// serveActor answers with an actor, or with what is left of one.
//
// Spec: AP 4.1; Spec: FEP-4f05
func (s *Service) serveActor(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	from := ""
	if r.Signer != nil {
		from = r.Signer.Host
	}
	a, err := s.ServedTo(ctx, s.DB.Read(), r.Vars["key"], from)
	if apperr.Is(err, apperr.KindGone) {
		tomb, terr := as.Tombstone{ID: a.URI, FormerType: a.Kind, Deleted: time.UnixMilli(a.DeletedAt)}.Build()
		if terr != nil {
			return nil, terr
		}
		return tomb, err
	} else if err != nil {
		return nil, err
	}
	return s.ActorDocument(ctx, s.DB.Read(), a)
}

// ActorDocument makes the document of one of our actors. Somebody who agreed to
// be reached by address, and no more, is a name and an inbox.
//
// Spec: AP 4.1; Spec: FEP-2c59, FEP-5feb, FEP-fb2a, FEP-521a
func (s *Service) ActorDocument(ctx context.Context, q db.Q, a *Account) ([]byte, error) {
	proof, err := s.multikey(ctx, q, a)
	if err != nil {
		return nil, err
	}
	aliases, err := Aliases(ctx, q, a.ID)
	if err != nil {
		return nil, err
	}
	d := as.Actor{
		AlsoKnownAs: aliases,
		Multikeys:   []as.Multikey{proof}, Extra: implements(), ExtraContext: implementsContext(),
		ID: a.URI, Type: a.Kind, URL: a.URL, Username: a.Username, Name: a.Name(),
		Inbox: a.Inbox, Outbox: a.Outbox, Followers: a.Followers, Following: a.Following, Featured: a.Featured, SharedInbox: a.SharedInbox,
		WebFinger: a.Username + "@" + s.Host, Keys: []as.PublicKey{{ID: a.KeyID, Owner: a.URI, PEM: a.PublicKey}},
		ManuallyApproves: a.Locked, Discoverable: a.Discoverable, Indexable: a.Indexable, MovedTo: a.MovedTo,
		Published: a.Created().UTC().Truncate(24 * time.Hour), Updated: time.UnixMilli(a.UpdatedAt),
	}
	if a.Kind == Person && a.Bot {
		d.Type = Robot
	}
	if a.Public {
		d.Summary, d.AttributionDomains = a.Note, a.Attributions()
		for _, f := range a.FieldList() {
			d.Fields = append(d.Fields, as.Field{Name: f.Name, Value: f.Value})
		}
	}
	if a.Public || a.Kind == Group { // who gets the document of a closed one gets its pictures
		if a.Avatar != "" {
			d.Icon = &as.Image{URL: a.Avatar, Name: a.AvatarAlt}
		}
		if a.Header != "" {
			d.Image = &as.Image{URL: a.Header, Name: a.HeaderAlt}
		}
	}
	for _, hook := range s.Documented {
		if err := hook(ctx, q, a, &d); err != nil {
			return nil, err
		}
	}
	return d.Build()
}
