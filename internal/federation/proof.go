package federation

import (
	"context"
	"errors"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
)

// A document may carry its author's own proof. Then it does not matter through
// whom it came: what was embedded or passed on is believed as if its author's
// server had served it. A proof that does not hold is as good as none.
//
// Spec: OR9; Spec: FEP-8b32

// maxProofAge is how old a proof may be to spare us a question. What is older
// may have been edited or deleted since. It is shorter than the inbox
// remembers, so that nothing old is passed on twice with an effect.
const maxProofAge = 7 * 24 * time.Hour

var errNotProven = errors.New("federation: not proven")

// Proven gives the actor who wrote a document, if it carries a proof of theirs
// that holds; any error means that it must be fetched. With ask, an author or a
// key that is not known is fetched, within the budget of ctx.
func (e *Engine) Proven(ctx context.Context, d *as.Doc, ask bool) (*route.Actor, error) {
	if !sig.HasProof(d.Bytes) {
		return nil, errNotProven
	}
	now := e.Clock()
	p, err := sig.ParseProof(d.Bytes, e.sigOptions(now))
	if err != nil {
		return nil, err
	}
	if now.Sub(p.Created) > maxProofAge {
		return nil, errNotProven
	}
	owner, err := ownerOf(d, p.KeyID)
	if err != nil {
		return nil, err
	}
	if e.own(owner) || e.blocked(as.Host(owner)) {
		return nil, apperr.Forbidden("federation.blocked")
	}
	a, err := e.author(ctx, owner, ask)
	if err != nil {
		return nil, err
	}
	if a.Suspended || a.Deleted || a.Local {
		return nil, apperr.Forbidden("federation.blocked")
	}
	pem, err := e.Directory.KeyOf(ctx, e.DB.Read(), a, p.KeyID)
	if apperr.Is(err, apperr.KindNotFound) && ask {
		if _, ok := e.refetch.Allow(p.KeyID); !ok {
			return nil, errNotProven
		}
		if err := e.refreshActor(ctx, refresh{URI: owner}); err != nil {
			return nil, err
		}
		pem, err = e.Directory.KeyOf(ctx, e.DB.Read(), a, p.KeyID)
	}
	if err != nil {
		return nil, err
	}
	pub, err := e.publicKey(pem)
	if err != nil {
		return nil, err
	}
	return a, p.Verify(pub)
}

// ownerOf is whose proof a document needs: its actor, or else its author, of
// one origin with its id and the key.
//
// Spec: FEP-fe34
func ownerOf(d *as.Doc, keyID string) (string, error) {
	if d.Has("actor") && !d.Has("attributedTo") {
		return d.Actor(), as.CheckActivity(d, keyID)
	}
	if as.IsActor(d) || len(d.Refs("attributedTo")) != 1 || !as.Trusted(d, keyID) {
		return "", errNotProven
	}
	return d.AttributedTo(), nil
}

func (e *Engine) author(ctx context.Context, uri string, ask bool) (*route.Actor, error) {
	if ask {
		return e.Resolve(ctx, uri)
	}
	return e.Directory.ActorByURI(ctx, e.DB.Read(), uri)
}

// provenKey holds, in a context, documents that need not be fetched.
type provenKey struct{}

// withEmbedded looks whether what an activity embeds of another server is
// proven; whoever asks for it with the context that comes back gets it so.
func (e *Engine) withEmbedded(ctx context.Context, in *route.Inbound) context.Context {
	inner := in.Doc.Object().Doc()
	if inner == nil || inner.ID() == "" || as.SameOrigin(inner.ID(), in.Actor.URI) {
		return ctx
	}
	by, err := e.Proven(ctx, inner, true)
	if err != nil {
		return ctx
	}
	docs := map[string]*as.Doc{inner.ID(): inner}
	// An activity that is proven vouches for what it embeds of its own actor.
	if about := inner.Object().Doc(); about != nil && inner.Has("actor") && about.AttributedTo() == by.URI && as.Trusted(about, by.URI) {
		docs[about.ID()] = about
	}
	return context.WithValue(ctx, provenKey{}, docs)
}

func provenIn(ctx context.Context, uri string) *as.Doc {
	docs, _ := ctx.Value(provenKey{}).(map[string]*as.Doc)
	return docs[uri]
}
