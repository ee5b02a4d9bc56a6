package instance

import (
	"net/http"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

// API declares what client apps ask about the instance itself, and the lists
// of things that there are none of here: apps ask for them at each start and
// show an error without an answer. A feature that brings such a thing takes its
// line away from here.
//
// Spec: Mastodon instance
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v2/instance", masto.ScopePublic, s.apiInstance, httpx.Keep())
	r.Get("/api/v1/instance", masto.ScopePublic, s.apiInstanceV1, httpx.Keep())
	r.Get("/health", masto.ScopePublic, func(r *masto.Req) error { return r.Text(http.StatusOK, "text/plain; charset=utf-8", "OK") })
	r.Get("/api/v1/instance/extended_description", masto.ScopePublic, s.apiDescription)
	r.Get("/api/v1/instance/rules", masto.ScopePublic, s.apiRules)
	r.Get("/api/v1/instance/privacy_policy", masto.ScopePublic, s.apiPrivacy)
	r.Get("/api/v1/instance/terms_of_service", masto.ScopePublic, s.apiTerms)
	r.Get("/api/v1/instance/terms_of_service/{date}", masto.ScopePublic, s.apiTerms)
	r.Get("/api/v1/instance/translation_languages", masto.ScopePublic, func(r *masto.Req) error { return r.Empty() }) // nothing is translated
	r.Get("/api/v1/instance/languages", masto.ScopePublic, apiLanguages)
	for _, e := range nothing {
		r.Get(e.path, e.scope, func(r *masto.Req) error { return masto.List[struct{}](r, nil) })
	}
}

// nothing lists what there is none of, by address and scope.
var nothing = []struct{ path, scope string }{
	// Whom we exchange with would tell whom the section listens to.
	{"/api/v1/instance/peers", masto.ScopePublic},
	{"/api/v1/instance/activity", masto.ScopePublic},
}

// Spec: Mastodon instance#v2
func (s *Service) apiInstance(r *masto.Req) error {
	set, err := s.Settings(r.Context())
	if err != nil {
		return err
	}
	return r.OK(s.Entity(set))
}

// Spec: Mastodon instance#v1
func (s *Service) apiInstanceV1(r *masto.Req) error {
	set, err := s.Settings(r.Context())
	if err != nil {
		return err
	}
	n, err := s.Counts(r.Context())
	if err != nil {
		return err
	}
	return r.OK(s.EntityV1(set, n))
}

// Spec: Mastodon instance#extended_description
func (s *Service) apiDescription(r *masto.Req) error {
	set, err := s.Settings(r.Context())
	if err != nil {
		return err
	}
	at, err := s.policyTime(r.Context(), set)
	if err != nil {
		return err
	}
	return r.OK(masto.ExtendedDescription{UpdatedAt: at, Content: s.extended(set)})
}
