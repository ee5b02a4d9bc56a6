package keep

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Path is the page of what one put aside.
const Path = "/gardes"

// Web declares that page and the forms on posts.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getKept)
	r.Post("/@{name}/{id}/bookmark", httpx.SignedIn, s.onAct(s.Bookmark, ""))
	r.Post("/@{name}/{id}/unbookmark", httpx.SignedIn, s.onAct(s.Unbookmark, ""))
	r.Post("/@{name}/{id}/pin", httpx.SignedIn, s.onAct(s.Pin, "keep.pinned"))
	r.Post("/@{name}/{id}/unpin", httpx.SignedIn, s.onAct(s.Unpin, "keep.unpinned"))
}

// onAct does something to the post of the path and returns to where the form was.
func (s *Service) onAct(do func(context.Context, *auth.Viewer, int64) (*post.Post, error), said string) httpx.Handler {
	return func(c *httpx.Ctx) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		p, err := do(c.Context(), c.Viewer, id)
		if err != nil {
			return err
		}
		author, err := account.ByID(c.Context(), s.DB.Read(), p.AccountID)
		if err != nil {
			return err
		}
		if said != "" {
			c.Flash("success", said)
		}
		return c.Redirect(httpx.LocalPath(form.Get("back"), author.Path()+"/"+ids.String(p.ID)))
	}
}

// keptView is the page.
type keptView struct {
	Cards  []web.PostCard
	Paging web.Pagination
	Empty  web.Empty
}

func (s *Service) getKept(c *httpx.Ctx) error {
	max, _ := ids.Parse(c.Query("max_id"))
	found, err := s.Bookmarks(c.Context(), c.Viewer, page.Range{MaxID: max, Limit: page.DefaultLimit})
	if err != nil {
		return err
	}
	v := keptView{Cards: post.Cards(c, found.Views),
		Empty: web.Empty{Icon: "bookmark", Title: c.T("keep.none"), Text: c.T("keep.none_text")}}
	if found.Full {
		v.Paging.Older = Path + "?max_id=" + ids.String(found.Last)
	}
	return c.Page(&web.Page{Name: "keep/kept", Title: c.T("keep.title"), NoIndex: true, Data: v})
}
