package follow

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
)

// maxMany is how many accounts one request may ask about.
const maxMany = 100

// API declares what client apps may do about follows.
//
// Spec: Mastodon accounts#follow; Spec: Mastodon follow_requests
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/accounts/relationships", "read:follows", s.apiRelationships, httpx.Keep())
	r.Get("/api/v1/accounts/familiar_followers", "read:follows", s.apiFamiliar)
	r.Get("/api/v1/accounts/{id}/followers", "read:accounts?", s.apiList(Followers), httpx.Keep())
	r.Get("/api/v1/accounts/{id}/following", "read:accounts?", s.apiList(Following), httpx.Keep())
	r.Post("/api/v1/accounts/{id}/follow", "write:follows", account.Guarded(s.apiAbout("id", func(r *masto.Req, id int64) error {
		o := Options{Boosts: r.OptBool("reblogs"), Notify: r.OptBool("notify")}
		if r.Has("languages") {
			o.Languages = append([]string{}, r.Strings("languages")...)
		}
		return s.FollowWith(r.Context(), r.Viewer.AccountID, id, o)
	})))
	r.Post("/api/v1/accounts/{id}/unfollow", "write:follows", s.apiAbout("id", func(r *masto.Req, id int64) error {
		return s.Unfollow(r.Context(), r.Viewer.AccountID, id)
	}))
	r.Post("/api/v1/accounts/{id}/remove_from_followers", "write:follows", s.apiAbout("id", func(r *masto.Req, id int64) error {
		return s.RemoveFollower(r.Context(), r.Viewer.AccountID, id)
	}))
	s.apiTies(r)
	s.apiDiscover(r)
	r.Get("/api/v1/follow_requests", "read:follows", s.apiRequests)
	r.Post("/api/v1/follow_requests/{account}/authorize", "write:follows", s.apiAbout("account", s.apiAnswer(true)))
	r.Post("/api/v1/follow_requests/{account}/reject", "write:follows", s.apiAbout("account", s.apiAnswer(false)))
}

func (s *Service) apiAnswer(yes bool) func(*masto.Req, int64) error {
	return func(r *masto.Req, id int64) error { return s.Answer(r.Context(), r.Viewer.AccountID, id, yes) }
}

// apiAbout does something to the account that the path names, and answers how the
// viewer then stands to it.
func (s *Service) apiAbout(name string, do func(*masto.Req, int64) error) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID(name)
		if err != nil {
			return err
		}
		if _, err := s.Accounts.Visible(r.Context(), r.Viewer, id); err != nil {
			return err
		}
		if err := do(r, id); err != nil {
			return err
		}
		all, err := Relations(r.Context(), s.DB.Read(), r.Viewer.AccountID, []int64{id})
		if err != nil {
			return err
		}
		return r.OK(all[id].Entity(id))
	}
}

// apiRelationships answers in the order asked; unknown accounts are passed over.
//
// Spec: Mastodon accounts#relationships
func (s *Service) apiRelationships(r *masto.Req) error {
	ids := r.IDs("id", maxMany)
	known, err := account.ByIDs(r.Context(), s.DB.Read(), ids)
	if err != nil {
		return err
	}
	all, err := Relations(r.Context(), s.DB.Read(), r.Viewer.AccountID, ids)
	if err != nil {
		return err
	}
	suspended := r.Bool("with_suspended", false)
	var out []masto.Relationship
	for _, id := range ids {
		a := known[id]
		if a != nil && suspended && a.DeletedAt == 0 {
			a.SuspendedAt = 0
		}
		if a != nil && a.VisibleTo(r.Viewer) {
			out = append(out, all[id].Entity(id))
		}
	}
	return masto.List(r, out)
}

// apiFamiliar names nobody: who follows whom is shown to themselves only.
//
// Spec: Mastodon accounts#familiar_followers
func (s *Service) apiFamiliar(r *masto.Req) error {
	var out []masto.FamiliarFollowers
	for _, id := range r.IDs("id", maxMany) {
		out = append(out, masto.FamiliarFollowers{ID: masto.ID(id)})
	}
	return masto.List(r, out)
}

type lister func(ctx context.Context, q db.Q, accountID int64, r page.Range) (List, error)

// apiList shows who follows an account, or whom it follows, to itself only:
// being a member reveals an opinion, and so does knowing one.
//
// Spec: Mastodon accounts#followers; Spec: Mastodon accounts#following
func (s *Service) apiList(list lister) masto.Handler {
	return func(r *masto.Req) error {
		id, err := r.ID("id")
		if err != nil {
			return err
		}
		a, err := s.Accounts.Visible(r.Context(), r.Viewer, id)
		if err != nil {
			return err
		}
		if r.Viewer == nil || r.Viewer.AccountID != a.ID {
			return masto.List[masto.Account](r, nil)
		}
		return s.apiAnswerList(r, list, a.ID)
	}
}

// Spec: Mastodon follow_requests#get
func (s *Service) apiRequests(r *masto.Req) error {
	return s.apiAnswerList(r, Requests, r.Viewer.AccountID)
}

func (s *Service) apiAnswerList(r *masto.Req, list lister, accountID int64) error {
	found, err := list(r.Context(), s.DB.Read(), accountID, r.PageOf(masto.AccountsDefault, masto.AccountsMax))
	if err != nil {
		return err
	}
	next := int64(0)
	if found.Full {
		next = found.Last
	}
	r.Link(next, found.First)
	return masto.List(r, s.Accounts.Entities(found.Accounts))
}
