package announcement

import (
	"html/template"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// The page of those who write notices, and that of everybody.
const (
	AdminPath = "/administration/annonces"
	Path      = "/annonces"
)

// Web declares the pages of notices.
func (s *Service) Web(r *httpx.Router) {
	r.Get(Path, httpx.SignedIn, s.getNotices)
	r.Post(Path+"/{id}/ranger", httpx.SignedIn, s.postDismiss)
	r.Get(AdminPath, httpx.Admin, s.getAdmin)
	r.Post(AdminPath, httpx.Admin, s.postPublish)
	r.Post(AdminPath+"/{id}/retirer", httpx.Admin, s.postRemove)
}

// notice is one of them on a page.
type notice struct {
	HTML template.HTML
	At   time.Time
	Acts []web.Act
}

// noticesView is the page of everybody.
type noticesView struct {
	Rows  []notice
	Empty web.Empty
}

func (s *Service) getNotices(c *httpx.Ctx) error {
	list, err := s.For(c.Context(), c.Viewer.AccountID, true)
	if err != nil {
		return err
	}
	v := noticesView{Empty: web.Empty{Icon: "megaphone", Title: c.T("announcement.none"), Text: c.T("announcement.none_text")}}
	for _, a := range list {
		n := notice{HTML: template.HTML(s.HTML(&a.Announcement)), At: time.UnixMilli(a.PublishedAt)} // made of plain text by Render
		if !a.Read {
			n.Acts = []web.Act{{Label: c.T("announcement.dismiss"), URL: Path + "/" + ids.String(a.ID) + "/ranger", Icon: "check"}}
		}
		v.Rows = append(v.Rows, n)
	}
	return c.Page(&web.Page{Name: "announcement/notices", Title: c.T("announcement.title"), NoIndex: true, Data: v})
}

func (s *Service) postDismiss(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := s.Dismiss(c.Context(), c.Viewer.AccountID, id); err != nil {
		return err
	}
	return c.Redirect(httpx.LocalPath(form.Get("back"), Path))
}

// adminView is the page of those who write.
type adminView struct {
	Rows    []notice
	Fields  []web.Field
	Summary web.ErrorSummary
}

// asked is what the form holds.
type asked struct{ text, starts, ends string }

func (s *Service) getAdmin(c *httpx.Ctx) error { return s.showAdmin(c, 200, asked{}, nil) }

func (s *Service) showAdmin(c *httpx.Ctx, status int, in asked, errs []web.FieldError) error {
	list, err := s.All(c.Context())
	if err != nil {
		return err
	}
	v := adminView{Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{
		{Name: "text", Label: c.T("announcement.text"), Hint: c.T("announcement.text_hint"), Type: "textarea", Rows: 5, Value: in.text, Required: true, MaxLength: MaxText, Spellcheck: true},
		{Name: "starts", Label: c.T("announcement.starts"), Hint: c.T("announcement.starts_hint"), Type: "date", Value: in.starts, Optional: true, Short: true},
		{Name: "ends", Label: c.T("announcement.ends"), Hint: c.T("announcement.ends_hint"), Type: "date", Value: in.ends, Optional: true, Short: true},
	}}
	for _, e := range errs {
		for i := range v.Fields {
			if v.Fields[i].Name == e.Name {
				v.Fields[i].Error = e.Text
			}
		}
	}
	for _, a := range list {
		v.Rows = append(v.Rows, notice{HTML: template.HTML(s.HTML(&a)), At: time.UnixMilli(a.PublishedAt), // made of plain text by Render
			Acts: []web.Act{{Label: c.T("announcement.remove"), URL: AdminPath + "/" + ids.String(a.ID) + "/retirer", Icon: "trash-2", Style: "danger"}}})
	}
	return c.PageStatus(status, &web.Page{Name: "announcement/admin", Title: c.T("announcement.admin"), NoIndex: true, Data: v})
}

func (s *Service) postPublish(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	in := asked{form.Get("text"), form.Get("starts"), form.Get("ends")}
	d := Draft{Text: in.text, AllDay: in.starts != "" || in.ends != ""}
	if d.Starts, err = date(in.starts, "starts", 0); err == nil {
		d.Ends, err = date(in.ends, "ends", 24*time.Hour-time.Minute)
	}
	if err == nil {
		_, err = s.Publish(c.Context(), d)
	}
	if apperr.Is(err, apperr.KindInvalid) {
		return s.showAdmin(c, 422, in, c.FieldErrors(err))
	} else if err != nil {
		return err
	}
	c.Flash("success", "announcement.published")
	return c.Redirect(AdminPath)
}

// date reads a day of the form, zero when empty; the moment is so long after its beginning, UTC.
func date(s, name string, after time.Duration) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return time.Time{}, apperr.Invalid("announcement.bad_date").Field(name, "announcement.bad_date")
	}
	return t.Add(after), nil
}

func (s *Service) postRemove(c *httpx.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := s.Remove(c.Context(), id); err != nil {
		return err
	}
	c.Flash("success", "announcement.removed")
	return c.Redirect(AdminPath)
}
