package event

import (
	"strings"
	"time"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// textView is the agenda as words to copy.
type textView struct{ Text, Back string }

// getText gives what is to come, or one meeting, as plain words for a message or a leaflet.
func (s *Service) getText(c *httpx.Ctx) error {
	now := time.Now()
	v := textView{Back: Path}
	var all []entry
	if id, ok := ids.Parse(c.Query("id")); ok {
		one, err := s.entryBy(c, id)
		if err != nil {
			return err
		}
		all, v.Back = []entry{*one}, one.URL
	} else {
		sp := spanOf(c, now)
		from := sp.from
		if from.Before(now) && sp.to.After(now) {
			from = now
		}
		a, err := s.askOf(c)
		if err != nil {
			return err
		}
		a.from, a.to = from, sp.to
		if all, _, err = s.list(c, a); err != nil {
			return err
		}
	}
	var b strings.Builder
	for _, e := range all {
		if e.found.Status == Cancelled && len(all) > 1 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		if e.Status != "" {
			b.WriteString(e.Status + " : ")
		}
		b.WriteString(e.Title + "\n" + capital(whenWords(c.Loc, &e.found.Meeting, now)))
		if where := e.found.whereWords(); where != "" {
			b.WriteString("\n" + where)
		}
		if e.found.Online {
			b.WriteString("\n" + c.T("event.online_too."+yes(e.found.Place != "")))
		}
		b.WriteString("\n" + s.Accounts.Base + e.URL)
	}
	v.Text = b.String()
	return c.Page(&web.Page{Name: "event/text", Title: c.T("event.text"), NoIndex: true, Data: v})
}
