package account

import (
	"context"
	"net/url"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/web"
)

// Path is our page about an account.
func (a *Account) Path() string {
	if a.Kind == Application && a.Local() {
		return "/"
	}
	return "/@" + url.PathEscape(a.Acct())
}

// Author shows an account on pages, its picture too, from an address of ours: a
// page asks nothing of a third party.
func Author(a *Account) web.Author {
	if a == nil || a.Gone() {
		return web.Author{Name: "?", Handle: "?"}
	}
	return web.Author{Name: a.Name(), Handle: a.Acct(), URL: a.Path(), Outside: !a.Local(), Doubt: a.doubt(), AvatarURL: a.Face()}
}

// Shown finds an account by "name" or "name@host", if v may know of it;
// KindNotFound otherwise, whether or not it exists.
func (s *Service) Shown(ctx context.Context, v *auth.Viewer, acct string) (*Account, error) {
	name, host, ok := ParseAcct(acct, s.Host)
	if !ok {
		return nil, apperr.NotFound("account.not_found")
	}
	a, err := ByHandle(ctx, s.DB.Read(), name, host)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && (!a.VisibleTo(v) || a.Kind == Application) {
		return nil, apperr.NotFound("account.not_found").Wrap(err)
	}
	return a, err
}
