package schedule

import (
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/web"
)

// Path is the page of what waits.
const Path = "/programmes"

// Web declares the page of what waits, and the form to cancel.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getList)
	r.Post(Path+"/{id}/annuler", httpx.SignedIn, s.postCancel)
}

// listView is the page.
type listView struct {
	Lines []line
	Empty *web.Empty
}

type line struct {
	ID       int64
	At       time.Time
	Text     string
	Audience string
	Problem  string // why it was not published
}

func (s *Service) getList(c *httpx.Ctx) error {
	rows, err := s.List(c.Context(), c.Viewer.AccountID, page.Range{Limit: MaxKept})
	if err != nil {
		return err
	}
	v := listView{}
	for i := range rows {
		w := &rows[i]
		p, err := w.params()
		if err != nil {
			return err
		}
		x := line{ID: w.ID, At: w.When(), Text: p.String("status"), Audience: w.Audience}
		if w.Problem != "" {
			x.Problem = c.T(w.Problem)
		}
		v.Lines = append(v.Lines, x)
	}
	if len(v.Lines) == 0 {
		v.Empty = &web.Empty{Icon: "clock", Title: c.T("schedule.none"), Text: c.T("schedule.none_text")}
	}
	return c.Page(&web.Page{Name: "schedule/list", Title: c.T("schedule.title"), NoIndex: true, Data: v})
}

func (s *Service) postCancel(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("schedule.not_found")
	}
	if err := s.Cancel(c.Context(), c.Viewer.AccountID, id); err != nil {
		return err
	}
	c.Flash("success", "schedule.cancelled")
	return c.Redirect(Path)
}
