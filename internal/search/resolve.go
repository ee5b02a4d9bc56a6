package search

import (
	"context"
	"net/url"
	"strings"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
)

// chain is how many unknown parents of a post are fetched with it.
const chain = 10

// Resolve finds what an address names: name@host in any of its forms, or the
// URL of a profile or post. What is not known here is fetched from its own
// server. KindNotFound for what is nothing, cannot be had or is not for v to
// see, all alike; KindTooMany when v asked other servers too often.
func (s *Service) Resolve(ctx context.Context, v *auth.Viewer, address string) (Found, error) {
	return s.find(ctx, v, address, true)
}

// Known is Resolve without asking any other server.
func (s *Service) Known(ctx context.Context, v *auth.Viewer, address string) (Found, error) {
	return s.find(ctx, v, address, false)
}

// IsAddress reports whether a text is an address and no name to look for.
func IsAddress(q string) bool {
	if isURL(q) {
		return true
	}
	name, _, ok := account.ParseAcct(q, "")
	return ok && strings.Contains(strings.TrimLeft(q, "@!"), name+"@")
}

func isURL(q string) bool {
	return strings.HasPrefix(q, "https://") || strings.HasPrefix(q, "http://")
}

func (s *Service) find(ctx context.Context, v *auth.Viewer, address string, fetch bool) (Found, error) {
	address = strings.TrimSpace(address)
	if v == nil || len(address) > MaxQuery {
		return Found{}, notFound(nil)
	}
	if s.Fetcher == nil {
		fetch = false
	}
	var f Found
	var err error
	if isURL(address) {
		f, err = s.byURL(ctx, v, address, fetch)
	} else {
		f, err = s.byHandle(ctx, v, address, fetch)
	}
	switch {
	case err == nil:
		return s.allowed(ctx, v, f)
	case ctx.Err() != nil, apperr.Is(err, apperr.KindTooMany), apperr.Is(err, apperr.KindInternal):
		return Found{}, err
	default:
		// Whatever the other server said, there is nothing to show.
		return Found{}, notFound(err)
	}
}

// allowed leaves out what v may not see.
func (s *Service) allowed(ctx context.Context, v *auth.Viewer, f Found) (Found, error) {
	switch {
	case f.Account != nil && knows(v, f.Account):
		return f, nil
	case f.Post != nil:
		p, err := s.Posts.Get(ctx, v, f.Post.ID)
		return Found{Post: p}, err
	}
	return Found{}, notFound(nil)
}

func (s *Service) byHandle(ctx context.Context, v *auth.Viewer, address string, fetch bool) (Found, error) {
	name, host, ok := account.ParseAcct(address, s.Accounts.Host)
	if !ok {
		return Found{}, notFound(nil)
	}
	a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
	if !apperr.Is(err, apperr.KindNotFound) || host == "" || !fetch {
		return Found{Account: a}, err
	}
	if err := s.ask(v); err != nil {
		return Found{}, err
	}
	actor, err := s.Fetcher.ResolveHandle(ctx, name, host)
	if err != nil {
		return Found{}, unlessEnded(ctx, err)
	}
	return s.account(ctx, actor.ID)
}

func (s *Service) account(ctx context.Context, id int64) (Found, error) {
	a, err := account.ByID(ctx, s.DB.Read(), id)
	return Found{Account: a}, err
}

// unlessEnded turns a failure of another server into "nothing there".
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil || apperr.Is(err, apperr.KindTooMany) {
		return err
	}
	return notFound(err)
}

func (s *Service) byURL(ctx context.Context, v *auth.Viewer, address string, fetch bool) (Found, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return Found{}, notFound(err)
	}
	u.Fragment = ""
	address = u.String()
	if as.SameOrigin(address, s.Accounts.Base) {
		return s.own(ctx, u)
	}
	f, err := s.stored(ctx, address)
	if !apperr.Is(err, apperr.KindNotFound) || !fetch {
		return f, err
	}
	if err := s.ask(v); err != nil {
		return Found{}, err
	}
	return s.fetch(ctx, address)
}

// own finds what an address of ours shows.
func (s *Service) own(ctx context.Context, u *url.URL) (Found, error) {
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if acct, ok := strings.CutPrefix(parts[0], "@"); ok {
		if len(parts) == 2 {
			id, ok := ids.Parse(parts[1])
			if !ok {
				return Found{}, notFound(nil)
			}
			p, err := post.Raw(ctx, s.DB.Read(), id)
			return Found{Post: p}, err
		}
		name, host, ok := account.ParseAcct(acct, s.Accounts.Host)
		if !ok || len(parts) != 1 {
			return Found{}, notFound(nil)
		}
		a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
		return Found{Account: a}, err
	}
	return s.byURI(ctx, s.Accounts.Base+u.Path)
}

func (s *Service) byURI(ctx context.Context, uri string) (Found, error) {
	a, err := account.ByURI(ctx, s.DB.Read(), uri)
	if !apperr.Is(err, apperr.KindNotFound) {
		return Found{Account: a}, err
	}
	p, err := post.RawByURI(ctx, s.DB.Read(), uri)
	return Found{Post: p}, err
}

// stored finds what another server's address means to us, by id or by page.
func (s *Service) stored(ctx context.Context, address string) (Found, error) {
	f, err := s.byURI(ctx, address)
	if !apperr.Is(err, apperr.KindNotFound) {
		return f, err
	}
	q := s.DB.Read()
	id, err := db.Get[int64](ctx, q, `select id from account where url = $1 and host <> '' and deleted_at = 0`, address)
	if !apperr.Is(err, apperr.KindNotFound) {
		if err != nil {
			return Found{}, err
		}
		return s.account(ctx, id)
	}
	if id, err = db.Get[int64](ctx, q, `select id from post where url = $1 and not local and boost_of_id = 0 and deleted_at = 0`, address); err != nil {
		return Found{}, err
	}
	p, err := post.Raw(ctx, q, id)
	return Found{Post: p}, err
}

// fetch asks the server of an address for what it shows.
func (s *Service) fetch(ctx context.Context, address string) (Found, error) {
	d, err := s.Fetcher.Fetch(ctx, address)
	if err != nil {
		return Found{}, unlessEnded(ctx, err)
	}
	if d.Is(account.Person, account.Group, account.Organization, account.Robot, account.Application) {
		actor, err := s.Fetcher.Resolve(ctx, d.ID())
		if err != nil {
			return Found{}, unlessEnded(ctx, err)
		}
		return s.account(ctx, actor.ID)
	}
	// The page of a post often has another address than the post.
	if p, err := post.RawByURI(ctx, s.DB.Read(), d.ID()); err == nil {
		return Found{Post: p}, nil
	}
	p, err := s.Posts.Take(ctx, s.Fetcher, d, chain)
	if err != nil {
		return Found{}, unlessEnded(ctx, err)
	}
	return Found{Post: p}, nil
}
