package report

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
)

// MaxWhy is the longest reason of a moderator, in characters.
const MaxWhy = 1000

// Decision is what a moderator does about a report. Why is told to the person
// acted upon, but for a note, a resolution and a reopening, which stay inside.
type Decision struct {
	Act      string
	PostID   int64 // of ActDelete
	Why      string
	Category string   // of ActSort
	Rules    []string // of ActSort; nil leaves those that were named
}

// told are the acts that the person concerned is told of; each needs a reason where it is one of ours.
var told = map[string]bool{ActDelete: true, ActLimit: true, ActUnlimit: true, ActSuspend: true, ActUnsuspend: true,
	ActWarn: true, ActCover: true, ActUncover: true, ActDisable: true, ActEnable: true}

// List gives reports, the latest first: those that wait, or those resolved.
func (s *Service) List(ctx context.Context, resolved bool, r page.Range) ([]Report, error) {
	return s.listed(ctx, filter{resolved: resolved}, r)
}

// filter narrows a list of reports; 0 asks for nobody in particular.
type filter struct {
	resolved            bool
	accountID, targetID int64 // who complained, about whom
}

func (s *Service) listed(ctx context.Context, f filter, r page.Range) ([]Report, error) {
	where := "resolved_at = 0"
	if f.resolved {
		where = "resolved_at <> 0"
	}
	args := []any{r.Upper(), r.Lower(), r.Limit}
	for column, id := range map[string]int64{"account_id": f.accountID, "target_id": f.targetID} {
		if id != 0 {
			args = append(args, id)
			where += " and " + column + " = $" + strconv.Itoa(len(args))
		}
	}
	rows, err := db.All[Report](ctx, s.DB.Read(), `select `+columns+` from report where `+where+` and id < $1 and id > $2 order by id `+r.Order()+` limit $3`, args...)
	return page.Fix(r, rows), err
}

// Get finds a report.
func (s *Service) Get(ctx context.Context, id int64) (*Report, error) {
	return get(ctx, s.DB.Read(), id)
}

func get(ctx context.Context, q db.Q, id int64) (*Report, error) {
	r, err := db.Get[Report](ctx, q, `select `+columns+` from report where id = $1`, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil, apperr.NotFound("report.not_found").Wrap(err)
	}
	return &r, err
}

// Open counts the reports that wait, up to 100.
func (s *Service) Open(ctx context.Context) (int, error) {
	return db.Get[int](ctx, s.DB.Read(), `select count(*) from (select 1 from report where resolved_at = 0 limit 100) as n`)
}

// PostIDs are the posts that reports name, by report.
func (s *Service) PostIDs(ctx context.Context, reports []int64) (map[int64][]int64, error) {
	out := make(map[int64][]int64, len(reports))
	if len(reports) == 0 {
		return out, nil
	}
	frag, args := db.In(1, reports)
	rows, err := db.All[struct{ ReportID, PostID int64 }](ctx, s.DB.Read(), `select report_id, post_id from report_post where report_id in `+frag+` order by post_id`, args...)
	for _, row := range rows {
		out[row.ReportID] = append(out[row.ReportID], row.PostID)
	}
	return out, err
}

// Posts gives the posts that a report names, for a moderator to read whomever
// they are for; deleted ones are left out. Reading a direct one is written into the log.
//
// Spec: AC9
func (s *Service) Reported(ctx context.Context, v *auth.Viewer, r *Report) ([]*post.View, error) {
	ids, err := s.PostIDs(ctx, []int64{r.ID})
	if err != nil {
		return nil, err
	}
	var posts []*post.Post
	direct := false
	for _, id := range ids[r.ID] {
		p, err := post.Raw(ctx, s.DB.Read(), id)
		if apperr.Is(err, apperr.KindNotFound) || err == nil && p.DeletedAt != 0 {
			continue
		} else if err != nil {
			return nil, err
		}
		direct = direct || p.Audience == post.Direct
		posts = append(posts, p)
	}
	if direct {
		err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			seen, err := db.Get[int](ctx, tx, `select count(*) from staff_log where report_id = $1 and act = $2 and by_id = $3`, r.ID, ActRead, v.AccountID)
			if err != nil || seen > 0 {
				return err
			}
			return write(ctx, tx, Row{ByID: v.AccountID, TargetID: r.TargetID, Act: ActRead, ReportID: r.ID})
		})
		if err != nil {
			return nil, err
		}
	}
	return s.Posts.Views(ctx, v, posts)
}

