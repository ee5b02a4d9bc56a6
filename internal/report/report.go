package report

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// The categories of reports.
const (
	Other     = "other"
	Spam      = "spam"
	Legal     = "legal"
	Violation = "violation" // of the rules of the instance
)

// Categories are all of them, in the order of the page.
var Categories = []string{Violation, Spam, Legal, Other}

// Bounds of a report.
const (
	MaxComment = 1000 // characters
	maxPosts   = 40
	maxRules   = 40
	maxOpen    = 200 // reports of one person that wait
)

// Report is one complaint; times are unix milliseconds, 0 for never.
type Report struct {
	ID         int64
	AccountID  int64 // who complained, 0 when deleted since
	TargetID   int64
	URI        string
	Category   string
	Comment    string
	Rules      string // ids between commas
	Forwarded  bool
	CreatedAt  int64
	ResolvedAt int64
	ResolvedBy int64
	AssignedTo int64 // who has taken it upon themselves, 0 for nobody
}

const columns = `id, account_id, target_id, uri, category, comment, rules, forwarded, created_at, resolved_at, resolved_by, assigned_to`

// Service holds the rules on reports.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Auth     *auth.Service
	Accounts *account.Service
	Notify   *notify.Service
	Follows  *follow.Service
	Posts    *post.Service

	// App is the instance's own actor, in whose name reports leave.
	App func(ctx context.Context) (*route.Actor, error)
	// Refused reports whether reports of a server are not taken.
	Refused func(host string) bool
	// Rules gives rules of the instance by their ids; those that there are no more
	// are left out.
	Rules func(ctx context.Context, ids []string) ([]masto.Rule, error)
}

// New is what somebody complains about.
type New struct {
	TargetID int64
	PostIDs  []int64
	Category string // "" is Other, or Violation where rules are named
	Comment  string
	Rules    []string
	Forward  bool // to the server of the target
}

// closed reports whether a post is for the members of a group alone: of what they
// write only the group's own server hears, from the report that its page offers.
func closed(p *post.Post) bool { return p.Audience == post.Group }

// File takes a report of one of our people. Posts that v may not read, but for
// whom v blocks, or that are of somebody else, are left out.
// Errors: KindInvalid with the fields "comment", "category", "account_id".
//
// Spec: Mastodon reports#post
func (s *Service) File(ctx context.Context, v *auth.Viewer, n New) (*Report, error) {
	comment := text.Clean(n.Comment, MaxComment*4)
	if utf8.RuneCountInString(comment) > MaxComment {
		return nil, apperr.Invalid("report.comment_long", MaxComment).Field("comment", "report.comment_long", MaxComment)
	}
	rules := cleanRules(n.Rules)
	switch {
	case rules != "":
		n.Category = Violation
	case n.Category == "":
		n.Category = Other
	}
	if !slices.Contains(Categories, n.Category) {
		return nil, apperr.Invalid("report.bad_category").Field("category", "report.bad_category")
	}
	if n.TargetID == v.AccountID {
		return nil, apperr.Invalid("report.self").Field("account_id", "report.self")
	}
	id := s.IDs.New()
	r := &Report{ID: id, AccountID: v.AccountID, TargetID: n.TargetID, URI: s.Accounts.Base + "/reports/" + ids.Key(), Category: n.Category,
		Comment: comment, Rules: rules, CreatedAt: time.Now().UnixMilli()}
	app, err := s.App(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		waiting, err := db.Get[int](ctx, tx, `select count(*) from report where account_id = $1 and resolved_at = 0`, v.AccountID)
		if err != nil {
			return err
		}
		if waiting >= maxOpen {
			return apperr.TooMany("report.too_many")
		}
		target, err := account.ByID(ctx, tx, n.TargetID)
		if err != nil {
			return err
		}
		if target.DeletedAt != 0 || target.Kind == account.Application || target.SuspendedAt == 0 && !target.VisibleTo(v) {
			return apperr.NotFound("account.not_found")
		}
		posts, err := s.Posts.Reportable(ctx, tx, v, target.ID, n.PostIDs[:min(len(n.PostIDs), maxPosts)])
		if err != nil {
			return err
		}
		r.Forwarded = n.Forward && !target.Local() && !slices.ContainsFunc(posts, closed)
		if err := s.add(ctx, tx, r, posts); err != nil || !r.Forwarded {
			return err
		}
		return s.forward(ctx, tx, app, target, r, posts)
	})
	return r, err
}

func cleanRules(names []string) string {
	var out []string
	for _, n := range names {
		if _, ok := ids.Parse(n); ok && len(out) < maxRules && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return strings.Join(out, ",")
}

// RuleList reads what was kept of the rules named.
func (r *Report) RuleList() []string {
	if r.Rules == "" {
		return nil
	}
	return strings.Split(r.Rules, ",")
}

// add stores a report and tells the moderators.
func (s *Service) add(ctx context.Context, tx *db.Tx, r *Report, posts []*post.Post) error {
	if err := db.Insert(ctx, tx, "report", r); err != nil {
		return err
	}
	for _, p := range posts {
		if _, err := tx.Exec(ctx, `insert into report_post (report_id, post_id) values ($1, $2) on conflict do nothing`, r.ID, p.ID); err != nil {
			return err
		}
	}
	staff, err := db.All[int64](ctx, tx, `select account_id from login where role in ('moderator', 'admin') and account_id <> $1`, r.TargetID)
	if err != nil {
		return err
	}
	for _, id := range staff {
		if err := s.Notify.Add(ctx, tx, id, notify.AdminReport, r.TargetID, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// Erase takes an account out of reports and of the log: reports about it go,
// those by it stay without a name.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	for _, sql := range []string{
		`delete from notification where kind = 'admin.report' and post_id in (select id from report where target_id = $1)`,
		`delete from report_post where report_id in (select id from report where target_id = $1)`,
		`delete from report where target_id = $1`,
		`update report set account_id = 0 where account_id = $1`,
		`update report set resolved_by = 0 where resolved_by = $1`,
		`update report set assigned_to = 0 where assigned_to = $1`,
		`update staff_log set by_id = 0 where by_id = $1`,
		`update staff_log set target_id = 0 where target_id = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, accountID); err != nil {
			return err
		}
	}
	return nil
}
