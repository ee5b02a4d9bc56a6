package movement

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/text"
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

// clean reads a grant as an administrator wrote it.
func (g Grant) clean() Grant {
	g.Level = text.PlainName(g.Level, maxLine)
	var parts []string
	for _, p := range strings.Split(text.PlainName(g.Territory, maxLine), "/") {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	g.Territory = strings.Join(parts, "/")
	var organes []string
	for _, o := range g.Organes {
		if o = text.PlainName(o, maxLine); o != "" && !slices.Contains(organes, o) {
			organes = append(organes, o)
		}
	}
	g.Organes = organes
	return g
}

// Accept affiliates a child that asked, with what it is granted; or grants a
// child something else from now on. A level of "" is the one that the child
// asked for. Errors: KindNotFound, KindInvalid with "level", "territory", "organes".
func (s *Service) Accept(ctx context.Context, by int64, child string, g Grant) error {
	return s.withChild(ctx, child, []string{Asked, Joined}, func(ctx context.Context, tx *db.Tx, l *Link) error {
		if g = g.clean(); g.Level == "" {
			g.Level = l.Level
		}
		if g.Level == "" {
			return apperr.Invalid("movement.no_level").Field("level", "movement.no_level")
		}
		if len(g.Organes) > maxOrganes {
			return apperr.Invalid("movement.many_organes", maxOrganes).Field("organes", "movement.many_organes", maxOrganes)
		}
		if err := s.mayGrant(ctx, tx, l, g); err != nil {
			return err
		}
		if err := l.set(g); err != nil {
			return err
		}
		l.State, l.Reason, l.DecidedAt, l.ByID = Joined, "", s.now().UnixMilli(), by
		if err := s.issue(ctx, tx, l); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actAccept, g.Level, "")
	})
}

// mayGrant refuses to give what this instance was not given.
func (s *Service) mayGrant(ctx context.Context, tx *db.Tx, l *Link, g Grant) error {
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	if l.URI == b.root.URI {
		return apperr.Invalid("movement.loop")
	}
	own, err := b.chain(app.URI, s.now())
	if err != nil {
		return apperr.Invalid("movement.no_chain").Wrap(err)
	}
	if len(own) == 0 {
		return nil // the root grants what it likes
	}
	for _, c := range own {
		if c.Subject == l.URI {
			return apperr.Invalid("movement.loop")
		}
	}
	mine := own[0].Grant
	wide := apperr.Invalid("movement.too_wide")
	if !(Grant{Level: g.Level}).Within(Grant{Level: mine.Level}) {
		return wide.Field("level", "movement.too_high", mine.Level)
	}
	if !(Grant{Territory: g.Territory}).Within(Grant{Territory: mine.Territory}) {
		return wide.Field("territory", "movement.too_far", mine.Territory)
	}
	if !g.Within(mine) {
		return wide.Field("organes", "movement.not_ours", strings.Join(mine.Organes, ", "))
	}
	return nil
}

// issue makes a certificate of a child, sends it and tells the movement. The
// certificate before it is revoked when it granted something else.
func (s *Service) issue(ctx context.Context, tx *db.Tx, l *Link) error {
	app, key, _, err := s.self(ctx, tx)
	if err != nil {
		return err
	}
	childKey, err := s.keyOf(ctx, tx, l.URI)
	if err != nil {
		return err
	}
	asked := consentOf(l)
	if len(asked) == 0 {
		return apperr.Invalid("movement.no_consent")
	}
	now := s.now()
	old := l.CertID
	start, err := startAfter(ctx, tx, app.URI, l.URI, now)
	if err != nil {
		return err
	}
	c := &Certificate{ID: s.Accounts.Base + "/movement/certificates/" + ids.Key(), Issuer: app.URI, Subject: l.URI, Key: childKey, Name: l.Name,
		Grant: l.Grant(), Start: start, End: now.Add(lifetime).Truncate(1e9), Consent: asked}
	if err := c.consented(now, s.allowHTTP()); err != nil {
		return apperr.Invalid("movement.no_consent").Wrap(err)
	}
	if err := c.sign(key, now); err != nil {
		return err
	}
	if c, err = ParseCertificate(c.Body); err != nil {
		return err
	}
	_, _, c.SignedBy, err = s.self(ctx, tx)
	if err != nil {
		return err
	}
	if err := saveCert(ctx, tx, c); err != nil {
		return err
	}
	l.CertID, l.EndsAt = c.ID, c.End.UnixMilli()
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	if old != "" {
		if err := revoke(ctx, tx, app.URI, old, now); err != nil {
			return err
		}
	}
	if err := s.settle(ctx, tx); err != nil {
		return err
	}
	chain, err := s.chainDocs(ctx, tx)
	if err != nil {
		return err
	}
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	accept := as.Activity{Type: "Accept", ID: c.ID + "#accept", Object: l.OfferURI, To: []string{l.URI}, ExtraContext: terms(),
		Extra: map[string]any{"result": json.RawMessage(c.Body), "chain": chain, "root": b.root.URI, "rootKey": b.root.Key}}
	if len(l.Offer) > 0 {
		accept.Object = json.RawMessage(l.Offer)
	}
	if err := s.tell(ctx, tx, accept, l.URI); err != nil {
		return err
	}
	others, err := everyone(ctx, tx)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(uri string) bool { return uri == l.URI })
	if err := s.tell(ctx, tx, as.Activity{Type: "Update", ID: c.ID + "#update", Object: json.RawMessage(c.Body), To: others}, others...); err != nil {
		return err
	}
	if old != "" {
		return s.pushRevocations(ctx, tx)
	}
	return nil
}

