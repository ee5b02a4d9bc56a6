package timeline

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
)

// maxRequests is how many requests one call may answer.
const maxRequests = 80

// apiRequestRoutes declares the endpoints of policies and of what was filtered.
// A request goes by the id of the account that it is from.
//
// Spec: Mastodon notifications#get-policy, notifications#get-requests
func (s *Service) apiRequestRoutes(r *masto.Router) {
	const read, write = "read:notifications", "write:notifications"
	r.Get("/api/v1/notifications/policy", read, s.apiPolicyV1)
	r.Put("/api/v1/notifications/policy", write, s.apiSetPolicyV1)
	r.Get("/api/v2/notifications/policy", read, s.apiPolicy)
	r.Put("/api/v2/notifications/policy", write, s.apiSetPolicy)
	r.Get("/api/v1/notifications/requests", read, s.apiRequests)
	r.Get("/api/v1/notifications/requests/merged", read, func(r *masto.Req) error { return r.OK(masto.Merged{Merged: true}) })
	r.Post("/api/v1/notifications/requests/accept", write, s.apiAnswerMany(s.Posts.Notify.AcceptFrom))
	r.Post("/api/v1/notifications/requests/dismiss", write, s.apiAnswerMany(s.Posts.Notify.DismissFrom))
	r.Get("/api/v1/notifications/requests/{id}", read, s.apiRequest)
	r.Post("/api/v1/notifications/requests/{id}/accept", write, s.apiAnswerOne(s.Posts.Notify.AcceptFrom))
	r.Post("/api/v1/notifications/requests/{id}/dismiss", write, s.apiAnswerOne(s.Posts.Notify.DismissFrom))
}

func (s *Service) apiSummary(r *masto.Req) (masto.PolicySummary, error) {
	people, waiting, err := s.Posts.Notify.Pending(r.Context(), r.Viewer.AccountID)
	return masto.PolicySummary{PendingRequestsCount: people, PendingNotificationsCount: waiting}, err
}

// Spec: Mastodon notifications#get-policy
func (s *Service) apiPolicy(r *masto.Req) error {
	p, err := s.Posts.Notify.Policy(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	sum, err := s.apiSummary(r)
	if err != nil {
		return err
	}
	return r.OK(masto.NotificationPolicy{ForNotFollowing: p.NotFollowing, ForNotFollowers: p.NotFollowers, ForNewAccounts: p.NewAccounts,
		ForPrivateMentions: p.PrivateMentions, ForLimitedAccounts: p.LimitedAccounts, Summary: sum})
}

// Spec: Mastodon notifications#update-the-filtering-policy-for-notifications
func (s *Service) apiSetPolicy(r *masto.Req) error {
	p, err := s.Posts.Notify.Policy(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	for name, field := range map[string]*string{"for_not_following": &p.NotFollowing, "for_not_followers": &p.NotFollowers,
		"for_new_accounts": &p.NewAccounts, "for_private_mentions": &p.PrivateMentions, "for_limited_accounts": &p.LimitedAccounts} {
		if v := r.Opt(name); v != nil {
			*field = *v
		}
	}
	if err := s.Posts.Notify.SetPolicy(r.Context(), r.Viewer.AccountID, p); err != nil {
		return err
	}
	return s.apiPolicy(r)
}

// apiPolicyV1 is the first form of a policy, of truth values.
//
// Spec: Mastodon entities/V1_NotificationPolicy
func (s *Service) apiPolicyV1(r *masto.Req) error {
	p, err := s.Posts.Notify.Policy(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	sum, err := s.apiSummary(r)
	if err != nil {
		return err
	}
	return r.OK(masto.NotificationPolicyV1{NotFollowing: p.NotFollowing != notify.Accept, NotFollowers: p.NotFollowers != notify.Accept,
		NewAccounts: p.NewAccounts != notify.Accept, PrivateMentions: p.PrivateMentions != notify.Accept, Summary: sum})
}

// apiSetPolicyV1 leaves a stricter choice, made by an app of the second form, as it is.
func (s *Service) apiSetPolicyV1(r *masto.Req) error {
	p, err := s.Posts.Notify.Policy(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	for name, field := range map[string]*string{"filter_not_following": &p.NotFollowing, "filter_not_followers": &p.NotFollowers,
		"filter_new_accounts": &p.NewAccounts, "filter_private_mentions": &p.PrivateMentions} {
		switch v := r.OptBool(name); {
		case v == nil:
		case !*v:
			*field = notify.Accept
		case *field == notify.Accept:
			*field = notify.Keep
		}
	}
	if err := s.Posts.Notify.SetPolicy(r.Context(), r.Viewer.AccountID, p); err != nil {
		return err
	}
	return s.apiPolicyV1(r)
}

// Spec: Mastodon notifications#get-requests
func (s *Service) apiRequests(r *masto.Req) error {
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	rows, err := s.Posts.Notify.Requests(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, func(q notify.Request) int64 { return q.LastID })
	out, err := s.requestEntities(r, rows)
	if err != nil {
		return err
	}
	return masto.List(r, out)
}

// requestEntities shows requests with whom and what they name, in a fixed number of queries.
func (s *Service) requestEntities(r *masto.Req, rows []notify.Request) ([]masto.NotificationRequest, error) {
	var people, posts []int64
	for _, q := range rows {
		people = append(people, q.FromID)
		if q.LastPostID != 0 {
			posts = append(posts, q.LastPostID)
		}
	}
	from, err := account.ByIDs(r.Context(), s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Many(r.Context(), r.Viewer, posts)
	if err != nil {
		return nil, err
	}
	var out []masto.NotificationRequest
	for _, q := range rows {
		a := from[q.FromID]
		if a == nil || a.Gone() {
			continue
		}
		e := masto.NotificationRequest{ID: masto.ID(q.FromID), CreatedAt: masto.At(q.FirstAt), UpdatedAt: masto.At(q.LastAt),
			NotificationsCount: masto.ID(int64(q.Count)), Account: s.Posts.Accounts.Entity(a)}
		for _, w := range views {
			if w.ID == q.LastPostID {
				e.LastStatus = masto.Ptr(s.Posts.Entity(r.Viewer, w))
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// Spec: Mastodon notifications#get-one-request
func (s *Service) apiRequest(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	q, err := s.Posts.Notify.Request(r.Context(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	out, err := s.requestEntities(r, []notify.Request{*q})
	if err != nil {
		return err
	}
	if len(out) == 0 {
		return apperr.NotFound("notify.not_found")
	}
	return r.OK(out[0])
}

// answering accepts or dismisses what was filtered from people.
type answering func(ctx context.Context, accountID int64, from []int64) error

func apiAnswered(r *masto.Req, do answering, from []int64) error {
	if err := do(r.Context(), r.Viewer.AccountID, from); err != nil {
		return err
	}
	return r.Empty()
}

// apiAnswerOne answers the request of the path.
func (s *Service) apiAnswerOne(do answering) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		if _, err := s.Posts.Notify.Request(r.Context(), r.Viewer.AccountID, id); err != nil {
			return err
		}
		return apiAnswered(r, do, []int64{id})
	}
}

func (s *Service) apiAnswerMany(do answering) masto.Handler {
	return func(r *masto.Req) error { return apiAnswered(r, do, r.IDs("id", maxRequests)) }
}
