package event

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// maxCalendar is the size of a calendar that is read, in bytes.
const maxCalendar = 1 << 20

// importView is the page to bring meetings from another calendar: first it asks
// for the calendar, then which of its dates to take over.
type importView struct {
	Summary  web.ErrorSummary
	Fields   []web.Field
	Calendar string // read, kept for the second step
	Rows     []importRow
}

// importRow is a date that may be taken over.
type importRow struct {
	Key, Title, When, Where string
	Repeats                 string
	Note                    string // why it is not ticked, or what else is then
	Checked                 bool
}

func (s *Service) getImport(c *httpx.Ctx) error {
	return s.showImport(c, http.StatusOK, "", "", nil)
}

func (s *Service) showImport(c *httpx.Ctx, status int, address, typed string, errs []web.FieldError) error {
	v := importView{Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{
		{Name: "file", Type: "file", Label: c.T("event.field.file"), Hint: c.T("event.field.file_hint"), Optional: true},
		{Name: "address", Type: "url", Label: c.T("event.field.ics_address"), Hint: c.T("event.field.ics_address_hint"), Value: address, Optional: true},
		{Name: "calendar", Type: "textarea", Rows: 6, Label: c.T("event.field.calendar"), Hint: c.T("event.field.calendar_hint"), Value: typed, Optional: true}}}
	for _, e := range errs {
		for i := range v.Fields {
			if v.Fields[i].Name == e.Name {
				v.Fields[i].Error = e.Text
			}
		}
	}
	return c.PageStatus(status, &web.Page{Name: "event/import", Title: c.T("event.import"), NoIndex: true, Data: v})
}

// postImport reads a calendar and shows what it holds, or takes over what was ticked.
func (s *Service) postImport(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if !c.Viewer.Member {
		return apperr.Forbidden("post.members_only")
	}
	address, typed := strings.TrimSpace(form.Get("address")), form.Get("calendar")
	body, from, err := s.calendarOf(c, address, typed)
	var all []brought
	if err == nil {
		if all, err = readCalendar([]byte(body), time.Now()); apperr.Is(err, apperr.KindInvalid) {
			why := "event.bad_file." + from
			err = apperr.Invalid(why).Field(from, why)
		}
	}
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showImport(c, http.StatusUnprocessableEntity, address, typed, errs)
	} else if err != nil {
		return err
	}
	if form.Get("step") == "take" {
		return s.takeOver(c, all, form["take"])
	}
	v := importView{Calendar: body}
	if v.Rows, err = s.importRows(c, all); err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "event/import", Title: c.T("event.import"), NoIndex: true, Data: v})
}

// calendarOf is the calendar that the form brings, and by which of its fields: a
// file, an address, or the text itself.
func (s *Service) calendarOf(c *httpx.Ctx, address, typed string) (body, from string, err error) {
	if m := c.R.MultipartForm; m != nil && len(m.File["file"]) > 0 && m.File["file"][0].Size > 0 {
		f, err := m.File["file"][0].Open()
		if err != nil {
			return "", "", err
		}
		defer f.Close()
		body, err := io.ReadAll(io.LimitReader(f, maxCalendar+1))
		if err != nil {
			return "", "", err
		}
		if len(body) > maxCalendar {
			return "", "", apperr.Invalid("event.big_file").Field("file", "event.big_file")
		}
		return string(body), "file", nil
	}
	if address == "" {
		if len(typed) > maxCalendar {
			return "", "", apperr.Invalid("event.big_file").Field("calendar", "event.big_file")
		}
		return typed, "calendar", nil
	}
	if _, ok := s.readings.Allow(ids.String(c.Viewer.AccountID)); !ok {
		return "", "", apperr.TooMany("event.reads_slowly")
	}
	// Calendars often call their address webcal.
	if rest, ok := strings.CutPrefix(address, "webcal://"); ok {
		address = "https://" + rest
	}
	bad := func(err error) error {
		return apperr.Invalid("event.no_calendar_there").Field("address", "event.no_calendar_there").Wrap(err)
	}
	if s.Movement == nil || s.Movement.Client == nil {
		return "", "", bad(nil)
	}
	ctx, cancel := context.WithTimeout(c.Context(), 10*time.Second)
	defer cancel()
	res, err := s.Movement.Client.Get(ctx, address, "text/calendar", nil)
	if err != nil || len(res.Body) > maxCalendar {
		return "", "", bad(err)
	}
	return string(res.Body), "address", nil
}

// importRows shows what a calendar brings, beside what is there already.
func (s *Service) importRows(c *httpx.Ctx, all []brought) ([]importRow, error) {
	now := time.Now()
	first, last := all[0].Start, all[0].End
	for _, b := range all {
		if b.Start.Before(first) {
			first = b.Start
		}
		if b.End.After(last) {
			last = b.End
		}
	}
	posts, err := between(c.Context(), s.DB.Read(), post.ReaderOf(c.Viewer), first, last.Add(time.Minute), filter{})
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Views(c.Context(), c.Viewer, posts)
	if err != nil {
		return nil, err
	}
	var rows []importRow
	for _, b := range all {
		m := &Meeting{StartsAt: b.Start.UnixMilli(), EndsAt: b.End.UnixMilli(), Zone: b.Zone}
		row := importRow{Key: b.key(), Title: b.Title, When: whenWords(c.Loc, m, now), Where: b.Place, Checked: b.Title != "" && b.End.After(now)}
		switch {
		case b.Every != "":
			row.Repeats = repeatWords(c.Loc, b.Every, b.Start, now)
		case b.Rest > 0:
			row.Repeats = c.Loc.N("event.import_rest", b.Rest)
		}
		switch {
		case b.Title == "":
			row.Title, row.Note = c.T("event.import_untitled"), c.T("event.import_no_title")
		case !row.Checked:
			row.Note = c.T("event.import_past")
		}
		for _, w := range views {
			f := of(w)
			if f == nil || !w.Local || f.Status == Cancelled || f.EndsAt <= m.StartsAt || f.StartsAt >= m.EndsAt {
				continue
			}
			if row.Note = c.T("event.import_same_time", "Title", w.Title); f.StartsAt == m.StartsAt && w.Title == b.Title {
				row.Note, row.Checked = c.T("event.import_there"), false
				break
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// takeOver makes meetings of the section of what was ticked.
func (s *Service) takeOver(c *httpx.Ctx, all []brought, ticked []string) error {
	n := 0
	for _, b := range all {
		if !slices.Contains(ticked, b.key()) {
			continue
		}
		b.Lang = c.Lang
		if _, err := s.Create(c.Context(), c.Viewer, b.Draft); apperr.Is(err, apperr.KindInvalid) {
			continue // an hour that the change of clocks leaves out, say; the others count
		} else if err != nil {
			return err
		}
		n++
	}
	c.Flash("success", "event.imported", "Count", n)
	return c.Redirect(Path + "?vue=liste")
}
