package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/web"
)

// PublicPath is the page about what we do with other servers, for everybody.
const PublicPath = instance.ServersPath

// publicRules are the rules that v may read: none, unless those who run the
// server publish them to members or to everybody. A rule says nothing here that
// was not written for everybody, and a name in part where that was asked for.
func (s *Service) publicRules(ctx context.Context, v *auth.Viewer) (list []host.Policy, shown bool, err error) {
	set, err := s.Instance.Settings(ctx)
	if err != nil {
		return nil, false, err
	}
	switch set.Servers {
	case instance.ServersAll:
	case instance.ServersMembers:
		if v == nil || !v.Member {
			return nil, false, nil
		}
	default:
		return nil, false, nil
	}
	all, err := s.Hosts.List(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, p := range all {
		if p.Host != host.Everyone && (p.Level == host.Silence || p.Level == host.Suspend) {
			list = append(list, p)
		}
	}
	return list, true, nil
}

// publicView is the page.
type publicView struct {
	Name   string
	Closed bool
	Shown  bool
	Rules  []publicRule
}

type publicRule struct{ Host, Level, Why string }

func (s *Service) getPublic(c *httpx.Ctx) error {
	set, err := s.Instance.Settings(c.Context())
	if err != nil {
		return err
	}
	list, shown, err := s.publicRules(c.Context(), c.Viewer)
	if err != nil {
		return err
	}
	v := publicView{Name: set.Name, Closed: s.Hosts.Closed(), Shown: shown}
	for _, p := range list {
		v.Rules = append(v.Rules, publicRule{publicName(p), c.T("servers.public." + string(p.Level)), p.Public})
	}
	return c.Page(&web.Page{Name: "servers/public", Title: c.T("servers.public.title"), Data: v, Canonical: s.Accounts.Base + PublicPath})
}

func publicName(p host.Policy) string {
	if p.Obfuscate {
		return partly(p.Host)
	}
	return p.Host
}

// API declares the list as apps ask for it.
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/instance/domain_blocks", masto.ScopePublic, s.apiRules)
}

// apiRules answers with an empty list where none is published: apps show an
// error otherwise, and there is nothing to tell from it.
//
// Spec: Mastodon instance#domain_blocks
func (s *Service) apiRules(r *masto.Req) error {
	list, _, err := s.publicRules(r.Context(), r.Viewer)
	if err != nil {
		return err
	}
	var out []masto.DomainBlock
	for _, p := range list {
		sum := sha256.Sum256([]byte(p.Host))
		out = append(out, masto.DomainBlock{Domain: publicName(p), Digest: hex.EncodeToString(sum[:]), Severity: string(p.Level), Comment: p.Public})
	}
	return r.JSON(http.StatusOK, masto.Array[masto.DomainBlock](out))
}
