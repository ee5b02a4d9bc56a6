package list

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/page"
)

// maxMany is how many people one request may name.
const maxMany = 500

// API declares lists for client apps. Their timelines are in package timeline.
//
// Spec: Mastodon lists
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/lists", "read:lists", s.apiLists)
	r.Post("/api/v1/lists", "write:lists", s.apiCreate)
	r.Get("/api/v1/lists/{id}", "read:lists", s.apiGet)
	r.Put("/api/v1/lists/{id}", "write:lists", s.apiUpdate)
	r.Delete("/api/v1/lists/{id}", "write:lists", s.apiDelete)
	r.Get("/api/v1/lists/{id}/accounts", "read:lists", s.apiMembers)
	r.Post("/api/v1/lists/{id}/accounts", "write:lists", s.apiAdd)
	r.Delete("/api/v1/lists/{id}/accounts", "write:lists", s.apiRemove)
	r.Get("/api/v1/accounts/{id}/lists", "read:lists", s.apiHolding)
}

// Entity is a list as client apps know it.
//
// Spec: Mastodon entities/List
func (l List) Entity() masto.UserList {
	return masto.UserList{ID: masto.ID(l.ID), Title: l.Title, RepliesPolicy: l.Replies, Exclusive: l.Exclusive}
}

func answer(r *masto.Req, all []List, err error) error {
	if err != nil {
		return err
	}
	out := make([]masto.UserList, len(all))
	for i, l := range all {
		out[i] = l.Entity()
	}
	return masto.List(r, out)
}

func answerOne(r *masto.Req, l *List, err error) error {
	if err != nil {
		return err
	}
	return r.OK(l.Entity())
}

func (s *Service) apiLists(r *masto.Req) error {
	all, err := s.Of(r.Context(), r.Viewer.AccountID)
	return answer(r, all, err)
}

func asked(r *masto.Req) Change {
	c := Change{Title: r.Opt("title"), Exclusive: r.OptBool("exclusive")}
	if p := r.String("replies_policy"); p != "" {
		c.Replies = &p
	}
	return c
}

// Spec: Mastodon lists#create
func (s *Service) apiCreate(r *masto.Req) error {
	l, err := s.Create(r.Context(), r.Viewer.AccountID, asked(r))
	return answerOne(r, l, err)
}

func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	l, err := s.Get(r.Context(), r.Viewer.AccountID, id)
	return answerOne(r, l, err)
}

func (s *Service) apiUpdate(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	l, err := s.Update(r.Context(), r.Viewer.AccountID, id, asked(r))
	return answerOne(r, l, err)
}

func (s *Service) apiDelete(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := s.Delete(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return r.Empty()
}

// apiMembers lists the people of a list; a limit of 0 means all.
//
// Spec: Mastodon lists#accounts
func (s *Service) apiMembers(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	p := r.PageOf(masto.AccountsDefault, masto.AccountsMax)
	if r.Has("limit") && r.Int("limit", -1) == 0 {
		p = page.Range{Limit: MaxMembers + 1}
	}
	found, err := s.Members(r.Context(), r.Viewer, id, p)
	if err != nil {
		return err
	}
	next := found.Last
	if !found.Full {
		next = 0
	}
	r.Link(next, found.First)
	return masto.List(r, s.Accounts.Entities(found.Accounts))
}

// people reads whom a request names: at least one.
func people(r *masto.Req) (id int64, who []int64, err error) {
	if id, err = r.ID("id"); err != nil {
		return 0, nil, err
	}
	if who = r.IDs("account_ids", maxMany); len(who) == 0 {
		return 0, nil, apperr.Invalid("list.whom").Field("account_ids", "list.whom")
	}
	return id, who, nil
}

// Spec: Mastodon lists#accounts-add
func (s *Service) apiAdd(r *masto.Req) error {
	id, who, err := people(r)
	if err != nil {
		return err
	}
	if err := s.Add(r.Context(), r.Viewer, id, who); err != nil {
		return err
	}
	return r.Empty()
}

// Spec: Mastodon lists#accounts-remove
func (s *Service) apiRemove(r *masto.Req) error {
	id, who, err := people(r)
	if err != nil {
		return err
	}
	if err := s.Remove(r.Context(), r.Viewer.AccountID, id, who); err != nil {
		return err
	}
	return r.Empty()
}

// Spec: Mastodon accounts#lists
func (s *Service) apiHolding(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	a, err := s.Accounts.Visible(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	all, err := s.Holding(r.Context(), r.Viewer.AccountID, a.ID)
	return answer(r, all, err)
}
