package group

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// Summary says where a thread stands: plain text, in Agreed and Debated a point
// on each line. Numbers in brackets, "(3, 7)", are those of messages.
type Summary struct{ Agreed, Debated, NextStep string }

// summaryFields are the names of the parts, in forms and words.
var summaryFields = []string{"agreed", "debated", "next_step"}

func (m *Summary) part(name string) *string {
	switch name {
	case "agreed":
		return &m.Agreed
	case "debated":
		return &m.Debated
	default:
		return &m.NextStep
	}
}

// Empty reports whether it says nothing.
func (m Summary) Empty() bool { return m == Summary{} }

func (m *Summary) check() error {
	bad, wrong := apperr.Invalid("group.check_summary"), false
	for _, name := range summaryFields {
		p := m.part(name)
		if *p = text.Clean(*p, MaxSummary+1); utf8.RuneCountInString(*p) > MaxSummary {
			bad, wrong = bad.Field(name, "group.summary_long", MaxSummary), true
		}
	}
	if wrong {
		return bad
	}
	return nil
}

// Summarise writes on top of a thread where it stands; an empty summary takes that away.
// Errors: KindInvalid by field, KindForbidden for who does not animate the group.
func (s *Service) Summarise(ctx context.Context, v *auth.Viewer, threadID int64, m Summary) error {
	if err := m.check(); err != nil {
		return err
	}
	if asked, err := s.askSummary(ctx, v, threadID, m); asked || err != nil {
		return err
	}
	return s.onThread(ctx, v, threadID, Animator, func(ctx context.Context, tx *db.Tx, g *Group, me *Membership, t *Thread) error {
		return s.summarise(ctx, tx, g, me.AccountID, t, m, now())
	})
}

func (s *Service) summarise(ctx context.Context, tx *db.Tx, g *Group, byID int64, t *Thread, m Summary, at int64) error {
	if _, err := tx.Exec(ctx, `update group_thread set agreed = $1, debated = $2, next_step = $3, summary_by = $4, summary_at = $5 where post_id = $6`,
		m.Agreed, m.Debated, m.NextStep, byID, at, t.PostID); err != nil {
		return err
	}
	if err := s.tellThread(ctx, tx, g, t.PostID); err != nil {
		return err
	}
	return s.journal(ctx, tx, Line{GroupID: g.AccountID, ByID: byID, Act: "summarise", PostID: t.PostID})
}

// summaryView is a summary on its page.
type summaryView struct {
	Agreed, Debated []template.HTML
	Next            template.HTML
	By              string
	At              time.Time
}

// showSummary renders a summary; link gives the address of a message by its number.
func (s *Service) showSummary(c *httpx.Ctx, t *Thread, link func(int) string) (*summaryView, error) {
	if t.Summary.Empty() {
		return nil, nil
	}
	v := &summaryView{Agreed: points(t.Agreed, link), Debated: points(t.Debated, link), At: at(t.SummaryAt)}
	if t.NextStep != "" {
		v.Next = withNumbers(t.NextStep, link)
	}
	a, err := account.ByID(c.Context(), s.DB.Read(), t.SummaryBy)
	if apperr.Is(err, apperr.KindNotFound) {
		return v, nil
	} else if err != nil {
		return nil, err
	}
	if a.VisibleTo(c.Viewer) {
		v.By = a.Name()
	}
	return v, nil
}

// points are the lines of a text, rendered.
func points(src string, link func(int) string) []template.HTML {
	var out []template.HTML
	for line := range strings.Lines(src) {
		line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "-–—•*"))
		if line != "" {
			out = append(out, withNumbers(line, link))
		}
	}
	return out
}

var numbers = regexp.MustCompile(`\([0-9]{1,4}(?:[,;] ?[0-9]{1,4})*\)`)
var digits = regexp.MustCompile(`[0-9]+`)

// withNumbers renders plain text, with links to the messages that it numbers in brackets.
func withNumbers(src string, link func(int) string) template.HTML {
	rendered := text.Render(src, noPeople, func(tag string) string { return "/tags/" + tag })
	rendered = strings.TrimSuffix(strings.TrimPrefix(rendered, "<p>"), "</p>")
	var b strings.Builder
	for rendered != "" { // between the tags, and not inside of links
		words, rest, isTag := strings.Cut(rendered, "<")
		b.WriteString(numbers.ReplaceAllStringFunc(words, func(list string) string {
			return digits.ReplaceAllStringFunc(list, func(n string) string { return numberLink(n, link) })
		}))
		if !isTag {
			break
		}
		end := ">"
		if strings.HasPrefix(rest, "a ") {
			end = "</a>"
		}
		tag, after, _ := strings.Cut(rest, end)
		b.WriteString("<" + tag + end)
		rendered = after
	}
	return template.HTML(b.String()) // rendered from plain text
}

func numberLink(n string, link func(int) string) string {
	i, err := strconv.Atoi(n)
	if err != nil {
		return n
	}
	to := link(i)
	if to == "" {
		return n
	}
	return `<a href="` + template.HTMLEscapeString(to) + `">` + n + `</a>`
}

func noPeople(text.Handle) (text.Resolved, bool) { return text.Resolved{}, false }

func (s *Service) getSummary(c *httpx.Ctx) error {
	g, me, t, err := s.thread(c)
	if err != nil {
		return err
	}
	if !me.May(Animator) {
		return needs(Animator)
	}
	return s.summaryForm(c, http.StatusOK, g, me, t, t.Summary, nil)
}

func (s *Service) summaryForm(c *httpx.Ctx, status int, g *Group, me *Membership, t *Thread, typed Summary, errs []web.FieldError) error {
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	path := Path(g.Account) + "/" + ids.String(t.PostID)
	v := formView{Head: h, Title: c.T("group.summarise"), Text: c.T("group.summary_text"), Action: path + "/resume",
		Button: c.T("group.save"), Back: path, Summary: web.ErrorSummary{Errors: errs}}
	for _, name := range summaryFields {
		f := web.Field{Name: name, Label: c.T("group.summary." + name), Hint: c.T("group.summary." + name + ".hint"), Type: "textarea", Rows: 4,
			Value: *typed.part(name), Spellcheck: true, Optional: true}
		fill(&f, errs)
		v.Fields = append(v.Fields, f)
	}
	return s.showForm(c, status, v)
}

func summaryOf(form url.Values) (m Summary) {
	for _, name := range summaryFields {
		*m.part(name) = form.Get(name)
	}
	return m
}

func (s *Service) postSummary(c *httpx.Ctx) error {
	g, me, t, form, err := s.threadForm(c)
	if err != nil {
		return err
	}
	m := summaryOf(form)
	err = s.Summarise(c.Context(), c.Viewer, t.PostID, m)
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.summaryForm(c, http.StatusUnprocessableEntity, g, me, t, m, errs)
	} else if err != nil {
		return err
	}
	s.flash(c, g, "group.done.summarise")
	return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
}
