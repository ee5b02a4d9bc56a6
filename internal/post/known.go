package post

import (
	"context"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
)

// Known reports whether a post of another server is here, and whether it is
// for everybody. It is false for ours and for what was deleted.
func (s *Service) Known(ctx context.Context, q db.Q, uri string) (here, public bool, err error) {
	p, err := RawByURI(ctx, q, uri)
	if apperr.Is(err, apperr.KindNotFound) {
		return false, false, nil
	} else if err != nil {
		return false, false, err
	}
	here = !p.Local && p.DeletedAt == 0
	return here, here && p.Audience == Public, nil
}
