package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/account"
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
	told    bool   // the whole address is, too
	created int64
	author  int64
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
	where, said := e.m.whereTo(e.told || !e.m.Withheld), e.text
	if where == "" && e.remote != "" {
		where = e.remote
	}
	if e.m.StatusNote != "" {
		said = joined("\n\n", e.m.StatusNote, said)
	}
	if e.remote != "" {
		said = joined("\n\n", said, e.remote)
	}
	return ical.Event{UID: e.m.Uid, Sequence: e.m.Sequence, Start: e.m.Start(), End: e.m.ending(), Zone: e.m.Zone, Summary: e.title, Status: icalStatus[e.m.Status], Location: where,
		Description: joined("\n\n", said, e.url), URL: e.url, Created: time.UnixMilli(e.created), Changed: time.UnixMilli(max(e.m.ChangedAt, e.created)),
		More: e.more}
}

// publish gives meetings as a calendar to subscribe to, or to keep. Who calls each
// is named, as the standard wants it of what is published: the group, the body, the
// section or the other server, never a person. Its address is that from which the
// letters about meetings come, so that a program knows both for the same.
//
// Spec: RFC 5546 3.2.1
func (s *Service) publish(ctx context.Context, name string, all []icsEntry) ([]byte, error) {
	set, err := s.Instance.Settings(ctx)
	if err != nil {
		return nil, err
	}
	var who []int64
	for _, e := range all {
		who = append(who, e.m.GroupID, e.author)
	}
	accounts, err := account.ByIDs(ctx, s.DB.Read(), who)
	if err != nil {
		return nil, err
	}
	for i, e := range all {
		by := caller(accounts[e.m.GroupID], accounts[e.author], set.Name)
		all[i].more = append(e.more, [2]string{"ORGANIZER;CN=" + quoted(by), "mailto:" + s.Config.Sender()})
	}
	return writeCalendar(name, "PUBLISH", all), nil
}

// caller names who calls a meeting; group and author are nil when there is none.
func caller(group, author *account.Account, section string) string {
	switch {
	case group != nil:
		return group.Name()
	case author != nil && (author.Kind == account.Group || ofOrgane(author)):
		return author.Name()
	case author != nil && !author.Local():
		return author.Host
	default:
		return section
	}
}

// icsOf is a meeting as a calendar shows it to a reader.
func (s *Service) icsOf(w *post.View) icsEntry {
	f := of(w)
	e := icsEntry{m: &f.Meeting, title: w.Title, text: text.Plain(w.Content), url: s.Accounts.Base + path(w.ID), created: w.CreatedAt, author: w.AccountID, told: f.tellsAddress(w)}
	if f.tellsRemote(w) {
		e.remote = f.RemoteUrl
	}
	return e
}
