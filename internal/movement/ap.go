package movement

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/text"
)

// maxAsking is how many servers may wait for an answer at a time.
const maxAsking = 200

// Activities are what other instances may tell us about affiliations, and the
// look at who writes for the movement.
func (s *Service) Activities() []route.Activity {
	out := []route.Activity{
		{Type: "Offer", Object: "Relationship", Handle: s.onOffer},
		{Type: "Accept", Object: "Offer", Prepare: s.prepareAccept, Handle: s.onAccept},
		{Type: "Reject", Object: "Offer", Handle: s.onReject},
		{Type: "Undo", Object: "Offer", Handle: s.onUndo},
		{Type: "Remove", Object: "*", Handle: s.onRemove},
		{Type: "Update", Object: "Relationship", Prepare: s.prepareCertificate, Handle: s.onCertificate},
		{Type: "Update", Object: "RevocationList", Handle: s.onRevocations},
	}
	for _, t := range as.PostTypes {
		out = append(out, route.Activity{Type: "Create", Object: t, Prepare: s.prepareCreate, Handle: nothing})
	}
	return out
}

func nothing(context.Context, *db.Tx, *route.Inbound) error { return nil }

func encode(pub crypto.PublicKey) (string, bool) {
	k, ok := pub.(ed25519.PublicKey)
	if !ok {
		return "", false
	}
	return sig.EncodeMultikey(k), true
}

// onOffer notes that an instance asks to be a child of this one. One that is a
// child already gets a new certificate: its key may be another.
func (s *Service) onOffer(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	inner := in.Doc.Object().Doc()
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	if in.Actor.Type != account.Application || inner == nil || inner.Refs("subject").ID() != in.Actor.URI || inner.Object().ID() != app.URI ||
		inner.String("relationship") != affiliatedWith || !as.SameOrigin(in.Doc.ID(), in.Actor.URI) || len(in.Doc.Bytes) > maxCert {
		return apperr.BadRequest("movement.bad_offer")
	}
	key, err := s.keyOf(ctx, tx, in.Actor.URI)
	if err != nil {
		return err
	}
	asked := Certificate{Issuer: app.URI, Subject: in.Actor.URI, Key: key, Consent: inner.Bytes}
	if err := asked.consented(s.now(), s.allowHTTP()); err != nil {
		return apperr.BadRequest("movement.bad_offer").Wrap(err) // it did not sign its own request
	}
	from := as.Host(in.Actor.URI)
	l, err := linkWith(ctx, tx, RoleChild, from)
	if err != nil {
		return err
	}
	if l != nil && l.OfferURI == in.Doc.ID() {
		return nil
	}
	if n, err := db.Get[int](ctx, tx, `select count(*) from movement_link where role = 'child' and state = 'asked'`); err != nil || n >= maxAsking && l == nil {
		return err
	}
	name := text.PlainName(inner.Name(), maxLine)
	if name == "" {
		name = s.nameOf(ctx, tx, in.Actor)
	}
	if l == nil {
		l = &Link{Role: RoleChild, Host: from}
	}
	l.URI, l.Name, l.OfferURI, l.Offer = in.Actor.URI, name, in.Doc.ID(), in.Doc.Bytes
	if l.State == Joined {
		return s.issue(ctx, tx, l)
	}
	l.State, l.Reason, l.CreatedAt, l.DecidedAt, l.ByID = Asked, "", s.now().UnixMilli(), 0, 0
	l.Level, l.Territory, l.Organes, l.CertID, l.EndsAt = text.PlainName(inner.String("level"), maxLine), "", "[]", "", 0
	return saveLink(ctx, tx, l)
}

// answered finds the request that an answer of a parent is about, nil for none.
func (s *Service) answered(ctx context.Context, q db.Q, in *route.Inbound) (*Link, error) {
	l, err := linkWith(ctx, q, RoleParent, as.Host(in.Actor.URI))
	if err != nil || l == nil || l.URI != in.Actor.URI || l.OfferURI != in.ObjectURI {
		return nil, err
	}
	return l, nil
}

// offered is what an Accept brings.
type offered struct {
	root  Root
	own   *Certificate
	chain []*Certificate
}

func readAccept(d *as.Doc) (*offered, error) {
	own, err := ParseCertificate(d.Raw("result"))
	if err != nil {
		return nil, err
	}
	o := &offered{root: Root{d.String("root"), d.String("rootKey")}, own: own}
	var list []json.RawMessage
	if raw := d.Raw("chain"); raw != nil {
		if err := json.Unmarshal(raw, &list); err != nil || len(list) > maxDepth {
			return nil, ErrForm
		}
	}
	for _, raw := range list {
		c, err := ParseCertificate(raw)
		if err != nil {
			return nil, err
		}
		o.chain = append(o.chain, c)
	}
	if _, err := sig.ParseMultikey(o.root.Key); err != nil || as.Host(o.root.URI) == "" {
		return nil, errors.Join(ErrForm, err)
	}
	return o, nil
}

