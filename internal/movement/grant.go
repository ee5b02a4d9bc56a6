package movement

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
)

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
