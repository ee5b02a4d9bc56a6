package admin

import (
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/report"
	"github.com/maillage/maillage/internal/tag"
)

// Service answers the apps of staff.
type Service struct {
	DB       *db.DB
	Accounts *account.Service
	Reports  *report.Service
	Hosts    *host.Service
	Tags     *tag.Service
	Version  string // of the program
}

// API declares it all.
func (s *Service) API(r *masto.Router) {
	const read, write = "admin:read:accounts", "admin:write:accounts"
	r.Get("/api/v1/admin/accounts", read, moderators(s.apiListV1))
	r.Get("/api/v2/admin/accounts", read, moderators(s.apiListV2))
	r.Get("/api/v1/admin/accounts/{id}", read, moderators(s.apiGet))
	r.Delete("/api/v1/admin/accounts/{id}", write, admins(s.apiErase))
	r.Post("/api/v1/admin/accounts/{id}/action", write, moderators(s.apiAct))
	r.Post("/api/v1/admin/accounts/{id}/approve", write, moderators(s.apiAdmit))
	r.Post("/api/v1/admin/accounts/{id}/reject", write, moderators(s.apiAdmit))
	for name, l := range liftings {
		r.Post("/api/v1/admin/accounts/{id}/"+name, write, moderators(s.apiLift(l)))
	}
	s.apiHosts(r)
	s.apiCounts(r)
	s.apiTags(r)
	s.apiNothing(r)
}

// moderators lets moderators and administrators pass, whatever the token says.
func moderators(h masto.Handler) masto.Handler {
	return func(r *masto.Req) error {
		if !r.Viewer.IsModerator() {
			return apperr.Forbidden("report.staff_only")
		}
		return h(r)
	}
}

// admins lets administrators pass.
func admins(h masto.Handler) masto.Handler {
	return func(r *masto.Req) error {
		if !r.Viewer.IsAdmin() {
			return apperr.Forbidden("admin.admins_only")
		}
		return h(r)
	}
}

// apiNothing declares what there is none of here: nobody signs up, so that there
// is nobody to refuse by address, and nothing is ranked. Apps that show these
// lists find them empty.
//
// Spec: Mastodon admin/ip_blocks, admin/email_domain_blocks, admin/canonical_email_blocks, admin/trends
func (s *Service) apiNothing(r *masto.Router) {
	none := func(r *masto.Req) error { return masto.List[struct{}](r, nil) }
	refuse := func(*masto.Req) error { return apperr.Invalid("admin.no_sign_up") }
	for _, what := range []string{"ip_blocks", "email_domain_blocks", "canonical_email_blocks"} {
		r.Get("/api/v1/admin/"+what, "admin:read:"+what, admins(none))
		r.Post("/api/v1/admin/"+what, "admin:write:"+what, admins(refuse))
	}
	r.Post("/api/v1/admin/canonical_email_blocks/test", "admin:read:canonical_email_blocks", admins(func(r *masto.Req) error {
		if r.String("email") == "" {
			return apperr.Invalid("masto.bad_value", "email").Field("email", "masto.bad_value", "email")
		}
		return none(r)
	}))
	for _, what := range []string{"links", "links/publishers", "statuses", "tags"} {
		r.Get("/api/v1/admin/trends/"+what, "admin:read", moderators(none))
	}
}
