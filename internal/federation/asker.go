package federation

import (
	"context"
	"net/http"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
)

// Asker tells who signed a GET of something that is no document, as a file of a
// post: nil for nobody, and for those with whom this server does not speak. An error is
// KindUnauthorized for a signature that is not good, or that it could not be looked into now.
func (e *Engine) Asker(ctx context.Context, r *http.Request) (*route.Actor, error) {
	if !signed(r.Header) || e.blocked(claimedHost(r.Header)) {
		return nil, nil
	}
	a, err := e.asker(ctx, r)
	switch {
	case apperr.Is(err, apperr.KindForbidden):
		return nil, nil
	case err != nil:
		return nil, err
	case e.blocked(as.Host(a.URI)):
		return nil, nil
	}
	return a, nil
}
