package post

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
)

// Judge says what Create would refuse now, without publishing anything: for
// posts that are to appear later. Whom a text names is not looked for.
func (s *Service) Judge(ctx context.Context, v *auth.Viewer, d *Draft) error {
	if err := s.check(d, false); err != nil {
		return err
	}
	parent, err := s.parent(ctx, v, d)
	if err != nil {
		return err
	}
	if err := s.checkParts(ctx, v, d, nil); err != nil {
		return err
	}
	if (d.Audience == Section || d.Audience == Movement) && !v.Member {
		return apperr.Invalid("post.members_only").Field("audience", "post.members_only")
	}
	me, err := account.ByID(ctx, s.DB.Read(), v.AccountID)
	if err != nil {
		return err
	}
	return allowed(me, *d, parent, nil)
}