// startAfter is when a certificate begins: now, or with the one that it replaces, where this
// clock was ahead when that was made. Whoever has both takes the later for the newer.
func startAfter(ctx context.Context, q db.Q, issuer, subject string, now time.Time) (time.Time, error) {
	start := now.Truncate(1e9)
	ms, err := db.Get[int64](ctx, q, `select starts_at from movement_cert where subject = $1 and issuer = $2`, subject, issuer)
	if apperr.Is(err, apperr.KindNotFound) {
		return start, nil
	} else if err != nil {
		return start, err
	}
	if old := time.UnixMilli(ms); old.After(start) && !old.After(now.Add(skew)) {
		return old, nil
	}
	return start, nil
}

// consentOf is the word of a child that asked, nil when its server gave none.
func consentOf(l *Link) []byte {
	d, err := as.Parse(l.Offer)
	if err != nil {
		return nil
	}
	return d.Raw("object")
}

// keyOf is the key for proofs that a child's actor lists, a Multikey.
func (s *Service) keyOf(ctx context.Context, q db.Q, uri string) (string, error) {
	pems, err := db.All[string](ctx, q, `select k.public_key from actor_key k join account a on a.id = k.account_id where a.uri = $1 order by k.key_id`, uri)
	if err != nil {
		return "", err
	}
	for _, p := range pems {
		if key, ok := multikeyOf(p); ok {
			return key, nil
		}
	}
	return "", apperr.Invalid("movement.no_key")
}

// chainDocs are the certificates from this instance upward, as they go on the wire.
func (s *Service) chainDocs(ctx context.Context, q db.Q) ([]any, error) {
	b, err := s.book(ctx, q)
	if err != nil {
		return nil, err
	}
	app, err := s.App(ctx)
	if err != nil {
		return nil, err
	}
	own, err := b.chain(app.URI, s.now())
	out := []any{}
	if err != nil {
		return out, nil // none that holds
	}
	for _, c := range own {
		out = append(out, json.RawMessage(c.Body))
	}
	return out, nil
}

// Refuse says no to a child that asked, with a reason that its administrators
// read. Errors: KindNotFound, KindInvalid with "reason".
func (s *Service) Refuse(ctx context.Context, by int64, child, reason string) error {
	reason = text.Clean(reason, maxReason)
	if reason == "" {
		return apperr.Invalid("movement.no_reason").Field("reason", "movement.no_reason")
	}
	return s.withChild(ctx, child, []string{Asked}, func(ctx context.Context, tx *db.Tx, l *Link) error {
		l.State, l.Reason, l.DecidedAt, l.ByID = Refused, reason, s.now().UnixMilli(), by
		if err := saveLink(ctx, tx, l); err != nil {
			return err
		}
		a := as.Activity{Type: "Reject", ID: s.Accounts.Base + "/movement/answers/" + ids.Key(), Object: l.OfferURI, To: []string{l.URI}, Content: reason}
		if len(l.Offer) > 0 {
			a.Object = json.RawMessage(l.Offer)
		}
		if err := s.tell(ctx, tx, a, l.URI); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actRefuse, "", reason)
	})
}

