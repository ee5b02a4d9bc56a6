package account

import (
	"context"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/text"
)

var _ route.Directory = (*Service)(nil)

// Actor gives the engine's view of an account.
func (a *Account) Actor() *route.Actor {
	return (&actorRow{
		ID: a.ID, URI: a.URI, Kind: a.Kind, Username: a.Username, Host: a.Host, Inbox: a.Inbox, SharedInbox: a.SharedInbox,
		Followers: a.Followers, KeyID: a.KeyID, PublicKey: a.PublicKey, Reachable: a.Reachable,
		SuspendedAt: a.SuspendedAt, DeletedAt: a.DeletedAt, FetchedAt: a.FetchedAt,
	}).actor()
}

// actorRow is what the engine asks for of an account. It does so several times for
// each activity, so no more is read.
type actorRow struct {
	ID                                int64
	URI, Kind, Username, Host         string
	Inbox, SharedInbox, Followers     string
	KeyID, PublicKey                  string
	Reachable                         bool
	SuspendedAt, DeletedAt, FetchedAt int64
}

func (r *actorRow) actor() *route.Actor {
	return &route.Actor{
		ID: r.ID, URI: r.URI, Type: r.Kind, Username: r.Username, Host: r.Host, Inbox: r.Inbox, SharedInbox: r.SharedInbox,
		Followers: r.Followers, KeyID: r.KeyID, PublicKey: r.PublicKey, Local: r.Host == "", Reachable: r.Reachable,
		Suspended: r.SuspendedAt != 0, Deleted: r.DeletedAt != 0, FetchedAt: time.UnixMilli(r.FetchedAt),
	}
}

func actor(ctx context.Context, q db.Q, where string, args ...any) (*route.Actor, error) {
	r, err := db.Get[actorRow](ctx, q, `select id, uri, kind, username, host, inbox, shared_inbox, followers, key_id, public_key,
		reachable, suspended_at, deleted_at, fetched_at from account where `+where, args...)
	if err != nil {
		return nil, err
	}
	return r.actor(), nil
}

// ActorByURI implements route.Directory.
func (s *Service) ActorByURI(ctx context.Context, q db.Q, uri string) (*route.Actor, error) {
	return actor(ctx, q, `uri = $1`, uri)
}

// ActorByID implements route.Directory.
func (s *Service) ActorByID(ctx context.Context, q db.Q, id int64) (*route.Actor, error) {
	return actor(ctx, q, `id = $1`, id)
}

// ActorByHandle implements route.Directory.
func (s *Service) ActorByHandle(ctx context.Context, q db.Q, name, host string) (*route.Actor, error) {
	return actor(ctx, q, `handle = $1`, foldHandle(name, host))
}

// StoreActor implements route.Directory. Everything shown to people is cleaned
// here, once, on its way in. A deleted account never comes back, and a handle
// that another account holds is not taken over: the newcomer is known under the
// host of its own id instead.
//
// Spec: AP 4.1; Spec: FEP-fe34
func (s *Service) StoreActor(ctx context.Context, tx *db.Tx, doc *as.Doc, handleHost string) (*route.Actor, error) {
	d, err := as.ReadActor(doc)
	if err != nil {
		return nil, apperr.BadRequest("federation.bad_actor").Wrap(err)
	}
	if d.Username = shownName(d.Username); d.Username == "" {
		return nil, apperr.BadRequest("federation.bad_actor")
	}
	if as.Host(d.ID) == as.Host(s.Base) {
		return nil, apperr.Forbidden("federation.own_actor")
	}
	old, err := ByURI(ctx, tx, d.ID)
	switch {
	case err == nil && old.DeletedAt != 0:
		return nil, apperr.Gone("account.gone")
	case err == nil:
		a := s.fromDoc(d, old.Host)
		a.ID, a.Host, a.Handle, a.CreatedAt = old.ID, old.Host, old.Handle, old.CreatedAt
		a.SuspendedAt = old.SuspendedAt
		if a.Alike, err = alike(ctx, tx, a); err != nil {
			return nil, err
		}
		if err := saveRemote(ctx, tx, a); err != nil {
			return nil, err
		}
		if err := saveActorKeys(ctx, tx, a.ID, d); err != nil {
			return nil, err
		}
		return a.Actor(), s.stored(ctx, tx, a, doc, false)
	case !apperr.Is(err, apperr.KindNotFound):
		return nil, err
	}
	if handleHost == "" {
		handleHost = as.Host(d.ID)
	}
	a := s.fromDoc(d, handleHost)
	a.ID = s.IDs.New()
	if taken, err := ByHandle(ctx, tx, a.Username, a.Host); err == nil {
		if taken, err = s.yield(ctx, tx, taken, a); taken != nil || err != nil {
			return nil, err
		}
	} else if !apperr.Is(err, apperr.KindNotFound) {
		return nil, err
	}
	if a.Alike, err = alike(ctx, tx, a); err != nil {
		return nil, err
	}
	if err := db.Insert(ctx, tx, "account", a); err != nil {
		return nil, err
	}
	if err := indexName(ctx, tx, a); err != nil {
		return nil, err
	}
	if err := saveActorKeys(ctx, tx, a.ID, d); err != nil {
		return nil, err
	}
	return a.Actor(), s.stored(ctx, tx, a, doc, true)
}

