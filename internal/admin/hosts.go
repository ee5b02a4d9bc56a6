package admin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/masto"
)

// apiHosts declares the rules for other servers. The rule for everyone, which
// closes the site to those that are not named, is neither shown nor changed here:
// the page on servers says in words what it does.
//
// Spec: Mastodon admin/domain_blocks, admin/domain_allows
func (s *Service) apiHosts(r *masto.Router) {
	const blocks, allows = "/api/v1/admin/domain_blocks", "/api/v1/admin/domain_allows"
	r.Get(blocks, "admin:read:domain_blocks", admins(s.apiRules(blocked, block)))
	r.Get(blocks+"/{id}", "admin:read:domain_blocks", admins(s.apiRule(blocked, block)))
	r.Post(blocks, "admin:write:domain_blocks", admins(s.apiBlock))
	r.Put(blocks+"/{id}", "admin:write:domain_blocks", admins(s.apiReblock))
	r.Delete(blocks+"/{id}", "admin:write:domain_blocks", admins(s.apiUnrule(blocked)))
	r.Get(allows, "admin:read:domain_allows", admins(s.apiRules(allowed, allow)))
	r.Get(allows+"/{id}", "admin:read:domain_allows", admins(s.apiRule(allowed, allow)))
	r.Post(allows, "admin:write:domain_allows", admins(s.apiAllow))
	r.Delete(allows+"/{id}", "admin:write:domain_allows", admins(s.apiUnrule(allowed)))
}

// blocked are the rules against a server, allowed those by which it always passes.
func blocked(p host.Policy) bool {
	return p.Host != host.Everyone && (p.Level != host.None || p.RejectMedia || p.RejectReports)
}

func allowed(p host.Policy) bool { return p.Host != host.Everyone && !blocked(p) }

// number is the id that apps know a rule by: rules have none but their name.
func number(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.BigEndian.Uint64(sum[:8])>>2) | 1
}

// Spec: Mastodon entities/Admin_DomainBlock
func block(p host.Policy) any {
	sum := sha256.Sum256([]byte(p.Host))
	e := masto.AdminDomainBlock{ID: masto.ID(number(p.Host)), Domain: p.Host, Digest: hex.EncodeToString(sum[:]), CreatedAt: masto.At(p.CreatedAt),
		Severity: string(p.Level), RejectMedia: p.RejectMedia, RejectReports: p.RejectReports,
		PrivateComment: masto.OrNil(p.Note), PublicComment: masto.OrNil(p.Public), Obfuscate: p.Obfuscate}
	if p.Level == host.None {
		e.Severity = "noop"
	}
	return e
}

// Spec: Mastodon entities/Admin_DomainAllow
func allow(p host.Policy) any {
	return masto.AdminDomainAllow{ID: masto.ID(number(p.Host)), Domain: p.Host, CreatedAt: masto.At(p.CreatedAt)}
}

// apiRules lists rules of a kind. Their ids do not follow time, nor does the list.
func (s *Service) apiRules(of func(host.Policy) bool, show func(host.Policy) any) masto.Handler {
	return func(r *masto.Req) error {
		list, err := s.Hosts.List(r.Context())
		if err != nil {
			return err
		}
		p := r.PageOf(100, 200)
		list = slices.DeleteFunc(list, func(x host.Policy) bool {
			n := number(x.Host)
			return !of(x) || n >= p.Upper() || n <= p.Lower()
		})
		slices.SortFunc(list, func(a, b host.Policy) int {
			if number(a.Host) > number(b.Host) {
				return -1
			}
			return 1
		})
		if len(list) > p.Limit {
			if p.MinID > 0 {
				list = list[len(list)-p.Limit:]
			} else {
				list = list[:p.Limit]
			}
		}
		masto.LinkFor(r, p, list, func(x host.Policy) int64 { return number(x.Host) })
		out := make([]any, len(list))
		for i, x := range list {
			out[i] = show(x)
		}
		return masto.List(r, out)
	}
}

// rule finds a rule of a kind by the id in the address.
func (s *Service) rule(r *masto.Req, of func(host.Policy) bool) (host.Policy, error) {
	id, err := r.ID("id")
	if err != nil {
		return host.Policy{}, err
	}
	list, err := s.Hosts.List(r.Context())
	if err != nil {
		return host.Policy{}, err
	}
	for _, p := range list {
		if of(p) && number(p.Host) == id {
			return p, nil
		}
	}
	return host.Policy{}, apperr.NotFound("host.none")
}