// Decide does what a moderator decides about a report, and writes it into the log.
// Errors: KindInvalid with the fields "act", "why"; KindForbidden
// "report.own" for a report about the moderator, "report.staff" when a moderator
// acts upon an administrator.
func (s *Service) Decide(ctx context.Context, v *auth.Viewer, reportID int64, d Decision) error {
	if err := d.clean(); err != nil {
		return err
	}
	app, err := s.App(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := get(ctx, tx, reportID)
		if err != nil {
			return err
		}
		if r.TargetID == v.AccountID {
			return apperr.Forbidden("report.own")
		}
		if err := reasoned(ctx, tx, r.TargetID, d, told[d.Act] || d.Act == ActNote); err != nil {
			return err
		}
		return s.decide(ctx, tx, v, app, r, d)
	})
}

// clean bounds the reason.
func (d *Decision) clean() error {
	d.Why = text.Clean(d.Why, MaxWhy*4)
	if utf8.RuneCountInString(d.Why) > MaxWhy {
		return apperr.Invalid("report.why_long", MaxWhy).Field("why", "report.why_long", MaxWhy)
	}
	return nil
}

// reasoned reports that a reason is missing, if one is needed: of what is done about
// people of other servers nobody there is told, so that the log may do without.
func reasoned(ctx context.Context, q db.Q, targetID int64, d Decision, needed bool) error {
	if d.Why != "" || !needed {
		return nil
	}
	if d.Act != ActNote && d.Act != ActWarn {
		if a, err := account.ByID(ctx, q, targetID); err != nil || !a.Local() {
			return err
		}
	}
	return apperr.Invalid("report.why_missing").Field("why", "report.why_missing")
}

// decide does what was decided about the target of r, writes it down and tells
// the person; app tells it in the name of the instance.
func (s *Service) decide(ctx context.Context, tx *db.Tx, v *auth.Viewer, app *route.Actor, r *Report, d Decision) error {
	if err := s.outranked(ctx, tx, v, r.TargetID, d.Act); err != nil {
		return err
	}
	if err := s.do(ctx, tx, v, r, d); err != nil {
		return err
	}
	row := Row{ByID: v.AccountID, TargetID: r.TargetID, Act: d.Act, ReportID: r.ID, PostID: d.PostID, Why: d.Why}
	if err := write(ctx, tx, row); err != nil {
		return err
	}
	if !told[d.Act] {
		return nil
	}
	n, err := db.Get[int64](ctx, tx, `select id from staff_log_head where one = 1`)
	if err != nil {
		return err
	}
	return s.Notify.Add(ctx, tx, r.TargetID, notify.Warning, app.ID, n)
}