// stored tells the slices above of an actor of another server and of its document.
func (s *Service) stored(ctx context.Context, tx *db.Tx, a *Account, doc *as.Doc, fresh bool) error {
	for _, hook := range s.Described {
		if err := hook(ctx, tx, a.Host, doc); err != nil {
			return err
		}
	}
	return s.met(ctx, tx, a, fresh)
}

// met tells the slices above of an account of another server.
func (s *Service) met(ctx context.Context, tx *db.Tx, a *Account, fresh bool) error {
	for _, hook := range s.Met {
		if err := hook(ctx, tx, a, fresh); err != nil {
			return err
		}
	}
	return nil
}

// shownName makes a user name of another server one that can stand in an
// address: one that holds an @ of its own would pass for somebody elsewhere.
func shownName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("@/\\?#<>\"' ", r) {
			return '_'
		}
		return r
	}, text.PlainName(name, MaxName))
}

// yield settles who holds a handle. The same server may give a name to a new
// actor after deleting the old one; then the old row gives the name up.
// Otherwise the newcomer is refused, by an error.
func (s *Service) yield(ctx context.Context, tx *db.Tx, holder, newcomer *Account) (*Account, error) {
	if holder.Local() || !as.SameOrigin(holder.URI, newcomer.URI) {
		return holder, apperr.Conflict("federation.handle_taken")
	}
	_, err := tx.Exec(ctx, `update account set handle = $1 where id = $2`, holder.Handle+"#"+holder.URI, holder.ID)
	return nil, err
}

// fromDoc cleans what a remote actor says of itself.
func (s *Service) fromDoc(d *as.Actor, host string) *Account {
	now := time.Now().UnixMilli()
	a := &Account{
		URI: d.ID, Kind: d.Type, Username: d.Username, Host: host,
		DisplayName: text.PlainName(text.Plain(d.Name), MaxName), Note: text.Sanitize(cut(d.Summary, 4*MaxNote)),
		URL: as.HTTPURL(d.URL), Inbox: as.HTTPURL(d.Inbox), SharedInbox: as.HTTPURL(d.SharedInbox), Outbox: as.HTTPURL(d.Outbox),
		Followers: as.HTTPURL(d.Followers), Following: as.HTTPURL(d.Following), Featured: as.HTTPURL(d.Featured),
		Locked: d.ManuallyApproves, Bot: d.Type == Robot || d.Type == Application, Discoverable: d.Discoverable, Indexable: d.Indexable,
		Reachable: true, Public: true, MovedTo: as.HTTPURL(d.MovedTo), CreatedAt: now, UpdatedAt: now, FetchedAt: now,
	}
	if a.URL == "" {
		a.URL = a.URI
	}
	// An inbox elsewhere would make us send to a server that the actor does not speak for.
	if !as.SameOrigin(a.Inbox, a.URI) {
		a.Inbox = ""
	}
	if !as.SameOrigin(a.SharedInbox, a.URI) {
		a.SharedInbox = ""
	}
	if d.Icon != nil {
		a.Avatar, a.AvatarAlt = as.HTTPURL(d.Icon.URL), pictureAlt(d.Icon.Name)
	}
	if d.Image != nil {
		a.Header, a.HeaderAlt = as.HTTPURL(d.Image.URL), pictureAlt(d.Image.Name)
	}
	a.Attribution = attribution(d.AttributionDomains[:min(len(d.AttributionDomains), MaxAttribution)])
	k := d.Key()
	a.KeyID, a.PublicKey = k.ID, k.PEM
	if !d.Published.IsZero() && d.Published.Before(time.Now()) {
		a.CreatedAt = d.Published.UnixMilli()
	}
	var fields []Field
	for _, f := range d.Fields[:min(len(d.Fields), MaxFields)] {
		fields = append(fields, Field{text.PlainName(text.Plain(f.Name), MaxName), text.Sanitize(cut(f.Value, MaxFieldValue))})
	}
	a.Fields = encodeFields(fields)
	a.Handle = foldHandle(a.Username, a.Host)
	return a
}

func saveRemote(ctx context.Context, tx *db.Tx, a *Account) error {
	_, err := tx.Exec(ctx, `update account set kind = $1, username = $2, display_name = $3, note = $4, fields = $5, url = $6, inbox = $7,
		shared_inbox = $8, outbox = $9, followers = $10, following = $11, featured = $12, avatar = $13, header = $14, key_id = $15,
		public_key = $16, locked = $17, bot = $18, discoverable = $19, indexable = $20, moved_to = $21, updated_at = $22, fetched_at = $23,
		avatar_alt = $24, header_alt = $25, attribution = $26, alike = $27 where id = $28`,
		a.Kind, a.Username, a.DisplayName, a.Note, a.Fields, a.URL, a.Inbox, a.SharedInbox, a.Outbox, a.Followers, a.Following,
		a.Featured, a.Avatar, a.Header, a.KeyID, a.PublicKey, a.Locked, a.Bot, a.Discoverable, a.Indexable, a.MovedTo, a.UpdatedAt,
		a.FetchedAt, a.AvatarAlt, a.HeaderAlt, a.Attribution, a.Alike, a.ID)
	if err != nil {
		return err
	}
	return indexName(ctx, tx, a)
}

// Forget implements route.Directory: the actor's server says that it is gone for good.
func (s *Service) Forget(ctx context.Context, tx *db.Tx, uri string) error {
	a, err := ByURI(ctx, tx, uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if a.Local() {
		return apperr.Forbidden("federation.own_actor")
	}
	return s.remove(ctx, tx, a)
}

// cut shortens a text to at most n bytes, at the start of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
