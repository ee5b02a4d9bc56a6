package report

import (
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// The pages of moderators, and the one on which people read what was decided of them.
const (
	Path     = "/moderation"
	logPath  = "/moderation/journal"
	MinePath = "/reglages/moderation"
)

const pageSize = 30

// Web declares the pages on reports.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/@{name}/signaler", httpx.SignedIn, s.getFile)
	r.Post("/@{name}/signaler", httpx.SignedIn, s.postFile)
	r.Get(MinePath, httpx.SignedIn, s.getMine)
	r.Get(Path, httpx.Moderator, s.getList)
	r.Get(logPath, httpx.Moderator, s.getLog)
	r.Get(Path+"/{report:[0-9]+}", httpx.Moderator, s.getReport)
	r.Post(Path+"/{report:[0-9]+}", httpx.Moderator, s.postDecide)
}

// fileView is the form to complain.
type fileView struct {
	Title   string
	Summary web.ErrorSummary
	Card    *web.PostCard
	Hidden  []web.HiddenField
	Fields  []web.Field
	Outside string
	Back    string
}

func (s *Service) getFile(c *httpx.Ctx) error {
	form := map[string]string{"post": c.Query("post"), "category": Other}
	return s.showFile(c, 200, form, nil)
}

func (s *Service) showFile(c *httpx.Ctx, status int, form map[string]string, errs []web.FieldError) error {
	a, err := s.Accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
	if err != nil {
		return err
	}
	if a.ID == c.Viewer.AccountID {
		return apperr.Invalid("report.self")
	}
	v := fileView{Title: c.T("report.title", "Name", a.Name()), Summary: web.ErrorSummary{Errors: errs}, Outside: a.Host, Back: a.Path()}
	if id, ok := ids.Parse(form["post"]); ok {
		p, err := s.Posts.Get(c.Context(), c.Viewer, id)
		if err == nil && p.AccountID == a.ID {
			w, err := s.Posts.View(c.Context(), c.Viewer, p)
			if err != nil {
				return err
			}
			card := post.Card(c, w)
			v.Card, v.Back = &card, card.URL
			v.Hidden = append(v.Hidden, web.HiddenField{Name: "post", Value: form["post"]})
		} else if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
	}
	category := web.Field{Name: "category", Type: "radio", Label: c.T("report.category")}
	for _, k := range Categories {
		category.Choices = append(category.Choices, web.Choice{Value: k, Label: c.T("report.category." + k), Hint: c.T("report.category." + k + ".hint"), Checked: form["category"] == k})
	}
	comment := web.Field{Name: "comment", Type: "textarea", Rows: 4, Label: c.T("report.comment"), Hint: c.T("report.comment.hint"), Value: form["comment"],
		MaxLength: MaxComment, Optional: true, Spellcheck: true}
	for _, e := range errs {
		if e.Name == "comment" {
			comment.Error = e.Text
		}
	}
	v.Fields = []web.Field{category, comment}
	if a.Host != "" {
		v.Fields = append(v.Fields, web.Field{Name: "forward", Type: "checkbox", Value: "true", Label: c.T("report.forward", "Host", a.Host),
			Hint: c.T("report.forward.hint"), Checked: form["forward"] != ""})
	}
	return c.PageStatus(status, &web.Page{Name: "report/file", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) postFile(c *httpx.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	a, err := s.Accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
	if err != nil {
		return err
	}
	n := New{TargetID: a.ID, Category: form.Get("category"), Comment: form.Get("comment"), Forward: form.Get("forward") != ""}
	if id, ok := ids.Parse(form.Get("post")); ok {
		n.PostIDs = []int64{id}
	}
	_, err = s.File(c.Context(), c.Viewer, n)
	if e, ok := apperr.As(err); ok && e.Kind == apperr.KindInvalid && len(e.Fields) > 0 {
		return s.showFile(c, 422, map[string]string{"post": form.Get("post"), "category": n.Category, "comment": n.Comment, "forward": form.Get("forward")},
			c.FieldErrors(err))
	}
	if err != nil {
		return err
	}
	c.Flash("success", "report.sent", "Name", a.Name())
	return c.Redirect(a.Path())
}

// listView is the list of reports.
type listView struct {
	Tabs   []web.Tab
	Rows   []listRow
	Empty  web.Empty
	Paging web.Pagination
}

type listRow struct {
	URL      string
	Target   web.Author
	Category string
	Comment  string
	From     string // words
	Posts    int
	At       time.Time
}

func (s *Service) tabs(c *httpx.Ctx, here string) []web.Tab {
	return []web.Tab{
		{Label: c.T("report.open"), URL: Path, Current: here == "open"},
		{Label: c.T("report.resolved"), URL: Path + "?etat=traites", Current: here == "resolved"},
		{Label: c.T("report.log"), URL: logPath, Current: here == "log"},
	}
}

func (s *Service) getList(c *httpx.Ctx) error {
	resolved := c.Query("etat") == "traites"
	max, _ := ids.Parse(c.Query("max_id"))
	rows, err := s.List(c.Context(), resolved, page.Range{MaxID: max, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	here := "open"
	if resolved {
		here = "resolved"
	}
	v := listView{Tabs: s.tabs(c, here), Empty: web.Empty{Icon: "shield", Title: c.T("report." + here + ".none"), Text: c.T("report." + here + ".none_text")}}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		v.Paging.Older = Path + "?max_id=" + ids.String(rows[pageSize-1].ID)
		if resolved {
			v.Paging.Older += "&etat=traites"
		}
	}
	var people, all []int64
	for _, r := range rows {
		people, all = append(people, r.TargetID, r.AccountID), append(all, r.ID)
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return err
	}
	posts, err := s.PostIDs(c.Context(), all)
	if err != nil {
		return err
	}
	for _, r := range rows {
		v.Rows = append(v.Rows, listRow{URL: Path + "/" + ids.String(r.ID), Target: account.Author(accounts[r.TargetID]), Category: c.T("report.category." + r.Category),
			Comment: r.Comment, From: from(c, accounts[r.AccountID]), Posts: len(posts[r.ID]), At: time.UnixMilli(r.CreatedAt)})
	}
	return c.Page(&web.Page{Name: "report/list", Title: c.T("report.reports"), NoIndex: true, Data: v})
}

// from says who complained: another server tells no name.
func from(c *httpx.Ctx, a *account.Account) string {
	switch {
	case a == nil:
		return c.T("report.from.gone")
	case !a.Local():
		return c.T("report.from.server", "Host", a.Host)
	}
	return a.Name()
}

// reportView is one report with its posts and what was done.
type reportView struct {
	listRow
	Action   string
	Outside  bool
	Resolved time.Time
	Mine     bool // about the moderator who looks
	Limited  bool
	Stopped  bool // suspended
	Cards    []web.PostCard
	Log      []logRow
	Why      web.Field
}

type logRow struct {
	At        time.Time
	Who, What string
	Why       string
	URL       string // of the report
}

func (s *Service) getReport(c *httpx.Ctx) error {
	id, err := c.ID("report")
	if err != nil {
		return err
	}
	return s.show(c, 200, id, "", nil)
}

func (s *Service) show(c *httpx.Ctx, status int, id int64, why string, errs []web.FieldError) error {
	ctx := c.Context()
	r, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	people, err := account.ByIDs(ctx, s.DB.Read(), []int64{r.TargetID, r.AccountID})
	if err != nil {
		return err
	}
	views, err := s.Reported(ctx, c.Viewer, r)
	if err != nil {
		return err
	}
	rows, err := s.Log(ctx, r.ID, 0, 200)
	if err != nil {
		return err
	}
	target := people[r.TargetID]
	v := reportView{Action: c.R.URL.Path, Outside: !target.Local(), Mine: r.TargetID == c.Viewer.AccountID, Cards: post.Cards(c, views), Stopped: target.SuspendedAt != 0}
	v.listRow = listRow{Target: account.Author(target), Category: c.T("report.category." + r.Category), Comment: r.Comment,
		From: from(c, people[r.AccountID]), At: time.UnixMilli(r.CreatedAt)}
	if r.ResolvedAt != 0 {
		v.Resolved = time.UnixMilli(r.ResolvedAt)
	}
	if v.Limited, err = limited(ctx, s.DB.Read(), r.TargetID); err != nil {
		return err
	}
	if v.Log, err = s.words(c, rows); err != nil {
		return err
	}
	v.Why = web.Field{Name: "why", Type: "textarea", Rows: 3, Label: c.T("report.why"), Hint: c.T("report.why.hint"), Value: why, MaxLength: MaxWhy, Spellcheck: true}
	for _, e := range errs {
		if e.Name == "why" {
			v.Why.Error = e.Text
		}
	}
	return c.PageStatus(status, &web.Page{Name: "report/report", Title: c.T("report.about", "Name", target.Name()), NoIndex: true, Data: v})
}

func (s *Service) postDecide(c *httpx.Ctx) error {
	id, err := c.ID("report")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	d := Decision{Act: form.Get("act"), Why: form.Get("why")}
	d.PostID, _ = ids.Parse(form.Get("post"))
	err = s.Decide(c.Context(), c.Viewer, id, d)
	if e, ok := apperr.As(err); ok && e.Kind == apperr.KindInvalid && len(e.Fields) > 0 {
		return s.show(c, 422, id, d.Why, c.FieldErrors(err))
	}
	if err != nil {
		return err
	}
	c.Flash("success", "report.done."+d.Act)
	return c.Redirect(c.R.URL.Path)
}

// words puts rows of the log into sentences.
func (s *Service) words(c *httpx.Ctx, rows []Row) ([]logRow, error) {
	var people []int64
	for _, r := range rows {
		people = append(people, r.ByID, r.TargetID)
	}
	accounts, err := account.ByIDs(c.Context(), s.DB.Read(), people)
	if err != nil {
		return nil, err
	}
	name := func(id int64) string {
		if a := accounts[id]; a != nil {
			return a.Name()
		}
		return c.T("report.from.gone")
	}
	out := make([]logRow, len(rows))
	for i, r := range rows {
		out[i] = logRow{At: time.UnixMilli(r.At), Who: name(r.ByID), What: c.T("report.act."+r.Act, "Name", name(r.TargetID)), Why: r.Why}
		if r.ReportID != 0 {
			out[i].URL = Path + "/" + ids.String(r.ReportID)
		}
	}
	return out, nil
}

// logView is the whole log.
type logView struct {
	Tabs   []web.Tab
	Rows   []logRow
	Broken int64 // the first row that does not fit, 0 when all do
	Paging web.Pagination
}

func (s *Service) getLog(c *httpx.Ctx) error {
	before, _ := ids.Parse(c.Query("max_id"))
	rows, err := s.Log(c.Context(), 0, before, pageSize+1)
	if err != nil {
		return err
	}
	v := logView{Tabs: s.tabs(c, "log")}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		v.Paging.Older = logPath + "?max_id=" + ids.String(rows[pageSize-1].ID)
	}
	if v.Rows, err = s.words(c, rows); err != nil {
		return err
	}
	if v.Broken, err = s.Verify(c.Context()); err != nil {
		return err
	}
	return c.Page(&web.Page{Name: "report/log", Title: c.T("report.log"), NoIndex: true, Data: v})
}

// mineView is what moderators decided of the person who looks.
type mineView struct {
	Rows  []logRow
	Empty web.Empty
}

func (s *Service) getMine(c *httpx.Ctx) error {
	rows, err := s.Warnings(c.Context(), c.Viewer.AccountID, 100)
	if err != nil {
		return err
	}
	v := mineView{Empty: web.Empty{Icon: "shield", Title: c.T("report.mine.none"), Text: c.T("report.mine.none_text")}}
	for _, r := range rows { // who decided stays with the moderators
		v.Rows = append(v.Rows, logRow{At: time.UnixMilli(r.At), What: c.T("report.mine." + r.Act), Why: r.Why})
	}
	return c.Page(&web.Page{Name: "report/mine", Title: c.T("report.mine"), NoIndex: true, Data: v})
}
