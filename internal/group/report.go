package group

import (
	"context"
	"net/http"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// Report is what moderators of a group were told of a message in it.
type Report struct {
	ID         int64
	GroupID    int64
	PostID     int64
	AccountID  int64 // 0 for people of other servers
	URI        string
	Reason     string
	CreatedAt  int64
	ResolvedAt int64
}

// maxReports is how many reports wait in one group, and of one person.
const (
	maxReports       = 500
	maxReportsPerson = 20
)

// Report tells those who moderate the group of a post of it. To a group of another
// server it goes in the name of this one, so that who complains stays unnamed.
// Errors: KindInvalid with the field "reason", KindTooMany.
func (s *Service) Report(ctx context.Context, v *auth.Viewer, postID int64, reason string) error {
	reason = clip(reason)
	if reason == "" {
		return apperr.Invalid("group.no_reason").Field("reason", "group.no_reason")
	}
	p, err := s.Posts.Get(ctx, v, postID)
	if err != nil {
		return err
	}
	in, err := placed(ctx, s.DB.Read(), postID)
	if err != nil {
		return err
	}
	if in == nil || in.State != Shown {
		return unknown()
	}
	g, _, err := s.seen(ctx, s.DB.Read(), v, in.GroupID)
	if err != nil {
		return err
	}
	if !g.Ours() {
		return s.flag(ctx, g, p, reason)
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		waiting, err := db.Get[int](ctx, tx, `select count(*) from group_report where group_id = $1 and account_id = $2 and resolved_at = 0`, g.AccountID, v.AccountID)
		if err != nil {
			return err
		}
		if waiting >= maxReportsPerson {
			return apperr.TooMany("group.reports_many")
		}
		return s.reported(ctx, tx, &Report{GroupID: g.AccountID, PostID: p.ID, AccountID: v.AccountID, URI: s.activityID(), Reason: reason})
	})
}

func (s *Service) reported(ctx context.Context, tx *db.Tx, r *Report) error {
	waiting, err := db.Get[int](ctx, tx, `select count(*) from group_report where group_id = $1 and resolved_at = 0`, r.GroupID)
	if err != nil || waiting >= maxReports {
		return err
	}
	r.ID, r.CreatedAt = s.IDs.New(), now()
	_, err = tx.Exec(ctx, `insert into group_report (id, group_id, post_id, account_id, uri, reason, created_at, resolved_at)
		values ($1, $2, $3, $4, $5, $6, $7, 0) on conflict (uri) do nothing`, r.ID, r.GroupID, r.PostID, r.AccountID, r.URI, r.Reason, r.CreatedAt)
	return err
}

// flag sends a report to a group of another server, as Lemmy reads it: its
// reason stands in summary, others look for it in content.
//
// Spec: FEP-1b12
func (s *Service) flag(ctx context.Context, g *Group, p *post.Post, reason string) error {
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	body, err := as.Activity{Type: "Flag", ID: s.activityID(), Actor: app.URI, Object: p.URI, Summary: reason, Content: reason,
		To: []string{g.Account.URI}, Audience: g.Account.URI, Published: time.Now()}.Build()
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return outbox.Enqueue(ctx, tx, body, app.ID, outbox.Opts{}, []string{g.Account.Inbox})
	})
}

// onFlag gives a complaint of another server about messages in our groups to
// those who moderate them. The server's moderators get it too where it is about one of ours.
func (s *Service) onFlag(ctx context.Context, tx *db.Tx, in *route.Inbound) error {
	reason := clip(text.Plain(in.Doc.Content()))
	if reason == "" {
		reason = clip(text.Plain(in.Doc.Summary()))
	}
	uris := in.Doc.Object().IDs()
	for i, uri := range uris[:min(len(uris), 20)] {
		p, err := post.RawByURI(ctx, tx, uri)
		if apperr.Is(err, apperr.KindNotFound) {
			continue
		} else if err != nil {
			return err
		}
		row, err := placed(ctx, tx, p.ID)
		if err != nil || row == nil || row.State != Shown {
			return err
		}
		g, err := ByID(ctx, tx, row.GroupID)
		if apperr.Is(err, apperr.KindNotFound) {
			continue
		} else if err != nil {
			return err
		}
		if g.Closed() { // from servers with members alone
			if yes, err := hasMembersAt(ctx, tx, g.AccountID, in.Actor.Host); err != nil {
				return err
			} else if !yes {
				continue
			}
		}
		if err := s.reported(ctx, tx, &Report{GroupID: g.AccountID, PostID: p.ID, URI: in.Doc.ID() + "#" + ids.String(int64(i)), Reason: reason}); err != nil {
			return err
		}
	}
	return nil
}

