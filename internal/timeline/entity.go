package timeline

import (
	"context"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
)

// Notice is a notification with whom and what it names.
type Notice struct {
	notify.Notification
	From *account.Account
	Post *post.View // nil when it is about no post

	Report  *masto.Report         // of AdminReport, to moderators
	Warning *masto.AccountWarning // of Warning

	line func(*i18n.Localizer) string // of a kind with Lines
}

// Notices loads what showing notifications needs, in a fixed number of queries.
// Those about what v may no longer read, or from who is gone, are left out, and
// those that only pages show.
func (s *Service) Notices(ctx context.Context, v *auth.Viewer, rows []notify.Notification) ([]Notice, error) {
	return s.notices(ctx, v, rows, nil)
}

// notices are those, and with them what lines say, by their ids.
func (s *Service) notices(ctx context.Context, v *auth.Viewer, rows []notify.Notification, lines map[int64]func(*i18n.Localizer) string) ([]Notice, error) {
	var people, posts []int64
	for _, n := range rows {
		people = append(people, n.FromID)
		if n.PostID != 0 && n.Kind != notify.AdminReport && n.Kind != notify.Warning {
			posts = append(posts, n.PostID)
		}
	}
	from, err := account.ByIDs(ctx, s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	views, err := s.Posts.Many(ctx, v, unique(posts))
	if err != nil {
		return nil, err
	}
	about := make(map[int64]*post.View, len(views))
	for _, w := range views {
		about[w.ID] = w
	}
	reports, warnings, err := s.staffed(ctx, v, rows)
	if err != nil {
		return nil, err
	}
	out := make([]Notice, 0, len(rows))
	for _, n := range rows {
		notice := Notice{Notification: n, From: from[n.FromID], Post: about[n.PostID], line: lines[n.ID]}
		switch n.Kind {
		case notify.AdminReport:
			notice.Report = reports[n.PostID]
		case notify.Warning:
			notice.Warning = warnings[n.PostID]
		}
		if notice.From == nil || notice.From.Gone() || n.PostID != 0 && notice.Post == nil && notice.Report == nil && notice.Warning == nil && notice.line == nil {
			continue
		}
		out = append(out, notice)
	}
	return out, nil
}

// staffed finds the reports and the acts of moderators that notifications are
// about; only moderators see reports.
func (s *Service) staffed(ctx context.Context, v *auth.Viewer, rows []notify.Notification) (map[int64]*masto.Report, map[int64]*masto.AccountWarning, error) {
	var reports, acts []int64
	for _, n := range rows {
		switch n.Kind {
		case notify.AdminReport:
			reports = append(reports, n.PostID)
		case notify.Warning:
			acts = append(acts, n.PostID)
		}
	}
	var about map[int64]*masto.Report
	var told map[int64]*masto.AccountWarning
	var err error
	if len(reports) > 0 && s.Reports != nil && v.IsModerator() {
		if about, err = s.Reports(ctx, reports); err != nil {
			return nil, nil, err
		}
	}
	if len(acts) > 0 && s.Warnings != nil {
		told, err = s.Warnings(ctx, v, acts)
	}
	return about, told, err
}

func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// by is the id of the account that a notification comes from for apps. Of a
// report they write that this one reported that one, where our pages say that
// somebody is reported.
func (n Notice) by() string {
	if n.Report != nil && n.Report.From != nil {
		return n.Report.From.ID
	}
	return masto.ID(n.FromID)
}

// who is the account of by.
func (s *Service) who(n Notice) masto.Account {
	if n.Report != nil && n.Report.From != nil {
		return *n.Report.From
	}
	return s.Posts.Accounts.Entity(n.From)
}

// Entity is a notification as client apps show it to v.
//
// Spec: Mastodon entities/Notification
func (s *Service) Entity(v *auth.Viewer, n Notice) masto.Notification {
	e := masto.Notification{
		ID: masto.ID(n.ID), Type: s.AppKind(n.Kind), CreatedAt: masto.At(n.CreatedAt), GroupKey: n.Key(usualGroups),
		Account: s.who(n), Report: n.Report, Warning: n.Warning,
	}
	if n.Post != nil {
		e.Status = masto.Ptr(s.Posts.Entity(v, n.Post))
	}
	return e
}
