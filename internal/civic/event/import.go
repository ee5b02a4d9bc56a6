package event

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// maxImport is how many meetings one file may bring.
const maxImport = 200

// readCalendar reads the meetings of an iCalendar document; what has no date or
// was cancelled is passed over. Error: KindInvalid "event.bad_file".
//
// Spec: RFC 5545
func readCalendar(body []byte) ([]Draft, error) {
	bad := func() error { return apperr.Invalid("event.bad_file").Field("calendar", "event.bad_file") }
	cal, err := ics.ParseCalendar(bytes.NewReader(body))
	if err != nil {
		return nil, bad()
	}
	var out []Draft
	for _, e := range cal.Events() {
		value := func(p ics.ComponentProperty) string {
			if x := e.GetProperty(p); x != nil {
				return strings.TrimSpace(x.Value)
			}
			return ""
		}
		start, err := e.GetStartAt()
		if err != nil || strings.EqualFold(value(ics.ComponentPropertyStatus), "CANCELLED") {
			continue
		}
		zone := homeZone
		if p := e.GetProperty(ics.ComponentPropertyDtStart); p != nil {
			if ids := p.ICalParameters["TZID"]; len(ids) == 1 {
				if _, err := time.LoadLocation(ids[0]); err == nil {
					zone = ids[0]
				}
			}
		}
		end, err := e.GetEndAt()
		if err != nil || !end.After(start) {
			end = start.Add(2 * time.Hour)
		}
		loc := location(zone)
		d := Draft{Kind: KindMeeting, Title: text.PlainName(value(ics.ComponentPropertySummary), post.MaxTitle), Text: text.Clean(value(ics.ComponentPropertyDescription), post.MaxText),
			Day: start.In(loc).Format("2006-01-02"), From: start.In(loc).Format("15:04"), EndDay: end.In(loc).Format("2006-01-02"), To: end.In(loc).Format("15:04"),
			Zone: zone, Place: text.PlainName(value(ics.ComponentPropertyLocation), maxLine), Audience: post.Section}
		if d.Place == "" {
			d.Online = true
		}
		if out = append(out, d); len(out) == maxImport {
			break
		}
	}
	if len(out) == 0 {
		return nil, bad()
	}
	return out, nil
}

// importView is the page to bring meetings from another calendar.
type importView struct {
	Summary web.ErrorSummary
	File    web.Field
}

func (s *Service) getImport(c *httpx.Ctx) error { return s.showImport(c, http.StatusOK, "", nil) }

func (s *Service) showImport(c *httpx.Ctx, status int, typed string, errs []web.FieldError) error {
	v := importView{Summary: web.ErrorSummary{Errors: errs}, File: web.Field{Name: "calendar", Type: "textarea", Rows: 12, Label: c.T("event.field.calendar"),
		Hint: c.T("event.field.calendar_hint"), Value: typed, Required: true}}
	for _, e := range errs {
		v.File.Error = e.Text
	}
	return c.PageStatus(status, &web.Page{Name: "event/import", Title: c.T("event.import"), NoIndex: true, Data: v})
}

// postImport makes meetings of the section of what another calendar holds.
func (s *Service) postImport(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	typed := form.Get("calendar")
	all, err := readCalendar([]byte(typed))
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.showImport(c, http.StatusUnprocessableEntity, typed, errs)
	} else if err != nil {
		return err
	}
	n := 0
	for _, d := range all {
		d.Lang = c.Lang
		if !c.Viewer.Member {
			return apperr.Forbidden("post.members_only")
		}
		_, err := s.Create(c.Context(), c.Viewer, d)
		if apperr.Is(err, apperr.KindInvalid) {
			continue // one that has no title, say; the others count
		} else if err != nil {
			return err
		}
		n++
	}
	c.Flash("success", "event.imported", "Count", n)
	return c.Redirect(Path + "?vue=liste")
}