// outranked keeps moderators from acting upon administrators.
func (s *Service) outranked(ctx context.Context, tx *db.Tx, v *auth.Viewer, targetID int64, act string) error {
	if v.IsAdmin() || !told[act] {
		return nil
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from login where account_id = $1 and role = 'admin'`, targetID)
	if err == nil && n > 0 {
		err = apperr.Forbidden("report.staff")
	}
	return err
}

func (s *Service) do(ctx context.Context, tx *db.Tx, v *auth.Viewer, r *Report, d Decision) error {
	now := time.Now().UnixMilli()
	switch d.Act {
	case ActNote, ActWarn:
		return nil
	case ActCover, ActUncover:
		at := int64(0)
		if d.Act == ActCover {
			at = now
		}
		_, err := tx.Exec(ctx, `update account set sensitive_at = $1 where id = $2`, at, r.TargetID)
		return err
	case ActDisable, ActEnable:
		return s.shut(ctx, tx, r.TargetID, d.Act == ActDisable)
	case ActResolve, ActReopen:
		at, by := int64(0), int64(0)
		if d.Act == ActResolve {
			at, by = now, v.AccountID
		}
		_, err := tx.Exec(ctx, `update report set resolved_at = $1, resolved_by = $2 where id = $3`, at, by, r.ID)
		return err
	case ActTake, ActLeave:
		who := int64(0)
		if d.Act == ActTake {
			who = v.AccountID
		}
		_, err := tx.Exec(ctx, `update report set assigned_to = $1 where id = $2`, who, r.ID)
		return err
	case ActSort:
		return s.sort(ctx, tx, r, d)
	case ActDelete:
		return s.remove(ctx, tx, r, d.PostID)
	case ActLimit:
		_, err := tx.Exec(ctx, `update account set limited_at = $1, limited_by = '' where id = $2`, now, r.TargetID)
		return err
	case ActUnlimit:
		_, err := tx.Exec(ctx, `update account set limited_at = 0, limited_by = '' where id = $1`, r.TargetID)
		return err
	case ActSuspend, ActUnsuspend:
		return s.suspend(ctx, tx, r.TargetID, d.Act == ActSuspend, now)
	}
	return apperr.Invalid("report.bad_act").Field("act", "report.bad_act")
}

// sort says anew what a report is about. Rules go with a violation of them and with nothing else.
//
// Spec: Mastodon admin/reports#update
func (s *Service) sort(ctx context.Context, tx *db.Tx, r *Report, d Decision) error {
	category, rules := d.Category, r.Rules
	if d.Rules != nil {
		rules = cleanRules(d.Rules)
		if rules != "" && category != "" && category != Violation {
			return apperr.Invalid("report.bad_rules").Field("rule_ids", "report.bad_rules")
		}
	}
	switch {
	case category != "" && !slices.Contains(Categories, category):
		return apperr.Invalid("report.bad_category").Field("category", "report.bad_category")
	case category == "" && rules != "":
		category = Violation
	case category == "":
		category = r.Category
	case category != Violation:
		rules = ""
	}
	_, err := tx.Exec(ctx, `update report set category = $1, rules = $2 where id = $3`, category, rules, r.ID)
	return err
}

// remove erases a post that the report names.
func (s *Service) remove(ctx context.Context, tx *db.Tx, r *Report, postID int64) error {
	n, err := db.Get[int](ctx, tx, `select count(*) from report_post where report_id = $1 and post_id = $2`, r.ID, postID)
	if err == nil && n == 0 {
		err = apperr.NotFound("post.not_found")
	}
	if err != nil {
		return err
	}
	_, err = s.Posts.RemoveByStaff(ctx, tx, postID)
	return err
}

// suspend shuts an account out, or lets it in again. What it wrote is hidden, and kept.
func (s *Service) suspend(ctx context.Context, tx *db.Tx, id int64, on bool, now int64) error {
	at := int64(0)
	if on {
		at = now
	}
	if _, err := tx.Exec(ctx, `update account set suspended_at = $1, suspended_by = '' where id = $2`, at, id); err != nil {
		return err
	}
	a, err := account.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if !a.Local() {
		if on {
			return s.Follows.Dismiss(ctx, tx, a)
		}
		return nil
	}
	return s.Auth.SetDisabled(ctx, tx, id, on)
}

// Warnings are the acts that an account was told of, the latest first.
func (s *Service) Warnings(ctx context.Context, accountID int64, limit int) ([]Row, error) {
	return db.All[Row](ctx, s.DB.Read(), `select `+logColumns+` from staff_log where target_id = $1
		and act in ('delete', 'limit', 'unlimit', 'suspend', 'unsuspend', 'warn', 'sensitive', 'unsensitive', 'disable', 'enable') order by id desc limit $2`, accountID, limit)
}