// prepareAccept meets the root that a parent names, once, before it is pinned.
func (s *Service) prepareAccept(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	l, err := s.answered(ctx, s.DB.Read(), in)
	if err != nil || l == nil {
		return err
	}
	o, err := readAccept(in.Doc)
	if err != nil {
		return apperr.BadRequest("movement.bad_certificate").Wrap(err)
	}
	if pin, err := pinned(ctx, s.DB.Read()); err != nil || pin != nil {
		return err
	}
	_, err = f.Resolve(ctx, o.root.URI)
	return err
}

// onAccept takes the certificate of a parent, if it leads to the pinned root;
// the root of the first affiliation is pinned.
func (s *Service) onAccept(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	l, err := s.answered(ctx, tx, in)
	if err != nil || l == nil || l.State != Asked && l.State != Joined && l.State != NewRoot {
		return err
	}
	o, err := readAccept(in.Doc)
	if err != nil {
		return apperr.BadRequest("movement.bad_certificate").Wrap(err)
	}
	pin, err := pinned(ctx, tx)
	if err != nil {
		return err
	}
	if pin == nil {
		if key, err := s.keyOf(ctx, tx, o.root.URI); err != nil || key != o.root.Key {
			return apperr.Forbidden("movement.bad_root")
		}
	} else if *pin != o.root {
		l.State, l.Offer, l.DecidedAt = NewRoot, in.Doc.Bytes, s.now().UnixMilli()
		return saveLink(ctx, tx, l)
	}
	return s.join(ctx, tx, l, o, pin == nil)
}

// join makes an Accept count.
func (s *Service) join(ctx context.Context, tx *db.Tx, l *Link, o *offered, pinIt bool) error {
	app, _, key, err := s.self(ctx, tx)
	if err != nil {
		return err
	}
	if o.own.Subject != app.URI || o.own.Key != key || o.own.Issuer != l.URI {
		return apperr.Forbidden("movement.bad_certificate")
	}
	list, err := certs(ctx, tx)
	if err != nil {
		return err
	}
	gone, err := revocations(ctx, tx)
	if err != nil {
		return err
	}
	b := newBook(o.root, list, gone)
	fresh, err := b.learn(append(o.chain, o.own), s.now(), s.allowHTTP())
	if err != nil {
		return apperr.Forbidden("movement.bad_certificate").Wrap(err)
	}
	if pinIt {
		if err := pin(ctx, tx, o.root, 0, s.now().UnixMilli()); err != nil {
			return err
		}
	}
	for _, c := range fresh {
		if err := saveCert(ctx, tx, c); err != nil {
			return err
		}
	}
	if err := l.set(o.own.Grant); err != nil {
		return err
	}
	l.State, l.Reason, l.CertID, l.EndsAt, l.DecidedAt, l.Offer = Joined, "", o.own.ID, o.own.End.UnixMilli(), s.now().UnixMilli(), nil
	if err := saveLink(ctx, tx, l); err != nil {
		return err
	}
	if err := s.settle(ctx, tx); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, kindWalk, struct{}{}, jobs.Key("walk"))
}

// AgreeRoot takes the root that our parent named, instead of the pinned one.
// Errors: KindNotFound when none waits.
func (s *Service) AgreeRoot(ctx context.Context, by int64) error {
	l, err := parentOf(ctx, s.DB.Read())
	if err != nil {
		return err
	}
	if l == nil || l.State != NewRoot {
		return apperr.NotFound("movement.no_parent")
	}
	o, err := offeredBy(l)
	if err != nil {
		return err
	}
	if err := s.Repin(ctx, by, &o.root); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return s.join(ctx, tx, l, o, false) })
}

func (s *Service) onReject(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	l, err := s.answered(ctx, tx, in)
	if err != nil || l == nil || l.State != Asked {
		return err
	}
	l.State, l.Reason, l.DecidedAt = Refused, reasonOf(in.Doc), s.now().UnixMilli()
	return saveLink(ctx, tx, l)
}

func reasonOf(d *as.Doc) string { return text.Clean(text.Plain(d.Content()), maxReason) }

// onUndo ends the affiliation of a child that leaves.
func (s *Service) onUndo(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	l, err := linkWith(ctx, tx, RoleChild, as.Host(in.Actor.URI))
	if err != nil || l == nil || l.URI != in.Actor.URI || l.OfferURI != in.ObjectURI || l.State != Asked && l.State != Joined {
		return err
	}
	return s.part(ctx, tx, l, Left)
}

// onRemove ends our affiliation when our parent unlinks us.
func (s *Service) onRemove(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	app, err := s.App(ctx)
	if err != nil || in.ObjectURI != app.URI || in.Doc.Target().ID() != childrenURI(in.Actor.URI) {
		return err
	}
	l, err := linkWith(ctx, tx, RoleParent, as.Host(in.Actor.URI))
	if err != nil || l == nil || l.URI != in.Actor.URI || l.State != Joined {
		return err
	}
	return s.cut(ctx, tx, l, Unlinked, reasonOf(in.Doc))
}

