package event

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/timeline"
)

// The notifications of meetings have words of their own; apps know each as an
// edited post, and an invitation as a mention.
const (
	noticeInvite = "event.invite"
	noticeIn     = "event.in"      // another server keeps a seat
	noticeOut    = "event.refused" // it does not
)

// noticeOf is the notification of a piece of news.
func noticeOf(m *Meeting, news string) string {
	if news == newsStatus {
		return "event." + m.Status
	}
	return "event." + news
}

// kinds are all of them.
func (s *Service) kinds() map[string]timeline.Kind {
	out := map[string]timeline.Kind{}
	for kind, icon := range map[string]string{"event." + newsSeated: "circle-check", "event." + newsChanged: "calendar", "event." + newsSoon: "clock", "event." + newsRide: "users",
		"event." + Cancelled: "x", "event." + Postponed: "clock", "event." + Confirmed: "calendar", noticeInvite: "calendar-plus", noticeIn: "circle-check", noticeOut: "x"} {
		out[kind] = timeline.Kind{As: notify.Update, Icon: icon, Words: "event.notice." + kind[len("event."):], Line: lineOf, URL: path}
	}
	invite := out[noticeInvite]
	invite.As = notify.Mention
	out[noticeInvite] = invite
	return out
}

// lineOf is a meeting in one line: its title, when, where.
func lineOf(l *i18n.Localizer, w *post.View) string {
	f := of(w)
	if f == nil {
		return w.Title
	}
	return joined(", ", w.Title, whenWords(l, &f.Meeting, time.Now()), f.whereWords())
}

// noticeAgain notifies somebody of ours, also of what they were told before: it is newer.
func (s *Service) noticeAgain(ctx context.Context, tx *db.Tx, accountID int64, kind string, p *post.Post) error {
	if err := s.Notify.Take(ctx, tx, accountID, kind, p.AccountID, p.ID); err != nil {
		return err
	}
	return s.Notify.Add(ctx, tx, accountID, kind, p.AccountID, p.ID)
}
