package tag

import (
	"context"
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// Page sizes.
const (
	followedDefault, followedMax = 100, 200
	trendsDefault, trendsMax     = 10, 20
	maxOffset                    = 200
)

// API declares hashtags for client apps.
//
// Spec: Mastodon tags
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/tags/{tag}", "read?", s.apiGet)
	r.Post("/api/v1/tags/{tag}/follow", "write:follows", s.apiAct(s.Follow))
	r.Post("/api/v1/tags/{tag}/unfollow", "write:follows", s.apiAct(s.Unfollow))
	r.Post("/api/v1/tags/{tag}/feature", "write:accounts", s.apiAct(s.Feature))
	r.Post("/api/v1/tags/{tag}/unfeature", "write:accounts", s.apiAct(s.Unfeature))
	r.Get("/api/v1/followed_tags", "read:follows", s.apiFollowed)
	r.Get("/api/v1/featured_tags", "read:accounts", s.apiFeatured)
	r.Post("/api/v1/featured_tags", "write:accounts", s.apiFeature)
	r.Get("/api/v1/featured_tags/suggestions", "read:accounts", s.apiSuggestions)
	r.Delete("/api/v1/featured_tags/{id}", "write:accounts", s.apiUnfeature)
	r.Get("/api/v1/accounts/{id}/featured_tags", "read:accounts?", s.apiFeaturedBy)
	r.Get("/api/v1/trends", "read?", s.apiTrends)
	r.Get("/api/v1/trends/tags", "read?", s.apiTrends)
}

// Entities are hashtags as the viewer's app knows them, in a fixed number of queries.
//
// Spec: Mastodon entities/Tag
func (s *Service) Entities(r *masto.Req, tags []post.Tag) ([]masto.Tag, error) {
	names := make([]string, len(tags))
	for i, t := range tags {
		names[i] = t.Tag
	}
	days, err := s.History(r.Context(), names)
	if err != nil {
		return nil, err
	}
	var followed, featured map[string]bool
	if r.Viewer != nil {
		if followed, featured, err = s.Follows(r.Context(), r.Viewer.AccountID, names); err != nil {
			return nil, err
		}
	}
	out := make([]masto.Tag, len(tags))
	for i, t := range tags {
		e := masto.Tag{ID: t.Tag, Name: t.Shown, URL: s.Posts.TagURL(t.Tag)}
		for _, d := range days[t.Tag] {
			e.History = append(e.History, masto.TagDay{Day: strconv.FormatInt(d.Start.Unix(), 10), Uses: strconv.Itoa(d.Uses), Accounts: strconv.Itoa(d.Accounts)})
		}
		if r.Viewer != nil {
			e.Following, e.Featuring = masto.Ptr(followed[t.Tag]), masto.Ptr(featured[t.Tag])
		}
		out[i] = e
	}
	return out, nil
}

func (s *Service) answer(r *masto.Req, t post.Tag) error {
	list, err := s.Entities(r, []post.Tag{t})
	if err != nil {
		return err
	}
	return r.OK(list[0])
}

// apiGet answers for any word: a hashtag without posts is one all the same.
//
// Spec: Mastodon tags#get
func (s *Service) apiGet(r *masto.Req) error {
	t, err := parse(r.Var("tag"))
	if err != nil {
		return err
	}
	return s.answer(r, t)
}

func (s *Service) apiAct(do func(context.Context, int64, post.Tag) error) masto.Handler {
	return func(r *masto.Req) error {
		t, err := parse(r.Var("tag"))
		if err != nil {
			return err
		}
		if err := do(r.Context(), r.Viewer.AccountID, t); err != nil {
			return err
		}
		return s.answer(r, t)
	}
}

// Spec: Mastodon followed_tags#get
func (s *Service) apiFollowed(r *masto.Req) error {
	p := r.PageOf(followedDefault, followedMax)
	rows, err := s.Followed(r.Context(), r.Viewer.AccountID, p)
	if err != nil {
		return err
	}
	masto.LinkFor(r, p, rows, func(t Tag) int64 { return t.ID })
	tags := make([]post.Tag, len(rows))
	for i, t := range rows {
		tags[i] = post.Tag{Tag: t.Tag, Shown: t.Shown}
	}
	return s.list(r, tags)
}

