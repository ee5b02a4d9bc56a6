package group

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

func at(ms int64) time.Time { return time.UnixMilli(ms) }

// titleOf is what a thread is called: its title, else how its first post begins.
func titleOf(w *post.View) string {
	if w.Title != "" {
		return w.Title
	}
	return w.Excerpt(90)
}

// threadView is the page of a thread.
type threadView struct {
	Head      head
	Title     string
	OpenedBy  string
	OpenedAt  time.Time
	Pinned    bool
	Locked    bool
	Summary   template.HTML
	SummaryBy string
	SummaryAt time.Time
	Cards     []item
	Composer  *web.Composer
	Limit     string
	Why       string // why the viewer may not answer
	Acts      []web.Act
	CanSum    bool
	URL       string
	FollowOut string
}

// item is a message of a thread, or what is left of one.
type item struct {
	Card    *web.PostCard
	Removed *removed
	Acts    []web.Act // of a moderator
	Remove  string    // where a moderator takes it out
}

type removed struct {
	Number int
	Words  string
}

// thread finds the thread of the path.
func (s *Service) thread(c *httpx.Ctx) (*Group, *Membership, *Thread, error) {
	g, me, err := s.here(c)
	if err != nil {
		return nil, nil, nil, err
	}
	id, err := c.ID("id")
	if err != nil {
		return nil, nil, nil, unknown()
	}
	t, err := threadOf(c.Context(), s.DB.Read(), id)
	if err != nil {
		return nil, nil, nil, err
	}
	if t == nil || t.GroupID != g.AccountID {
		return nil, nil, nil, apperr.NotFound("post.not_found")
	}
	return g, me, t, nil
}

