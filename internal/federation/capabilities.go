package federation

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
)

// declared gives the best way to sign for a server by what one of its actors
// says that its software implements; ok is false when it says nothing of it.
//
// Spec: FEP-844e
func declared(d *as.Doc) (s sig.Scheme, ok bool) {
	lists := []as.Refs{d.Refs("implements")}
	if g := d.Refs("generator").Doc(); g != nil {
		lists = append(lists, g.Refs("implements"))
	}
	for _, list := range lists {
		for _, r := range list {
			href := r.ID()
			if r.Doc != nil && r.Doc.Has("href") {
				href = r.Doc.Refs("href").ID()
			}
			switch href {
			case route.ImplementsEd25519:
				return sig.RFC9421Ed25519, true
			case route.ImplementsRFC9421:
				s, ok = sig.RFC9421, true
			}
		}
	}
	return s, ok
}

// learnDeclared writes down what an actor's document says of its server.
func (e *Engine) learnDeclared(ctx context.Context, tx *db.Tx, d *as.Doc) error {
	s, ok := declared(d)
	host := as.Host(d.ID())
	if !ok || !e.peers.news(host, s) {
		return nil
	}
	return e.learn(ctx, tx, host, s)
}
