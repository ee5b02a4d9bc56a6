package search

import (
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/text"
)

// Page sizes of searches.
const (
	defaultLimit = 20
	maxLimit     = 40
	maxOffset    = 1000
	accountLimit = 40
	accountMax   = 80
)

// The types of result that an app may ask for alone.
const (
	typeAccounts = "accounts"
	typeStatuses = "statuses"
	typeHashtags = "hashtags"
)

// API declares the searches of client apps.
//
// Spec: Mastodon search
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v2/search", "read:search", s.apiSearch)
	r.Get("/api/v1/search", "read:search", s.apiSearch)
	r.Get("/api/v1/accounts/search", "read:accounts", s.apiPeople)
}

// asked reads what is looked for.
func asked(r *masto.Req) (string, error) {
	q := strings.TrimSpace(r.String("q"))
	if q == "" || len(q) > MaxQuery || text.Clean(q, MaxQuery) == "" {
		return "", apperr.Invalid("search.bad_query", MaxQuery).Field("q", "search.bad_query", MaxQuery)
	}
	return q, nil
}

func limits(r *masto.Req, def, most int) (limit, offset int) {
	if limit = r.Int("limit", def); limit <= 0 {
		limit = def
	}
	return min(limit, most), min(max(r.Int("offset", 0), 0), maxOffset)
}

// Spec: Mastodon search#v2
func (s *Service) apiSearch(r *masto.Req) error {
	q, err := asked(r)
	if err != nil {
		return err
	}
	kind := r.String("type")
	limit, offset := limits(r, defaultLimit, maxLimit)
	if kind == "" {
		offset = 0 // pages of three lists at once would not line up
	}
	var out masto.Search
	if IsAddress(q) {
		if offset == 0 {
			if err := s.exact(r, q, kind, &out); err != nil {
				return err
			}
		}
		if isURL(q) {
			return r.OK(out)
		}
	}
	if kind == "" || kind == typeAccounts {
		if err := s.addPeople(r, q, limit, offset, &out); err != nil {
			return err
		}
	}
	if kind == "" || kind == typeHashtags {
		tags, err := s.Tags(r.Context(), r.Viewer, q, limit, offset)
		if err != nil {
			return err
		}
		if out.Hashtags, err = s.Topics.Entities(r, tags); err != nil {
			return err
		}
	}
	if kind == "" || kind == typeStatuses {
		if err := s.addPosts(r, q, limit, offset, &out); err != nil {
			return err
		}
	}
	return r.OK(out)
}

// exact puts what an address names into its list.
func (s *Service) exact(r *masto.Req, q, kind string, out *masto.Search) error {
	look := s.Known
	if r.Bool("resolve", false) {
		look = s.Resolve
	}
	f, err := look(r.Context(), r.Viewer, q)
	switch {
	case apperr.Is(err, apperr.KindNotFound):
		return nil
	case err != nil:
		return err
	case f.Account != nil && (kind == "" || kind == typeAccounts):
		out.Accounts = append(out.Accounts, s.Accounts.Entity(f.Account))
	case f.Post != nil && (kind == "" || kind == typeStatuses):
		w, err := s.Posts.View(r.Context(), r.Viewer, f.Post)
		if err != nil {
			return err
		}
		out.Statuses = append(out.Statuses, s.Posts.Entity(r.Viewer, w))
	}
	return nil
}

// addPeople adds who is found by name to who was found by address.
func (s *Service) addPeople(r *masto.Req, q string, limit, offset int, out *masto.Search) error {
	found, err := s.People(r.Context(), r.Viewer, q, r.Bool("following", false), limit, offset)
	if err != nil {
		return err
	}
	for _, a := range found {
		if e := s.Accounts.Entity(a); len(out.Accounts) == 0 || out.Accounts[0].ID != e.ID {
			out.Accounts = append(out.Accounts, e)
		}
	}
	return nil
}

// addPosts adds the posts found by their words to what was found by address.
func (s *Service) addPosts(r *masto.Req, q string, limit, offset int, out *masto.Search) error {
	in := Among{Limit: limit, Offset: offset, Following: r.Bool("following", false)}
	if r.Has("account_id") {
		id, ok := r.IDParam("account_id")
		if !ok {
			return nil
		}
		in.AccountID = id
	}
	in.MaxID, _ = r.IDParam("max_id")
	in.MinID, _ = r.IDParam("min_id")
	found, err := s.Statuses(r.Context(), r.Viewer, q, in)
	if err != nil {
		return err
	}
	for _, w := range found {
		if id := masto.ID(w.ID); len(out.Statuses) == 0 || out.Statuses[0].ID != id {
			out.Statuses = append(out.Statuses, s.Posts.Entity(r.Viewer, w))
		}
	}
	return nil
}

// apiPeople completes names while somebody writes, so it only asks other
// servers about a whole address and when told to.
//
// Spec: Mastodon accounts#search
func (s *Service) apiPeople(r *masto.Req) error {
	q, err := asked(r)
	if err != nil {
		return err
	}
	limit, offset := limits(r, accountLimit, accountMax)
	var out masto.Search
	if IsAddress(q) && offset == 0 && !r.Bool("following", false) {
		if err := s.exact(r, q, typeAccounts, &out); err != nil {
			return err
		}
	}
	if !isURL(q) {
		if err := s.addPeople(r, q, limit, offset, &out); err != nil {
			return err
		}
	}
	return masto.List(r, out.Accounts)
}
