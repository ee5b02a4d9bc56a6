package tag

import (
	"context"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/federation/route"
)

// Objects is the collection of the hashtags on somebody's profile.
func (s *Service) Objects() []route.Object {
	return []route.Object{{Pattern: "/users/{key}/collections/tags", Serve: s.serve}}
}

// serve lists them, for people who are public.
//
// Spec: Mastodon featuredTags
func (s *Service) serve(ctx context.Context, r route.ObjectRequest) ([]byte, error) {
	a, err := s.Posts.Accounts.Served(ctx, s.DB.Read(), r.Vars["key"])
	if err != nil {
		return nil, err
	}
	items := []any{}
	if a.Public {
		rows, err := s.FeaturedBy(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		for _, f := range rows {
			items = append(items, map[string]any{"type": "Hashtag", "href": s.Posts.TagURL(f.Tag.Tag), "name": "#" + f.Shown})
		}
	}
	return as.Collection{ID: a.URI + "/collections/tags", AttributedTo: a.URI, Items: items}.Build()
}