func (s *Service) apiRule(of func(host.Policy) bool, show func(host.Policy) any) masto.Handler {
	return func(r *masto.Req) error {
		p, err := s.rule(r, of)
		if err != nil {
			return err
		}
		return r.OK(show(p))
	}
}

// asked reads a rule into p, which holds what stays when it is not given.
func asked(r *masto.Req, p *host.Policy) error {
	if r.Has("severity") {
		switch v := r.String("severity"); v {
		case "noop":
			p.Level = host.None
		case string(host.Silence), string(host.Suspend):
			p.Level = host.Level(v)
		default:
			return apperr.Invalid("admin.bad_severity").Field("severity", "admin.bad_severity")
		}
	}
	p.RejectMedia, p.RejectReports = r.Bool("reject_media", p.RejectMedia), r.Bool("reject_reports", p.RejectReports)
	p.Obfuscate = r.Bool("obfuscate", p.Obfuscate)
	if v := r.Opt("private_comment"); v != nil {
		p.Note = *v
	}
	if v := r.Opt("public_comment"); v != nil {
		p.Public = *v
	}
	if p.Host != "" && !blocked(*p) && p.Host != host.Everyone {
		return apperr.Invalid("admin.empty_rule").Field("severity", "admin.empty_rule")
	}
	return nil
}

// lay lays a rule down, and gives it as it is then known.
func (s *Service) lay(ctx context.Context, by int64, p host.Policy) (host.Policy, error) {
	if p.Host == host.Everyone || p.Host == "" {
		return p, apperr.Invalid("host.bad_host").Field("domain", "host.bad_host")
	}
	p, err := s.Hosts.SetBy(ctx, by, p)
	if err != nil {
		return p, err
	}
	return s.Hosts.Get(ctx, p.Host)
}

// taken is the answer to a rule that there is already.
type taken struct {
	Error    string `json:"error"`
	Existing any    `json:"existing_domain_block"`
}

// Spec: Mastodon admin/domain_blocks#create
func (s *Service) apiBlock(r *masto.Req) error {
	p := host.Policy{Host: host.Normal(r.String("domain")), Level: host.Silence}
	if err := asked(r, &p); err != nil {
		return err
	}
	switch old, err := s.Hosts.Get(r.Context(), p.Host); {
	case err == nil && blocked(old):
		return r.JSON(http.StatusUnprocessableEntity, taken{r.T("admin.block_exists"), block(old)})
	case err != nil && !apperr.Is(err, apperr.KindNotFound):
		return err
	}
	p, err := s.lay(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	return r.OK(block(p))
}

// Spec: Mastodon admin/domain_blocks#update
func (s *Service) apiReblock(r *masto.Req) error {
	p, err := s.rule(r, blocked)
	if err != nil {
		return err
	}
	if err := asked(r, &p); err != nil {
		return err
	}
	if p, err = s.lay(r.Context(), r.Viewer.AccountID, p); err != nil {
		return err
	}
	return r.OK(block(p))
}

// Spec: Mastodon admin/domain_allows#create
func (s *Service) apiAllow(r *masto.Req) error {
	name := host.Normal(r.String("domain"))
	old, err := s.Hosts.Get(r.Context(), name)
	switch {
	case err == nil && blocked(old):
		return apperr.Invalid("admin.blocked").Field("domain", "admin.blocked")
	case err == nil && allowed(old):
		return r.OK(allow(old))
	case err != nil && !apperr.Is(err, apperr.KindNotFound):
		return err
	}
	p, err := s.lay(r.Context(), r.Viewer.AccountID, host.Policy{Host: name, Level: host.None})
	if err != nil {
		return err
	}
	return r.OK(allow(p))
}

func (s *Service) apiUnrule(of func(host.Policy) bool) masto.Handler {
	return func(r *masto.Req) error {
		p, err := s.rule(r, of)
		if err != nil {
			return err
		}
		if err := s.Hosts.RemoveBy(r.Context(), r.Viewer.AccountID, p.Host, ""); err != nil {
			return err
		}
		return r.Empty()
	}
}