func (s *Service) list(r *masto.Req, tags []post.Tag) error {
	out, err := s.Entities(r, tags)
	if err != nil {
		return err
	}
	return masto.List(r, out)
}

// Spec: Mastodon trends#tags
func (s *Service) apiTrends(r *masto.Req) error {
	limit := r.Int("limit", trendsDefault)
	if limit <= 0 {
		limit = trendsDefault
	}
	if r.Viewer == nil {
		return masto.List[masto.Tag](r, nil) // what is read here tells whom the section listens to
	}
	limit = min(limit, trendsMax)
	offset := min(max(r.Int("offset", 0), 0), maxOffset)
	tags, err := s.Recent(r.Context(), limit, offset)
	if err != nil {
		return err
	}
	r.LinkOffset(offset, limit, len(tags) == limit)
	return s.list(r, tags)
}

// featured is a hashtag on a profile; acct is the path of that profile.
//
// Spec: Mastodon entities/FeaturedTag
func (s *Service) featured(path string, f Featured) masto.FeaturedTag {
	return masto.FeaturedTag{ID: masto.ID(f.ID), Name: f.Shown, URL: s.Posts.Accounts.Base + path + "?tag=" + f.Tag.Tag,
		StatusesCount: strconv.FormatInt(f.Count, 10), LastStatusAt: masto.DateOrNil(f.LastAt)}
}

func (s *Service) answerFeatured(r *masto.Req, accountID int64) error {
	list, err := s.featuredOf(r, accountID)
	if err != nil {
		return err
	}
	return masto.List(r, list)
}

func (s *Service) featuredOf(r *masto.Req, accountID int64) ([]masto.FeaturedTag, error) {
	a, err := s.Posts.Accounts.Visible(r.Context(), r.Viewer, accountID)
	if err != nil {
		return nil, err
	}
	return s.Featured(r.Context(), a)
}

// Featured is the hashtags of a profile as apps know them.
func (s *Service) Featured(ctx context.Context, a *account.Account) ([]masto.FeaturedTag, error) {
	rows, err := s.FeaturedBy(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	out := make([]masto.FeaturedTag, len(rows))
	for i, f := range rows {
		out[i] = s.featured(a.Path(), f)
	}
	return out, nil
}

func (s *Service) apiFeatured(r *masto.Req) error { return s.answerFeatured(r, r.Viewer.AccountID) }

func (s *Service) apiFeaturedBy(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return s.answerFeatured(r, id)
}

// Spec: Mastodon featured_tags#create
func (s *Service) apiFeature(r *masto.Req) error {
	t, err := parse(r.String("name"))
	if err != nil {
		return apperr.Invalid("tag.none").Field("name", "tag.none")
	}
	if err := s.Feature(r.Context(), r.Viewer.AccountID, t); err != nil {
		return err
	}
	rows, err := s.FeaturedBy(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	a, err := s.Posts.Accounts.Visible(r.Context(), r.Viewer, r.Viewer.AccountID)
	if err != nil {
		return err
	}
	for _, f := range rows {
		if f.Tag.Tag == t.Tag {
			return r.OK(s.featured(a.Path(), f))
		}
	}
	return apperr.NotFound("tag.none")
}

// Spec: Mastodon featured_tags#delete
func (s *Service) apiUnfeature(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	rows, err := s.FeaturedBy(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	for _, f := range rows {
		if f.ID == id {
			if err := s.Unfeature(r.Context(), r.Viewer.AccountID, post.Tag{Tag: f.Tag.Tag}); err != nil {
				return err
			}
			return r.Empty()
		}
	}
	return apperr.NotFound("tag.none")
}

// Spec: Mastodon featured_tags#suggestions
func (s *Service) apiSuggestions(r *masto.Req) error {
	tags, err := s.Suggested(r.Context(), r.Viewer.AccountID)
	if err != nil {
		return err
	}
	return s.list(r, tags)
}
