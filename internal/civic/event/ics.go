package event

import (
	"time"

	"github.com/maillage/maillage/internal/ical"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// icsEntry is one meeting for a calendar.
type icsEntry struct {
	m       *Meeting
	title   string
	text    string // plain
	url     string
	remote  string // shown to this reader
	created int64
	more    [][2]string // further properties
}

// writeCalendar gives meetings as an iCalendar document.
func writeCalendar(name, method string, all []icsEntry) []byte {
	out := make([]ical.Event, len(all))
	for i, e := range all {
		out[i] = e.event()
	}
	return ical.Write(name, method, out)
}

func (e icsEntry) event() ical.Event {
	where, said := e.m.whereWords(), e.text
	if where == "" && e.remote != "" {
		where = e.remote
	}
	if e.m.StatusNote != "" {
		said = joined("\n\n", e.m.StatusNote, said)
	}
	if e.remote != "" {
		said = joined("\n\n", said, e.remote)
	}
	return ical.Event{UID: e.m.Uid, Sequence: e.m.Sequence, Start: e.m.Start(), End: e.m.End(), Zone: e.m.Zone, Summary: e.title, Status: icalStatus[e.m.Status], Location: where,
		Description: joined("\n\n", said, e.url), URL: e.url, Created: time.UnixMilli(e.created), Changed: time.UnixMilli(max(e.m.ChangedAt, e.created)),
		More: e.more}
}

// icsOf is a meeting as a calendar shows it to a reader.
func (s *Service) icsOf(w *post.View) icsEntry {
	f := of(w)
	e := icsEntry{m: &f.Meeting, title: w.Title, text: text.Plain(w.Content), url: s.Accounts.Base + path(w.ID), created: w.CreatedAt}
	if f.RemoteUrl != "" && (organises(w) || f.Mine.registered() && f.Mine.Answer == Remote) {
		e.remote = f.RemoteUrl
	}
	return e
}
