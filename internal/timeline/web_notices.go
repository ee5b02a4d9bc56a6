package timeline

import (
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/web"
)

// noticesSize is how many notifications a page shows.
const noticesSize = 30

// noticesView is the page of notifications.
type noticesView struct {
	Rows   []noticeRow
	Paging web.Pagination
	Empty  web.Empty
}

// noticeRow is one notification: who did what, when, about which post.
type noticeRow struct {
	Author  web.Author
	Icon    string
	Words   string // follows the name
	At      time.Time
	New     bool
	Excerpt string
	URL     string // of the post
	Answer  bool   // the next act is to answer
	Acts    []web.Act
}

// noticeIcons are the kinds that the page shows, each with its icon; its words
// are "timeline.notice.<kind>".
var noticeIcons = map[string]string{
	notify.Mention: "at-sign", notify.Reblog: "repeat-2", notify.Favourite: "heart",
	notify.Follow: "user-plus", notify.FollowRequest: "user-round-check", notify.Update: "pen-line",
	notify.Poll: "vote", notify.Quote: "quote", notify.QuotedUpdate: "pen-line",
	notify.Status: "bell", notify.GroupInvite: "users", notify.AdminReport: "flag", notify.Warning: "shield",
}

func (s *Service) getNotices(c *httpx.Ctx) error {
	ctx, me := c.Context(), c.Viewer.AccountID
	read, err := s.Posts.Notify.ReadUpTo(ctx, me)
	if err != nil {
		return err
	}
	max, _ := ids.Parse(c.Query("max_id"))
	rows, err := s.Posts.Notify.List(ctx, me, page.Range{MaxID: max, Limit: noticesSize + 1}, notify.Filter{})
	if err != nil {
		return err
	}
	v := noticesView{Empty: web.Empty{Icon: "bell", Title: c.T("timeline.notices.none"), Text: c.T("timeline.notices.none_text")}}
	if len(rows) > noticesSize {
		rows = rows[:noticesSize]
		v.Paging.Older = "/notifications?max_id=" + ids.String(rows[noticesSize-1].ID)
	}
	lines, err := s.lines(ctx, rows)
	if err != nil {
		return err
	}
	notices, err := s.notices(ctx, c.Viewer, rows, lines)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if row, ok := s.noticeRow(c, n); ok {
			row.New = n.ID > read
			v.Rows = append(v.Rows, row)
		}
	}
	if len(rows) > 0 && rows[0].ID > read {
		if err := s.Posts.Notify.MarkRead(ctx, me, rows[0].ID); err != nil {
			return err
		}
	}
	return c.Page(&web.Page{Name: "timeline/notices", Title: c.T("timeline.notices"), NoIndex: true, Data: v})
}

func (s *Service) noticeRow(c *httpx.Ctx, n Notice) (noticeRow, bool) {
	own, isOwn := s.kinds[n.Kind]
	icon, known := noticeIcons[n.Kind]
	if !known && !isOwn {
		return noticeRow{}, false
	}
	if n.Post != nil && filter.Hidden(n.Post, filter.Notifications) {
		return noticeRow{}, false
	}
	row := noticeRow{Author: account.Author(n.From), Icon: icon, Words: c.T("timeline.notice." + n.Kind), At: time.UnixMilli(n.CreatedAt)}
	if n.Post != nil {
		row.Excerpt, row.URL = n.Post.Excerpt(200), n.Post.Path()
	}
	if isOwn {
		row.Icon, row.Words = own.Icon, c.T(own.Words)
		if own.Line != nil && n.Post != nil {
			row.Excerpt = own.Line(c.Loc, n.Post)
		}
		if n.line != nil {
			row.Excerpt = n.line(c.Loc)
		}
		if own.URL != nil {
			row.URL = own.URL(n.PostID)
		}
	}
	switch n.Kind {
	case notify.AdminReport:
		row.Excerpt, row.URL = n.Report.Comment, "/moderation/"+n.Report.ID
	case notify.Warning:
		row.Excerpt, row.URL = n.Warning.Text, "/reglages/moderation"
	case notify.GroupInvite:
		row.URL, row.Excerpt = group.ListPath, c.T("timeline.notice.group_invite.see")
	case notify.Mention:
		row.Answer = true
		if n.Post != nil && n.Post.ReplyToAccount == c.Viewer.AccountID {
			row.Words, row.Icon = c.T("timeline.notice.reply"), "reply"
		}
	case notify.FollowRequest:
		row.Acts = []web.Act{
			{Label: c.T("follow.accept"), URL: n.From.Path() + "/accepter", Icon: "check"},
			{Label: c.T("follow.refuse"), URL: n.From.Path() + "/refuser", Icon: "x"},
		}
	}
	return row, true
}
