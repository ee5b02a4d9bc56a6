package tag

import (
	"context"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Path is the page of the hashtags that one follows.
const Path = "/themes"

// Web declares that page and the forms on hashtags.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getTags)
	r.Post("/tags/{tag}/suivre", httpx.SignedIn, s.onAct(s.Follow, "tag.followed"))
	r.Post("/tags/{tag}/ne-plus-suivre", httpx.SignedIn, s.onAct(s.Unfollow, "tag.unfollowed"))
}

func (s *Service) onAct(do func(context.Context, int64, post.Tag) error, said string) httpx.Handler {
	return func(c *httpx.Ctx) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		t, err := parse(c.Var("tag"))
		if err != nil {
			return err
		}
		if err := do(c.Context(), c.Viewer.AccountID, t); err != nil {
			return err
		}
		c.Flash("success", said, "Tag", "#"+t.Shown)
		return c.Redirect(httpx.LocalPath(form.Get("back"), "/tags/"+t.Tag))
	}
}

// Act is the button on the page of a hashtag.
func (s *Service) Act(c *httpx.Ctx, tag string) (web.Act, error) {
	followed, _, err := s.Follows(c.Context(), c.Viewer.AccountID, []string{tag})
	if followed[tag] {
		return web.Act{Label: c.T("tag.unfollow"), URL: "/tags/" + tag + "/ne-plus-suivre", Icon: "check", Style: "pressed"}, err
	}
	return web.Act{Label: c.T("tag.follow"), URL: "/tags/" + tag + "/suivre", Icon: "plus"}, err
}

// tagsView is the page.
type tagsView struct {
	Rows  []tagRow
	Empty web.Empty
}

type tagRow struct {
	Link web.Link
	Act  web.Act
}

func (s *Service) getTags(c *httpx.Ctx) error {
	rows, err := s.Followed(c.Context(), c.Viewer.AccountID, page.Range{Limit: MaxFollowed})
	if err != nil {
		return err
	}
	v := tagsView{Empty: web.Empty{Icon: "hash", Title: c.T("tag.no_followed"), Text: c.T("tag.no_followed_text")}}
	for _, t := range rows {
		v.Rows = append(v.Rows, tagRow{web.Link{Name: "#" + t.Shown, URL: "/tags/" + t.Tag},
			web.Act{Label: c.T("tag.unfollow"), URL: "/tags/" + t.Tag + "/ne-plus-suivre", Icon: "x"}})
	}
	return c.Page(&web.Page{Name: "tag/tags", Title: c.T("tag.title"), NoIndex: true, Data: v})
}