func (s *Service) getThread(c *httpx.Ctx) error {
	g, me, t, err := s.thread(c)
	if err != nil {
		return err
	}
	told, err := s.Read(c.Context(), c.Viewer, t)
	if err != nil {
		return err
	}
	first := told0(told, t.PostID)
	if first == nil {
		return apperr.NotFound("post.not_found")
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	v := threadView{Head: h, Title: titleOf(first.View), OpenedBy: first.View.Author.Name(), OpenedAt: at(first.CreatedAt),
		Pinned: t.PinnedAt != 0, Locked: t.LockedAt != 0, URL: Path(g.Account) + "/" + ids.String(t.PostID), CanSum: me.May(Animator)}
	if err := s.showSummary(c, t, &v); err != nil {
		return err
	}
	if err := s.showItems(c, g, me, told, &v); err != nil {
		return err
	}
	if err := s.showAnswer(c, g, me, t, first.View, &v); err != nil {
		return err
	}
	v.Acts = s.threadActs(c, me, t, v.URL)
	p := &web.Page{Name: "group/thread", Title: v.Title, Data: v, NoIndex: g.Access != Open}
	if g.Access == Open {
		p.Description, p.Canonical = first.View.Excerpt(200), s.Accounts.Base+v.URL
		p.Alternates = []web.Alternate{{Type: "application/activity+json", URL: first.View.URI}}
	}
	return c.Page(p)
}

// told0 is the first post of a thread if the reader may see it.
func told0(told []Told, postID int64) *Told {
	for i := range told {
		if told[i].PostID == postID && told[i].View != nil {
			return &told[i]
		}
	}
	return nil
}

func (s *Service) showSummary(c *httpx.Ctx, t *Thread, v *threadView) error {
	if t.Summary == "" {
		return nil
	}
	v.Summary = template.HTML(text.Render(t.Summary, noPeople, func(tag string) string { return "/tags/" + tag })) // rendered from plain text
	v.SummaryAt = at(t.SummaryAt)
	a, err := account.ByID(c.Context(), s.DB.Read(), t.SummaryBy)
	if apperr.Is(err, apperr.KindNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if a.VisibleTo(c.Viewer) {
		v.SummaryBy = a.Name()
	}
	return nil
}

func noPeople(text.Handle) (text.Resolved, bool) { return text.Resolved{}, false }

func (s *Service) showItems(c *httpx.Ctx, g *Group, me *Membership, told []Told, v *threadView) error {
	for _, x := range told {
		if x.View == nil {
			words := c.T("group.removed_by_author", "Number", x.Number)
			if x.ByID != x.AuthorID {
				words = c.T("group.removed", "Date", c.Loc.Date(at(x.DecidedAt), time.Now()), "Reason", x.Reason)
			}
			it := item{Removed: &removed{x.Number, words}}
			if me.May(Moderator) && x.ByID != x.AuthorID {
				it.Acts = []web.Act{{Label: c.T("group.restore"), URL: Path(g.Account) + "/" + ids.String(x.PostID) + "/retablir", Icon: "history"}}
			}
			v.Cards = append(v.Cards, it)
			continue
		}
		card := post.Card(c, x.View)
		card.Number, card.ReplyToNumber, card.Title, card.Group = x.Number, x.ReplyTo, "", nil
		if !x.View.Author.Local() && !card.Author.Outside {
			card.Author.Outside = true
		}
		it := item{Card: &card}
		if me.May(Moderator) && x.AuthorID != me.AccountID {
			it.Remove = Path(g.Account) + "/" + ids.String(x.PostID) + "/retirer"
		}
		v.Cards = append(v.Cards, it)
	}
	return nil
}

func (s *Service) showAnswer(c *httpx.Ctx, g *Group, me *Membership, t *Thread, first *post.View, v *threadView) error {
	if c.Viewer == nil {
		if g.Access == Open {
			v.FollowOut = "@" + g.Account.Username + "@" + s.Accounts.Host
		}
		return nil
	}
	if t.LockedAt != 0 && !me.May(Moderator) {
		v.Why = c.T("group.locked")
		return nil
	}
	if _, err := g.accepts(me); err != nil {
		v.Why = c.ErrorText(err)
		return nil
	}
	composer, err := s.Posts.Answer(c, first, v.URL)
	if err != nil {
		return err
	}
	v.Composer = &composer
	v.Limit = c.T("group.read_by."+g.Access, "Name", g.Account.Name())
	return nil
}

func (s *Service) threadActs(c *httpx.Ctx, me *Membership, t *Thread, path string) []web.Act {
	var out []web.Act
	add := func(act, icon string) {
		out = append(out, web.Act{URL: path + "/fil", Label: c.T("group.act." + act), Icon: icon, Fields: []web.HiddenField{{Name: "acte", Value: act}}})
	}
	if me.May(Animator) {
		if t.PinnedAt == 0 {
			add("pin", "pin")
		} else {
			add("unpin", "x")
		}
	}
	if me.May(Moderator) {
		if t.LockedAt == 0 {
			add("lock", "lock")
		} else {
			add("unlock", "key-round")
		}
	}
	return out
}

func (s *Service) postThread(c *httpx.Ctx) error {
	g, _, t, err := s.thread(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	switch form.Get("acte") {
	case "pin", "unpin":
		err = s.Pin(c.Context(), c.Viewer, t.PostID, form.Get("acte") == "pin")
	case "lock", "unlock":
		err = s.Lock(c.Context(), c.Viewer, t.PostID, form.Get("acte") == "lock")
	default:
		err = apperr.Invalid("group.bad_act")
	}
	if err != nil {
		return err
	}
	c.Flash("success", "group.done."+form.Get("acte"))
	return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
}

// formView is a page with a form: its fields, and what was wrong with them.
type formView struct {
	Head    head
	Title   string
	Text    string
	Action  string
	Button  string
	Danger  bool
	Back    string
	Card    *web.PostCard
	Summary web.ErrorSummary
	Fields  []web.Field
}

func (s *Service) showForm(c *httpx.Ctx, status int, v formView) error {
	return c.PageStatus(status, &web.Page{Name: "group/form", Title: v.Title, NoIndex: true, Data: v})
}

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

func (s *Service) summaryForm(c *httpx.Ctx, status int, g *Group, me *Membership, t *Thread, typed string, errs []web.FieldError) error {
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	path := Path(g.Account) + "/" + ids.String(t.PostID)
	f := web.Field{Name: "summary", Label: c.T("group.summary"), Hint: c.T("group.summary_hint"), Type: "textarea", Rows: 8, Value: typed, Spellcheck: true, Optional: true}
	fill(&f, errs)
	return s.showForm(c, status, formView{Head: h, Title: c.T("group.summarise"), Text: c.T("group.summary_text"), Action: path + "/resume",
		Button: c.T("group.save"), Back: path, Summary: web.ErrorSummary{Errors: errs}, Fields: []web.Field{f}})
}

func fill(f *web.Field, errs []web.FieldError) {
	for _, e := range errs {
		if e.Name == f.Name {
			f.Error = e.Text
		}
	}
}

func (s *Service) postSummary(c *httpx.Ctx) error {
	g, me, t, err := s.thread(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.Summarise(c.Context(), c.Viewer, t.PostID, form.Get("summary"))
	if errs := c.FieldErrors(err); len(errs) > 0 {
		return s.summaryForm(c, http.StatusUnprocessableEntity, g, me, t, form.Get("summary"), errs)
	} else if err != nil {
		return err
	}
	c.Flash("success", "group.done.summarise")
	return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
}

// message finds a post of the group of the path.
func (s *Service) message(c *httpx.Ctx) (*Group, *Membership, *Post, error) {
	g, me, err := s.here(c)
	if err != nil {
		return nil, nil, nil, err
	}
	id, err := c.ID("id")
	if err != nil {
		return nil, nil, nil, apperr.NotFound("post.not_found")
	}
	in, err := placed(c.Context(), s.DB.Read(), id)
	if err != nil {
		return nil, nil, nil, err
	}
	if in == nil || in.GroupID != g.AccountID || in.State == Refused {
		return nil, nil, nil, apperr.NotFound("post.not_found")
	}
	return g, me, in, nil
}

func (s *Service) getRemove(c *httpx.Ctx) error {
	g, me, in, err := s.message(c)
	if err != nil {
		return err
	}
	if !me.May(Moderator) {
		return needs(Moderator)
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
	path := Path(g.Account) + "/" + ids.String(in.PostID)
	return s.showForm(c, http.StatusOK, formView{Head: h, Title: c.T("group.remove_title"), Text: c.T("group.remove_text"), Action: path + "/retirer",
		Button: c.T("group.remove"), Danger: true, Back: Path(g.Account) + "/" + ids.String(in.ThreadID), Card: &card,
		Fields: []web.Field{{Name: "reason", Label: c.T("group.reason"), Hint: c.T("group.reason_hint"), MaxLength: MaxReason, Required: true}}})
}

func (s *Service) postRemove(c *httpx.Ctx) error {
	g, _, in, err := s.message(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Remove(c.Context(), c.Viewer, in.PostID, form.Get("reason")); err != nil {
		return err
	}
	c.Flash("success", "group.done.remove")
	return c.Redirect(s.after(g, in, form))
}

func (s *Service) postRestore(c *httpx.Ctx) error {
	g, _, in, err := s.message(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Restore(c.Context(), c.Viewer, in.PostID); err != nil {
		return err
	}
	c.Flash("success", "group.done.restore")
	return c.Redirect(s.after(g, in, form))
}

// after is where to go after an act on a message: to its thread, or the group when the thread itself was taken out.
func (s *Service) after(g *Group, in *Post, form url.Values) string {
	if back := httpx.LocalPath(form.Get("back"), ""); strings.HasPrefix(back, Path(g.Account)) && in.PostID != in.ThreadID {
		return back
	}
	if in.PostID == in.ThreadID {
		return Path(g.Account)
	}
	return Path(g.Account) + "/" + ids.String(in.ThreadID)
}
