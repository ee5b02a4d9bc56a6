package quote

import (
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Web declares the page of the quotations of a post, on which its author takes
// consents back.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/@{name}/{id}/citations", httpx.SignedIn, s.getQuotes)
	r.Post("/@{name}/{id}/citations", httpx.SignedIn, s.postRevoke)
}

// listView is the page.
type listView struct {
	Cards []quotation
	Mine  bool
	URL   string
	Empty *web.Empty
	Older string
}

type quotation struct {
	Card web.PostCard
	ID   string
}

// pageSize is how many quotations a page shows.
const pageSize = 20

func (s *Service) asked(c *httpx.Ctx) (*post.View, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, apperr.NotFound("post.not_found")
	}
	p, err := s.Posts.Get(c.Context(), c.Viewer, id)
	if err != nil {
		return nil, apperr.NotFound("post.not_found").Wrap(err)
	}
	return s.Posts.View(c.Context(), c.Viewer, p)
}

func (s *Service) getQuotes(c *httpx.Ctx) error {
	w, err := s.asked(c)
	if err != nil {
		return err
	}
	r := page.Range{Limit: pageSize}
	r.MaxID, _ = ids.Parse(c.Query("max_id"))
	views, err := s.Quotes(c.Context(), c.Viewer, w.ID, r)
	if err != nil {
		return err
	}
	v := listView{Mine: w.Mine, URL: w.Path()}
	for _, x := range views {
		v.Cards = append(v.Cards, quotation{post.Card(c, x), ids.String(x.ID)})
	}
	if len(views) == pageSize {
		v.Older = w.Path() + "/citations?max_id=" + ids.String(views[len(views)-1].ID)
	}
	if len(views) == 0 {
		v.Empty = &web.Empty{Icon: "quote", Title: c.T("quote.none"), Text: c.T("quote.none_text")}
	}
	return c.Page(&web.Page{Name: "quote/list", Title: c.T("quote.title", "Name", w.Author.Name()), NoIndex: true, Data: v})
}

func (s *Service) postRevoke(c *httpx.Ctx) error {
	w, err := s.asked(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	id, ok := ids.Parse(form.Get("citation"))
	if !ok {
		return apperr.NotFound("quote.not_found")
	}
	if err := s.Revoke(c.Context(), c.Viewer, w.ID, id); err != nil {
		return err
	}
	c.Flash("success", "quote.revoked_done")
	return c.Redirect(w.Path() + "/citations")
}
