package federation

import (
	"context"
	"crypto"
	"net/http"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/jobs"
)

// authenticate does all checks of who speaks that need no network. It leaves
// in.signer empty when the key is not known here.
//
// Spec: SG1…SG13, OR1, OR3; Spec: FEP-fe34
func (e *Engine) authenticate(ctx context.Context, in *received) error {
	s, err := sig.ParseRequest(in.request, in.body, e.sigOptions(in.at))
	if err != nil {
		return apperr.Unauthorized("federation.signature").Wrap(err)
	}
	in.signature = s
	if in.forwarded, err = checkOrigin(in.doc, s.KeyID); err != nil {
		return err
	}
	if e.own(s.KeyID) || e.own(in.doc.Actor()) {
		return apperr.Unauthorized("federation.own_actor") // what is ours does not come in by this door
	}
	signer, err := e.Directory.ActorByKey(ctx, e.DB.Read(), s.KeyID)
	if apperr.Is(err, apperr.KindNotFound) {
		return e.unknown(ctx, in)
	} else if err != nil {
		return err
	}
	if err := e.verify(s, signer.PublicKey); err != nil {
		// The key may have changed; the sender tries again, by then we know.
		if rerr := e.refetchKey(ctx, signer); rerr != nil {
			return rerr
		}
		return apperr.Unauthorized("federation.signature").Wrap(err)
	}
	if !in.forwarded && !speaksFor(signer, in.doc.Actor()) {
		if in.forwarded = bySomebodyElse(in.doc); !in.forwarded {
			return apperr.Unauthorized("federation.origin")
		}
	}
	in.signer = signer
	if in.forwarded {
		if in.author, err = e.Proven(ctx, in.doc, false); err != nil {
			in.author = nil
		}
	}
	return nil
}

// checkOrigin applies the origin rules between an activity and the key that
// signs it; forwarded says that one server passes on what another is said to do.
func checkOrigin(d *as.Doc, keyID string) (forwarded bool, err error) {
	err = as.CheckActivity(d, keyID)
	switch as.ReasonOf(err) {
	case "":
		return false, nil
	case as.ForeignActor:
		if forwardable(d) {
			return true, nil
		}
		return false, apperr.Unauthorized("federation.origin").Wrap(err)
	default:
		return false, apperr.BadRequest("federation.malformed").Wrap(err)
	}
}

// speaksFor reports whether signer may sign an activity of actor: its own, or,
// for a server's own actor, one of the same server.
func speaksFor(signer *route.Actor, actor string) bool {
	return signer.URI == actor || signer.Type == "Application" && as.SameOrigin(signer.URI, actor)
}

// bySomebodyElse reports whether an activity that another person of its actor's
// server signs is to be looked into: NodeBB says so what its moderators do to a post.
func bySomebodyElse(d *as.Doc) bool { return d.Is("Update", "Delete") && forwardable(d) }

// unknown decides on a request whose key is not known: the deletion of what we
// never met is nothing to us, and no reason to ask anybody.
//
// Spec: FE7
func (e *Engine) unknown(ctx context.Context, in *received) error {
	if !in.doc.Is("Delete") {
		return nil
	}
	_, err := e.Directory.ActorByURI(ctx, e.DB.Read(), in.doc.Actor())
	if apperr.Is(err, apperr.KindNotFound) {
		e.observe("Delete", "ignored")
		return errDropped
	}
	return err
}

// authorize checks whether who speaks may, and not too much.
func (e *Engine) authorize(in *received) error {
	host := as.Host(in.signature.KeyID)
	if e.blocked(host) {
		return apperr.Forbidden("federation.blocked")
	}
	if in.signer == nil {
		return nil // counted when it is kept apart
	}
	if in.signer.Suspended || in.signer.Deleted {
		return apperr.Forbidden("federation.blocked")
	}
	if st, ok := e.rates.Allow(host); !ok {
		return &busyError{apperr.TooMany("federation.too_many"), st.Retry}
	}
	if !in.forwarded {
		return nil
	}
	if e.blocked(as.Host(in.doc.Actor())) {
		return errDropped // who forwards need not know whom we block
	}
	if in.author != nil {
		return nil // proven: nobody need be asked
	}
	if st, ok := e.forwards.Allow(host); !ok {
		return &busyError{apperr.TooMany("federation.too_many"), st.Retry}
	}
	return nil
}

// refetchKey has an actor fetched anew, at most once in five minutes.
//
// Spec: SG11
func (e *Engine) refetchKey(ctx context.Context, a *route.Actor) error {
	if _, ok := e.refetch.Allow(a.KeyID); !ok {
		return nil
	}
	return e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return jobs.Enqueue(ctx, tx, kindRefresh, refresh{URI: a.URI}, jobs.Key(a.URI))
	})
}

// keyRing holds parsed public keys by their text.
type keyRing struct {
	*lru.Cache[string, crypto.PublicKey]
}

func newKeyRing() *keyRing {
	c, err := lru.New[string, crypto.PublicKey](1024)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &keyRing{c}
}

// verify checks a signature with a key in PEM.
func (e *Engine) verify(s *sig.Signature, pem string) error {
	pub, err := e.publicKey(pem)
	if err != nil {
		return err
	}
	return s.Verify(pub)
}

func (e *Engine) publicKey(pem string) (crypto.PublicKey, error) {
	if pub, ok := e.keys.Get(pem); ok {
		return pub, nil
	}
	pub, err := sig.ParsePublicPEM(pem)
	if err == nil {
		e.keys.Add(pem, pub)
	}
	return pub, err
}

// signed reports whether a request claims to be signed.
func signed(h http.Header) bool {
	return h.Get("Signature") != "" || h.Get("Signature-Input") != ""
}