// prepareCertificate meets the subject of a certificate, so that it can be told things.
func (s *Service) prepareCertificate(ctx context.Context, f route.Fetcher, in *route.Inbound) error {
	if in.Object == nil {
		return nil
	}
	c, err := ParseCertificate(in.Object.Bytes)
	if err != nil || as.SameOrigin(c.Subject, s.Accounts.Base) {
		return nil
	}
	b, err := s.book(ctx, s.DB.Read())
	if err != nil || b.keyOf(c.Issuer, s.now()) == "" {
		return err
	}
	if _, err := f.Resolve(ctx, c.Subject); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// onCertificate takes a certificate that its issuer made anew, ours or another's.
func (s *Service) onCertificate(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil {
		return nil
	}
	c, err := ParseCertificate(in.Object.Bytes)
	if err != nil || c.Issuer != in.Actor.URI {
		return apperr.BadRequest("movement.bad_certificate").Wrap(err)
	}
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	fresh, err := b.learn([]*Certificate{c}, s.now(), s.allowHTTP())
	if err != nil {
		return apperr.Forbidden("movement.bad_certificate").Wrap(err)
	}
	return s.keep(ctx, tx, fresh)
}

// keep stores verified certificates.
func (s *Service) keep(ctx context.Context, tx *db.Tx, fresh []*Certificate) error {
	if len(fresh) == 0 {
		return nil
	}
	for _, c := range fresh {
		if old, err := db.Get[int64](ctx, tx, `select starts_at from movement_cert where subject = $1 and issuer = $2`, c.Subject, c.Issuer); err == nil && old > c.Start.UnixMilli() {
			continue
		} else if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		if err := saveCert(ctx, tx, c); err != nil {
			return err
		}
	}
	return s.settle(ctx, tx)
}

// revocationList is the document of what an issuer revoked.
type revocationList struct {
	Context      []any    `json:"@context"`
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	AttributedTo string   `json:"attributedTo"`
	Updated      string   `json:"updated"`
	Revoked      []string `json:"revoked"`
}

// maxRevoked bounds a list of revocations.
const maxRevoked = 5000

// revocationDoc makes our list of revocations, proven.
func (s *Service) revocationDoc(ctx context.Context, q db.Q) ([]byte, error) {
	app, key, _, err := s.self(ctx, q)
	if err != nil {
		return nil, err
	}
	list, err := db.All[string](ctx, q, `select cert_id from movement_revoked where issuer = $1 and at > $2 order by at desc limit $3`,
		app.URI, s.now().Add(-longest).UnixMilli(), maxRevoked)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(revocationList{contextOf(), s.Accounts.Base + revocationsPath, "RevocationList", app.URI,
		s.now().UTC().Format("2006-01-02T15:04:05.000Z"), append([]string{}, list...)})
	if err != nil {
		return nil, err
	}
	return sig.Prove(body, key, s.now())
}

// pushRevocations tells the movement what we revoked.
func (s *Service) pushRevocations(ctx context.Context, tx *db.Tx) error {
	body, err := s.revocationDoc(ctx, tx)
	if err != nil {
		return err
	}
	to, err := everyone(ctx, tx)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, as.Activity{Type: "Update", ID: s.Accounts.Base + revocationsPath + "#" + s.now().Format("20060102150405.000000"),
		Object: json.RawMessage(body), To: to}, to...)
}

func (s *Service) onRevocations(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	if in.Object == nil || in.Object.AttributedTo() != in.Actor.URI {
		return nil
	}
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	return s.takeRevocations(ctx, tx, b, in.Object)
}

// takeRevocations notes what an issuer of the movement revoked. Ids are never
// taken off again, so an old list shown anew changes nothing.
func (s *Service) takeRevocations(ctx context.Context, tx *db.Tx, b *book, d *as.Doc) error {
	issuer := d.AttributedTo()
	key := b.keyOf(issuer, s.now())
	if key == "" || !d.Is("RevocationList") {
		return nil
	}
	if err := proven(d.Bytes, issuer, key, s.now(), s.allowHTTP()); err != nil {
		return apperr.Forbidden("movement.bad_certificate").Wrap(err)
	}
	var list []string
	if err := json.Unmarshal(d.Raw("revoked"), &list); err != nil || len(list) > maxRevoked {
		return apperr.BadRequest("movement.bad_certificate").Wrap(err)
	}
	for _, id := range list {
		if !as.SameOrigin(id, issuer) || len(id) > as.MaxURL {
			continue // only its own
		}
		if err := revoke(ctx, tx, issuer, id, s.now()); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `insert into movement_list (issuer, updated_at, looked_at) values ($1, $2, $3)
		on conflict (issuer) do update set updated_at = excluded.updated_at, looked_at = excluded.looked_at`, issuer, d.Updated().UnixMilli(), s.now().UnixMilli()); err != nil {
		return err
	}
	return s.settle(ctx, tx)
}

// offeredBy reads the Accept that waits for an administrator's word on its root.
func offeredBy(l *Link) (*offered, error) {
	d, err := as.Parse(l.Offer)
	if err != nil {
		return nil, err
	}
	return readAccept(d)
}
