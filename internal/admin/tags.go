package admin

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

const tagsDefault, tagsMax = 100, 200

// adminTag is a hashtag as those who run the instance see it. None waits for a
// yes and none is refused: nothing here is ranked.
//
// Spec: Mastodon entities/Tag#admin
type adminTag struct {
	masto.Tag
	Usable         bool `json:"usable"`
	Trendable      bool `json:"trendable"`
	Listable       bool `json:"listable"`
	RequiresReview bool `json:"requires_review"`
}

// apiTags declares the hashtags of posts for everyone.
//
// Spec: Mastodon admin/tags
func (s *Service) apiTags(r *masto.Router) {
	r.Get("/api/v1/admin/tags", "admin:read", moderators(s.apiListTags))
	r.Get("/api/v1/admin/tags/{tag}", "admin:read", moderators(s.apiGetTag))
	r.Put("/api/v1/admin/tags/{tag}", "admin:write", moderators(s.apiSetTag))
}

func (s *Service) tagEntities(r *masto.Req, tags []post.Tag) ([]adminTag, error) {
	list, err := s.Tags.Entities(r, tags)
	out := make([]adminTag, len(list))
	for i, e := range list {
		out[i] = adminTag{Tag: e, Usable: true, Trendable: true, Listable: true}
	}
	return out, err
}

// apiListTags lists them by name; a page goes on after the one that max_id names.
func (s *Service) apiListTags(r *masto.Req) error {
	limit := r.Int("limit", tagsDefault)
	if limit < 1 || limit > tagsMax {
		limit = tagsMax
	}
	tags, err := s.Tags.All(r.Context(), r.String("max_id"), limit)
	if err != nil {
		return err
	}
	out, err := s.tagEntities(r, tags)
	if err != nil {
		return err
	}
	return masto.List(r, out)
}

func (s *Service) apiGetTag(r *masto.Req) error {
	t, err := s.Tags.Used(r.Context(), r.Var("tag"))
	if err != nil {
		return err
	}
	out, err := s.tagEntities(r, []post.Tag{t})
	if err != nil {
		return err
	}
	return r.OK(out[0])
}

// apiSetTag refuses to take a hashtag out of use: there is no such thing here,
// and an app that believed it would mislead a moderator.
func (s *Service) apiSetTag(r *masto.Req) error {
	for _, name := range []string{"usable", "trendable", "listable"} {
		if v := r.OptBool(name); v != nil && !*v {
			return apperr.Invalid("admin.tags_stay").Field(name, "admin.tags_stay")
		}
	}
	return s.apiGetTag(r)
}