// Reports are those that wait for the moderators of a group, the oldest first.
func (s *Service) Reports(ctx context.Context, groupID int64) ([]Report, error) {
	return db.All[Report](ctx, s.DB.Read(), `select r.id, r.group_id, r.post_id, r.account_id, r.uri, r.reason, r.created_at, r.resolved_at
		from group_report r join group_post g on g.post_id = r.post_id and g.group_id = r.group_id and g.state = 'shown'
		where r.group_id = $1 and r.resolved_at = 0 order by r.id limit 100`, groupID)
}

// Resolve ends the reports of a message that stays.
func (s *Service) Resolve(ctx context.Context, v *auth.Viewer, groupID, postID int64) error {
	return s.by(ctx, v, groupID, Moderator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership) error {
		n, err := db.Exec(ctx, tx, `update group_report set resolved_at = $1 where group_id = $2 and post_id = $3 and resolved_at = 0`, now(), g.AccountID, postID)
		if err != nil || n == 0 {
			return err
		}
		return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: me.AccountID, Act: "resolve", PostID: postID})
	})
}

func (s *Service) getReport(c *httpx.Ctx) error { return s.reportForm(c, http.StatusOK, "", nil) }

func (s *Service) reportForm(c *httpx.Ctx, status int, typed string, errs []web.FieldError) error {
	g, me, in, err := s.message(c)
	if err != nil {
		return err
	}
	p, err := s.Posts.Get(c.Context(), c.Viewer, in.PostID)
	if err != nil {
		return apperr.NotFound("post.not_found").Wrap(err)
	}
	w, err := s.Posts.View(c.Context(), c.Viewer, p)
	if err != nil {
		return err
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	card := post.Card(c, w)
	words := c.T("group.report_text")
	if !g.Ours() {
		words = c.T("group.report_text_remote", "Host", g.Account.Host)
	}
	f := web.Field{Name: "reason", Label: c.T("group.reason"), MaxLength: MaxReason, Required: true, Value: typed}
	fill(&f, errs)
	return s.showForm(c, status, formView{Head: h, Title: c.T("group.report_title"), Text: words,
		Action: Path(g.Account) + "/" + ids.String(in.PostID) + "/signaler", Button: c.T("group.report"),
		Back: Path(g.Account) + "/" + ids.String(in.ThreadID), Card: &card, Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{f},
		More: &web.Link{Name: c.T("group.report_server"), URL: w.Author.Path() + "/signaler?post=" + ids.String(in.PostID)}})
}

func (s *Service) postReport(c *httpx.Ctx) error {
	g, _, in, err := s.message(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.Report(c.Context(), c.Viewer, in.PostID, form.Get("reason"))
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.reportForm(c, http.StatusUnprocessableEntity, form.Get("reason"), errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.done.report")
	return c.Redirect(Path(g.Account) + "/" + ids.String(in.ThreadID))
}

func (s *Service) postResolve(c *httpx.Ctx) error {
	g, _, in, err := s.message(c)
	if err != nil {
		return err
	}
	if err := s.Resolve(c.Context(), c.Viewer, g.AccountID, in.PostID); err != nil {
		return err
	}
	c.Flash("success", "group.done.resolve")
	return c.Redirect(Path(g.Account) + "/attente")
}
