package push

import (
	"net/url"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
)

// API declares the endpoints.
//
// Spec: Mastodon push
func (s *Service) API(r *masto.Router) {
	const path, scope = "/api/v1/push/subscription", "push"
	r.Get(path, scope, s.apiGet)
	r.Post(path, scope, s.apiCreate)
	r.Put(path, scope, s.apiChange)
	r.Delete(path, scope, s.apiRemove)
}

// entity is a subscription as its app sees it.
//
// Spec: Mastodon entities/WebPushSubscription
type entity struct {
	ID        int64           `json:"id"` // a JSON number, as a Mastodon gives: Ice Cubes takes a text for no subscription
	Endpoint  string          `json:"endpoint"`
	Standard  bool            `json:"standard"`
	Alerts    map[string]bool `json:"alerts"`
	Policy    string          `json:"policy"`
	ServerKey string          `json:"server_key"`
}

func (s *Service) answer(r *masto.Req, sub *Subscription) error {
	e := entity{ID: sub.ID, Endpoint: sub.Endpoint, Standard: sub.Standard, Alerts: map[string]bool{}, Policy: sub.Policy, ServerKey: s.Key()}
	for _, k := range alertKinds {
		e.Alerts[k] = sub.Wants(k)
	}
	return r.OK(e)
}

// Spec: Mastodon push#get
func (s *Service) apiGet(r *masto.Req) error {
	sub, err := s.Get(r.Context(), r.Viewer.TokenID)
	if err != nil {
		return err
	}
	return s.answer(r, sub)
}

const maxEndpoint = 2000

// Spec: Mastodon push#create
func (s *Service) apiCreate(r *masto.Req) error {
	sub := &Subscription{
		TokenID: r.Viewer.TokenID, AccountID: r.Viewer.AccountID, Endpoint: strings.TrimSpace(r.String("subscription[endpoint]")),
		P256dh: r.String("subscription[keys][p256dh]"), Auth: r.String("subscription[keys][auth]"),
		Standard: r.Bool("subscription[standard]", false), Policy: policyAll,
	}
	u, err := url.Parse(sub.Endpoint)
	if err != nil || len(sub.Endpoint) > maxEndpoint || s.guard.URL(u) != nil {
		return apperr.Invalid("push.bad_endpoint").Field("subscription[endpoint]", "push.bad_endpoint")
	}
	if _, err := parseTarget(sub.P256dh, sub.Auth); err != nil {
		return apperr.Invalid("push.bad_keys").Field("subscription[keys]", "push.bad_keys")
	}
	if err := asked(r, sub); err != nil {
		return err
	}
	sub.Sealed = s.seal(r.Token)
	if err := s.Put(r.Context(), sub); err != nil {
		return err
	}
	return s.answer(r, sub)
}

// asked reads which kinds an app wants; those that it does not name stay off.
func asked(r *masto.Req, sub *Subscription) error {
	policy := r.String("data[policy]")
	if policy == "" {
		policy = r.String("policy") // some apps send it beside data
	}
	switch policy {
	case "":
	case policyAll, policyFollowed, policyFollower, policyNone:
		sub.Policy = policy
	default:
		return apperr.Invalid("push.bad_policy").Field("data[policy]", "push.bad_policy")
	}
	if sub.ID != 0 && !r.Has("data[alerts]") {
		return nil // only the policy changes
	}
	var kinds []string
	for _, k := range alertKinds {
		if strings.HasPrefix(k, "admin.") && !r.Viewer.IsModerator() {
			continue
		}
		if r.Bool("data[alerts]["+k+"]", false) {
			kinds = append(kinds, k)
		}
	}
	sub.Alerts = strings.Join(kinds, ",")
	return nil
}

// Spec: Mastodon push#update
func (s *Service) apiChange(r *masto.Req) error {
	sub, err := s.Get(r.Context(), r.Viewer.TokenID)
	if err != nil {
		return err
	}
	if err := asked(r, sub); err != nil {
		return err
	}
	if err := s.Change(r.Context(), sub); err != nil {
		return err
	}
	return s.answer(r, sub)
}

// Spec: Mastodon push#delete
func (s *Service) apiRemove(r *masto.Req) error {
	if err := s.Remove(r.Context(), r.Viewer.TokenID); err != nil {
		return err
	}
	return r.Empty()
}
