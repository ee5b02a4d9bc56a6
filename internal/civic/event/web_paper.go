package event

import (
	"net/http"
	"net/url"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// paperView is a document on a page.
type paperView struct {
	ID, Name, URL, Facts string
	Only                 bool // for those registered
}

// papersView is where the organiser keeps the documents of a meeting.
type papersView struct {
	Summary             web.ErrorSummary
	Title, Back, Action string
	Papers              []paperView
	File                web.Field
	Accept              string
	Whom                []web.Choice
}

// paperViews are the documents of a meeting that the viewer may open.
func (s *Service) paperViews(c *httpx.Ctx, f *found, mine bool) ([]paperView, error) {
	all, err := papers(c.Context(), s.DB.Read(), f.PostID)
	if err != nil {
		return nil, err
	}
	var out []paperView
	for i := range all {
		p := &all[i]
		if !p.opens(f, mine) {
			continue
		}
		size := c.T("event.kilobytes", "N", max(1, p.Size>>10))
		if p.Size >= 1<<20 {
			size = c.T("event.megabytes", "N", p.Size>>20)
		}
		out = append(out, paperView{ID: ids.String(p.ID), Name: p.Name, URL: path(f.PostID) + "/documents/" + ids.String(p.ID), Facts: p.shownType() + ", " + size, Only: p.Whom == ForRegistered})
	}
	return out, nil
}

func (s *Service) getPapers(c *httpx.Ctx) error { return s.showPapers(c, http.StatusOK, nil) }

func (s *Service) showPapers(c *httpx.Ctx, status int, errs []web.FieldError) error {
	w, f, err := s.here(c)
	if err != nil || !organises(w) {
		return unknown()
	}
	v := papersView{Summary: web.ErrorSummary{Errors: errs}, Title: w.Title, Back: path(w.ID), Action: path(w.ID) + "/documents", Accept: extensions(),
		File: web.Field{Name: "file", Label: c.T("event.field.paper"), Hint: c.T("event.field.paper_hint", "Size", MaxPaperSize>>20)}}
	for _, e := range errs {
		v.File.Error = e.Text
	}
	if v.Papers, err = s.paperViews(c, f, true); err != nil {
		return err
	}
	for _, whom := range []string{ForReaders, ForRegistered} {
		v.Whom = append(v.Whom, web.Choice{Value: whom, Label: c.T("event.paper_for." + whom), Checked: whom == ForReaders})
	}
	return c.PageStatus(status, &web.Page{Name: "event/papers", Title: c.T("event.papers"), NoIndex: true, Data: v})
}

func (s *Service) postPapers(c *httpx.Ctx) error {
	id, form, err := sent(c)
	if err != nil {
		return err
	}
	if drop, ok := ids.Parse(form.Get("drop")); ok {
		if err := s.DropPaper(c.Context(), c.Viewer, id, drop); err != nil {
			return err
		}
		c.Flash("success", "event.paper_gone")
		return c.Redirect(path(id) + "/documents")
	}
	if m := c.R.MultipartForm; m == nil || len(m.File["file"]) == 0 || m.File["file"][0].Size == 0 {
		err = apperr.Invalid("event.no_file").Field("file", "event.no_file")
	} else {
		head := m.File["file"][0]
		f, oerr := head.Open()
		if oerr != nil {
			return oerr
		}
		defer f.Close()
		err = s.AddPaper(c.Context(), c.Viewer, id, head.Filename, f, form.Get("whom"))
	}
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showPapers(c, http.StatusUnprocessableEntity, errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "event.paper_there")
	return c.Redirect(path(id) + "/documents")
}

// getPaper gives a document to who may open it, always to keep: nothing that
// somebody sent is shown as a page of ours.
func (s *Service) getPaper(c *httpx.Ctx) error {
	w, f, err := s.here(c)
	if err != nil {
		return err
	}
	id, err := c.ID("paper")
	if err != nil {
		return unknown()
	}
	all, err := papers(c.Context(), s.DB.Read(), w.ID)
	if err != nil {
		return err
	}
	for i := range all {
		p := &all[i]
		if p.ID != id || !p.opens(f, organises(w)) {
			continue
		}
		file, err := s.Files.Open(c.Context(), p.File)
		if err != nil {
			return err
		}
		defer file.Close()
		c.Private()
		h := c.W.Header()
		h.Set("Content-Type", p.Type)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(p.Name))
		http.ServeContent(c.W, c.R, "", time.UnixMilli(p.CreatedAt), file)
		return nil
	}
	return unknown()
}
