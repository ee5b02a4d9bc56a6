package federation

import (
	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
)

// mayAsk refuses, while only named servers pass, whoever does not prove to be one
// of them. A claim that was not verified is enough to refuse and never to allow.
//
// Spec: FE12
func (e *Engine) mayAsk(c *httpx.Ctx) error {
	if e.Closed == nil || !e.Closed() {
		return nil
	}
	c.Private()
	shut := apperr.Forbidden("federation.blocked")
	if !signed(c.R.Header) || e.blocked(claimedHost(c.R.Header)) {
		return shut
	}
	a, err := e.asker(c.Context(), c.R)
	if err != nil {
		return shut.Wrap(err)
	}
	if e.blocked(as.Host(a.URI)) {
		return shut
	}
	return nil
}
