package account

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
)

// serveAtPage answers with an actor at the address of its page, which is what
// people paste into the search of their own server.
func (s *Service) serveAtPage(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	a, err := ByHandle(ctx, s.DB.Read(), r.Vars["name"], "")
	if err != nil {
		return nil, err
	}
	key, ok := strings.CutPrefix(a.URI, s.Base+"/users/")
	if !ok {
		return nil, apperr.NotFound("account.not_found")
	}
	r.Vars = map[string]string{"key": key}
	return s.serveActor(ctx, r)
}