// Unlink ends the affiliation of a child. It keeps all that is its own.
// Errors: KindNotFound, KindInvalid with "reason".
func (s *Service) Unlink(ctx context.Context, by int64, child, reason string) error {
	reason = text.Clean(reason, maxReason)
	if reason == "" {
		return apperr.Invalid("movement.no_reason").Field("reason", "movement.no_reason")
	}
	return s.withChild(ctx, child, []string{Joined}, func(ctx context.Context, tx *db.Tx, l *Link) error {
		l.Reason, l.ByID = reason, by
		if err := s.part(ctx, tx, l, Unlinked); err != nil {
			return err
		}
		app, err := s.App(ctx)
		if err != nil {
			return err
		}
		a := as.Activity{Type: "Remove", ID: s.Accounts.Base + "/movement/answers/" + ids.Key(), Object: l.URI, Target: childrenURI(app.URI), To: []string{l.URI}, Content: reason}
		if err := s.tell(ctx, tx, a, l.URI); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actUnlink, "", reason)
	})
}

// part ends the affiliation of a child: its certificate is revoked, and the
// movement is told.
func (s *Service) part(ctx context.Context, tx *db.Tx, l *Link, state string) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	if l.CertID != "" {
		if err := revoke(ctx, tx, app.URI, l.CertID, s.now()); err != nil {
			return err
		}
	}
	l.State, l.DecidedAt = state, s.now().UnixMilli()
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	if err := s.pushRevocations(ctx, tx); err != nil { // also to those below the child, who are about to be forgotten
		return err
	}
	return s.settle(ctx, tx)
}

// withChild runs an act on a child in one of some states.
func (s *Service) withChild(ctx context.Context, child string, states []string, do func(context.Context, *db.Tx, *Link) error) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := linkWith(ctx, tx, RoleChild, host.Normal(child))
		if err != nil {
			return err
		}
		if l == nil || !slices.Contains(states, l.State) {
			return apperr.NotFound("movement.no_child")
		}
		return do(ctx, tx, l)
	})
}

// Leave ends the affiliation with the parent, or takes the request back.
// Errors: KindNotFound.
func (s *Service) Leave(ctx context.Context, by int64) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := parentOf(ctx, tx)
		if err != nil {
			return err
		}
		if l == nil || l.State != Joined && l.State != Asked && l.State != NewRoot {
			return apperr.NotFound("movement.no_parent")
		}
		offer, err := s.offer(ctx, app, l)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, as.Activity{Type: "Undo", ID: l.OfferURI + "#undo", Object: offer, To: []string{l.URI}}, l.URI); err != nil {
			return err
		}
		if err := s.cut(ctx, tx, l, Left, ""); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, l.Host, actLeave, "", "")
	})
}

// cut forgets our own certificate: from now on there is no movement here.
func (s *Service) cut(ctx context.Context, tx *db.Tx, l *Link, state, reason string) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	if l.CertID != "" {
		if err := revoke(ctx, tx, l.URI, l.CertID, s.now()); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `delete from movement_cert where subject = $1 and issuer = $2`, app.URI, l.URI); err != nil {
		return err
	}
	l.State, l.Reason, l.DecidedAt = state, reason, s.now().UnixMilli()
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	return s.settle(ctx, tx)
}

// Repin takes another root for the pinned one: that which our parent named, or
// ourselves with "". Only an administrator's word does that.
func (s *Service) Repin(ctx context.Context, by int64, root *Root) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from movement_root`); err != nil {
			return err
		}
		name := s.Accounts.Host
		if root != nil {
			name = as.Host(root.URI)
			if err := pin(ctx, tx, *root, by, s.now().UnixMilli()); err != nil {
				return err
			}
		}
		if err := s.settle(ctx, tx); err != nil {
			return err
		}
		if err := jobs.Enqueue(ctx, tx, kindWalk, struct{}{}, jobs.Key("walk")); err != nil {
			return err
		}
		return host.Audit(ctx, tx, by, name, actRoot, "", "")
	})
}

func pin(ctx context.Context, tx *db.Tx, r Root, by, at int64) error {
	_, err := tx.Exec(ctx, `insert into movement_root (uri, host, key, pinned_at, by_id) values ($1, $2, $3, $4, $5)`, r.URI, as.Host(r.URI), r.Key, at, by)
	return err
}

// multikeyOf reads a key of a table of keys, if it is one for proofs.
func multikeyOf(pem string) (string, bool) {
	pub, err := sig.ParsePublicPEM(pem)
	if err != nil {
		return "", false
	}
	return encode(pub)
}
