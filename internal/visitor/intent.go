package visitor

import (
	"context"
	"net/url"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/discovery"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/post"
)

// Somebody with an account on another server follows, likes or answers from
// there what they see here: their server says on which page of it.
//
// Spec: FEP-3b86

// thing is what of ours somebody wants to act on from their own server.
type thing struct {
	URI, Page string
	Activity  string // "Follow", or "Object" to open it
	Name      string // of the account, or of the author
	Handle    string // of the account; "" for a post
}

// thingAt finds what everybody may know of here. KindNotFound for all else.
func (s *Service) thingAt(ctx context.Context, uri string) (*thing, error) {
	missing := apperr.NotFound("httpx.not_found")
	q := s.DB.Read()
	a, err := account.ByURI(ctx, q, uri)
	switch {
	case err == nil && a.Local() && a.Reachable && a.VisibleTo(nil):
		return &thing{a.URI, a.Path(), "Follow", a.Name(), "@" + a.Username + "@" + s.Accounts.Host}, nil
	case err == nil:
		return nil, missing
	case !apperr.Is(err, apperr.KindNotFound):
		return nil, err
	}
	p, err := post.ByURI(ctx, q, post.Reader{}, uri)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && !p.Local {
		return nil, missing
	} else if err != nil {
		return nil, err
	}
	author, err := account.ByID(ctx, q, p.AccountID)
	if err != nil {
		return nil, err
	}
	page, err := url.Parse(p.URL)
	if err != nil {
		return nil, missing
	}
	return &thing{URI: p.URI, Page: page.Path, Activity: "Object", Name: author.Name()}, nil
}

// pageThere finds the page of somebody's server where they act on x. addr is where
// they ask from. Errors: KindInvalid with the field "handle"; KindTooMany.
func (s *Service) pageThere(ctx context.Context, addr, typed string, x *thing) (host, page string, err error) {
	s.limits()
	bad := func(key string, cause error) error {
		return apperr.Invalid(key, "Host", host).Field("handle", key, "Host", host).Wrap(cause)
	}
	h, err := discovery.ParseHandle(typed)
	if err != nil {
		return "", "", bad("visitor.intent.bad_handle", err)
	}
	if host, err = s.hostOfHandle(typed); err != nil {
		return "", "", err
	}
	if _, ok := s.signIns.Allow(addr); !ok {
		return "", "", apperr.TooMany("visitor.too_many")
	}
	leave, ok := s.abroad.enter(host)
	if !ok {
		return "", "", crowded(host)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, beginWithin)
	defer cancel()
	h.Host = host
	j, err := s.Says(ctx, h.String())
	if err != nil {
		return "", "", bad("visitor.intent.unknown", err)
	}
	page = as.HTTPURL(j.IntentURL(x.Activity, x.URI))
	u, err := url.Parse(page)
	if page == "" || err != nil || u.Scheme != "https" && !s.LocalTest || s.Blocked != nil && s.Blocked(as.Host(page)) {
		return "", "", bad("visitor.intent.none", err)
	}
	return u.Host, page, nil
}
