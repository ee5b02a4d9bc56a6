package post

import (
	"context"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
)

// serveAtPage answers with a post at the address of its page, which is what
// people paste into the search of their own server.
func (s *Service) serveAtPage(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	id, ok := ids.Parse(r.Vars["id"])
	if !ok {
		return nil, apperr.NotFound("post.not_found")
	}
	p, err := Raw(ctx, s.DB.Read(), id)
	if err != nil {
		return nil, err
	}
	key, ok := strings.CutPrefix(p.URI, s.Accounts.Base+"/objects/")
	if !ok {
		return nil, apperr.NotFound("post.not_found")
	}
	r.Vars = map[string]string{"key": key}
	return s.serveNote(ctx, r)
}
