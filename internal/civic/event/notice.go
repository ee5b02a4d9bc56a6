package event

import (
	"context"
	"slices"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/organe"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/timeline"
)

// The notifications of meetings have words of their own; apps know each as an
// edited post, and an invitation as a mention.
const (
	noticeInvite = "event.invite"
	noticeIn     = "event.in"      // another server keeps a seat
	noticeOut    = "event.refused" // it does not

	// To organisers.
	noticeSeats    = "event.seats"    // people register
	noticeQuestion = "event.question" // somebody asks
	noticeReply    = "event.reply"    // somebody answers a meeting of a body
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
	for kind, icon := range map[string]string{"event." + newsSeated: "circle-check", "event." + newsChanged: "calendar", "event." + newsSoon: "clock", "event." + newsRide: "users", "event." + newsRemoved: "message-square",
		"event." + Cancelled: "x", "event." + Postponed: "clock", "event." + Tentative: "clock", "event." + Confirmed: "calendar", noticeInvite: "calendar-plus", noticeIn: "circle-check", noticeOut: "x"} {
		out[kind] = timeline.Kind{As: notify.Update, Icon: icon, Words: "event.notice." + kind[len("event."):], Line: lineOf, URL: path}
	}
	invite := out[noticeInvite]
	invite.As = notify.Mention
	out[noticeInvite] = invite
	for kind, k := range map[string]struct{ icon, page string }{noticeSeats: {"users", "/inscrits"}, noticeQuestion: {"message-square", "/questions"}} {
		out[kind] = timeline.Kind{As: notify.Update, Icon: k.icon, Words: "event.notice." + kind[len("event."):], Line: lineOf, URL: func(id int64) string { return path(id) + k.page }}
	}
	out[noticeGone] = timeline.Kind{Icon: "x", Words: "event.notice.gone", Lines: goneOf, URL: func(int64) string { return Path }}
	out[noticeReply] = timeline.Kind{As: notify.Mention, Icon: "reply", Words: "event.notice.reply"}
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

// organisers are those of ours who run a meeting: its author, or who acts in the name of the body.
func organisers(ctx context.Context, q db.Q, p *post.Post) ([]int64, error) {
	if acting, err := organe.Acting(ctx, q, p.AccountID); err != nil || len(acting) > 0 {
		return acting, err
	}
	return []int64{p.AccountID}, nil
}

// tellOrganisers tells those who run a meeting that something of it waits on a
// page of theirs, once until they have read it, but for whoever did it. It is the
// instance that tells them: who comes stands on their pages alone.
func (s *Service) tellOrganisers(ctx context.Context, tx *db.Tx, postID int64, kind string, by who) error {
	p, err := post.Raw(ctx, tx, postID)
	if err != nil {
		return err
	}
	people, err := organisers(ctx, tx, p)
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(id int64) bool { return id == by.account })
	from, err := s.Groups.App(ctx)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil // an instance that is only being made
	} else if err != nil {
		return err
	}
	return s.Notify.Again(ctx, tx, people, kind, from.ID, postID)
}

// repliedToBody tells those who act in the name of a body what people answer to
// its meetings, where each of them may read it.
func (s *Service) repliedToBody(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if p.ReplyToAccount == 0 || p.ReplyToAccount == p.AccountID || p.Audience != post.Public && p.Audience != post.Section {
		return nil
	}
	people, err := organe.Acting(ctx, tx, p.ReplyToAccount)
	if err != nil {
		return err
	}
	for _, id := range people {
		if err := s.Notify.Add(ctx, tx, id, noticeReply, p.AccountID, p.ID); err != nil {
			return err
		}
	}
	return nil
}
