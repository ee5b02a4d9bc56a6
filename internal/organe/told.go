package organe

import (
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// toldSize is how many messages a page shows.
const toldSize = 30

// told is a message that somebody wrote to a body.
type told struct {
	Author web.Author
	At     time.Time
	Text   string
	URL    string // its page; "" for what only the body may read
}

// toldView is what people wrote to a body, for those who act in its name.
type toldView struct {
	Name, Page string
	Rows       []told
	Paging     web.Pagination
	Empty      web.Empty
}

func toldPath(id int64) string { return "/organes/" + ids.String(id) + "/messages" }

// getTold shows what mentions a body, with its eyes: what is for it alone is read
// by those who may act in its name, and by nobody else.
func (s *Service) getTold(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return unknown()
	}
	v, err := s.As(c.Context(), s.DB.Read(), c.Viewer, id)
	if err != nil {
		return err
	}
	body, err := account.ByID(c.Context(), s.DB.Read(), id)
	if err != nil {
		return err
	}
	last, _ := ids.Parse(c.Query("max_id"))
	rows, err := s.Posts.Notify.List(c.Context(), id, page.Range{MaxID: last, Limit: toldSize + 1}, notify.Filter{Kinds: []string{notify.Mention}, Filtered: true})
	if err != nil {
		return err
	}
	out := toldView{Name: body.Name(), Page: body.Path(), Empty: web.Empty{Icon: "message-square", Title: c.T("organe.told_none"), Text: c.T("organe.told_none_text")}}
	if len(rows) > toldSize {
		rows = rows[:toldSize]
		out.Paging.Older = toldPath(id) + "?max_id=" + ids.String(rows[toldSize-1].ID)
	}
	posts := make([]int64, len(rows))
	for i, n := range rows {
		posts[i] = n.PostID
	}
	views, err := s.Posts.Many(c.Context(), v, posts)
	if err != nil {
		return err
	}
	byID := map[int64]*post.View{}
	for _, w := range views {
		byID[w.ID] = w
	}
	for _, n := range rows {
		w := byID[n.PostID]
		if w == nil {
			continue
		}
		x := told{Author: account.Author(w.Author), At: w.Created(), Text: w.Excerpt(post.MaxStored)}
		if w.Audience == post.Public || w.Audience == post.Section {
			x.URL = w.Path()
		}
		out.Rows = append(out.Rows, x)
	}
	c.Private()
	return c.Page(&web.Page{Name: "organe/told", Title: c.T("organe.told"), NoIndex: true, Data: out})
}
