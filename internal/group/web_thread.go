package group

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
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
	Topic     *web.Link
	Waits     string // what the thread itself waits for
	Offered   string // to which group it is offered
	Keep      *web.Act
	Asked     []askedLine
	Summary   *summaryView
	Cards     []item
	Pages     web.Pagination
	Page      string // "Messages 101 to 200 of 430"
	Composer  *web.Composer
	Limit     string
	Why       string // why the viewer may not answer
	Acts      []web.Act
	Links     []web.Link // of those who keep the thread
	URL       string
	FollowOut string
	Others    []threadLine // more threads of the group
	People    []web.AccountLine
}

// item is a message of a thread, or what is left of one.
type item struct {
	Card    *web.PostCard
	Removed *removed
	Waits   string    // why others do not see it yet
	Reasons []string  // of those who reported it
	Acts    []web.Act // of a moderator
	Links   []web.Link
}

type removed struct {
	ID     string
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

// threadForm finds the thread of the path, with what a form says of it.
func (s *Service) threadForm(c *httpx.Ctx) (*Group, *Membership, *Thread, url.Values, error) {
	g, me, t, err := s.thread(c)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	form, err := c.Form()
	return g, me, t, form, err
}

func (s *Service) getThread(c *httpx.Ctx) error {
	g, me, t, err := s.thread(c)
	if apperr.Is(err, apperr.KindNotFound) {
		return s.moved(c, err)
	} else if err != nil {
		return err
	}
	which := Which{Page: 1}
	which.PostID, _ = ids.Parse(c.Query("message"))
	if n, err := strconv.Atoi(c.Query("page")); err == nil {
		which.Page = n
	}
	told, err := s.Read(c.Context(), c.Viewer, t, which)
	if err != nil {
		return err
	}
	first := told.First
	if first == nil {
		return apperr.NotFound("post.not_found")
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	v := threadView{Head: h, Title: titleOf(first.View), OpenedBy: first.View.Author.Name(), OpenedAt: at(first.CreatedAt),
		Pinned: t.PinnedAt != 0, Locked: t.LockedAt != 0, Waits: waitsFor(c, g, first.State), URL: Path(g.Account) + "/" + ids.String(t.PostID)}
	link := func(number int) string {
		page, id, ok := told.Where(number)
		if !ok {
			return ""
		}
		to := "#post-" + ids.String(id)
		if page != told.Page {
			to = v.URL + "?page=" + strconv.Itoa(page) + to
		}
		return to
	}
	if v.Summary, err = s.showSummary(c, t, link); err != nil {
		return err
	}
	s.showPages(c, told, &v)
	if err := s.showItems(c, g, me, told, link, &v); err != nil {
		return err
	}
	if err := s.showAnswer(c, g, me, t, first.View, &v); err != nil {
		return err
	}
	if err := s.threadActs(c, g, me, t, &v); err != nil {
		return err
	}
	if err := s.offeredTo(c, g, me, t, &v); err != nil {
		return err
	}
	if err := s.showAsked(c, g, t, &v); err != nil {
		return err
	}
	if err := s.showAround(c, g, t, &v); err != nil {
		return err
	}
	p := &web.Page{Name: "group/thread", Title: v.Title, Data: v, NoIndex: g.Access != Open || !g.Ours()}
	if !p.NoIndex {
		p.Description, p.Canonical = first.View.Excerpt(200), s.Accounts.Base+v.URL
		p.Alternates = []web.Alternate{{Type: "application/activity+json", URL: first.View.URI}}
	}
	return c.Page(p)
}

// moved leads to where a message stands now: its thread became part of another, or of another group.
func (s *Service) moved(c *httpx.Ctx, otherwise error) error {
	if g, _, err := s.here(c); err == nil {
		if id, err := c.ID("id"); err == nil {
			if to, err := s.movedTo(c, g.AccountID, id); err != nil || to != "" {
				if err != nil {
					return err
				}
				return c.Redirect(to)
			}
		}
	}
	g, _, in, err := s.message(c)
	if err != nil {
		return otherwise
	}
	if t, err := threadOf(c.Context(), s.DB.Read(), in.ThreadID); err != nil || t == nil || in.ThreadID == in.PostID {
		return otherwise
	}
	return c.Redirect(Path(g.Account) + "/" + ids.String(in.ThreadID) + "?message=" + ids.String(in.PostID))
}

// waitsFor says what a message waits for, "" when it is shown.
func waitsFor(c *httpx.Ctx, g *Group, state string) string {
	switch {
	case state == Waiting && g.Ours():
		return c.T("group.waits_moderation")
	case state == Waiting:
		return c.T("group.waits_server", "Host", g.Account.Host)
	case state == Refused:
		return c.T("group.was_refused", "Name", g.Account.Name())
	}
	return ""
}

// showPages fills where the page stands among those of a long thread.
func (s *Service) showPages(c *httpx.Ctx, told *Reading, v *threadView) {
	if told.Pages < 2 {
		return
	}
	to := func(page int) string { return v.URL + "?page=" + strconv.Itoa(page) }
	if told.Page > 1 {
		v.Pages.Newer = to(told.Page - 1)
	}
	if told.Page < told.Pages {
		v.Pages.Older = to(told.Page + 1)
	}
	first := (told.Page-1)*perThreadPage + 1
	v.Page = c.T("group.page", "First", first, "Last", min(told.Total, first+perThreadPage-1), "Total", told.Total)
}

func (s *Service) showItems(c *httpx.Ctx, g *Group, me *Membership, told *Reading, link func(int) string, v *threadView) error {
	guests, err := s.guests(c, told)
	if err != nil {
		return err
	}
	for _, x := range told.Items {
		id := ids.String(x.PostID)
		if x.View == nil {
			words := c.T("group.removed_by_author")
			switch {
			case x.ByID == x.AuthorID:
			case x.Reason == "":
				words = c.T("group.removed_bare", "Date", c.Loc.Date(at(x.DecidedAt), time.Now()))
			default:
				words = c.T("group.removed", "Date", c.Loc.Date(at(x.DecidedAt), time.Now()), "Reason", strings.TrimRight(x.Reason, ". "))
			}
			it := item{Removed: &removed{id, x.Number, words}}
			if me.May(Moderator) && x.ByID != x.AuthorID {
				it.Acts = []web.Act{{Label: c.T("group.restore"), URL: Path(g.Account) + "/" + id + "/retablir", Icon: "history"}}
			}
			v.Cards = append(v.Cards, it)
			continue
		}
		card := post.Card(c, x.View)
		card.Number, card.Title, card.Group = x.Number, "", nil
		if card.ReplyToNumber = x.ReplyTo; x.ReplyTo > 0 {
			card.ReplyTo = &web.Link{URL: link(x.ReplyTo)}
		}
		card.Author.Guest = guests[x.AuthorID]
		it := item{Card: &card, Waits: waitsFor(c, g, x.State)}
		if x.PostID == told.First.PostID {
			it.Waits = "" // said on top
		}
		if c.Viewer != nil && x.AuthorID != c.Viewer.AccountID && x.State == Shown {
			if me.May(Moderator) {
				it.Links = append(it.Links, web.Link{Name: c.T("group.remove"), URL: Path(g.Account) + "/" + id + "/retirer"})
			} else {
				card.ReportURL = Path(g.Account) + "/" + id + "/signaler"
			}
		}
		v.Cards = append(v.Cards, it)
	}
	return nil
}

// guests are the authors on a page who are guests of this server.
func (s *Service) guests(c *httpx.Ctx, told *Reading) (map[int64]bool, error) {
	var authors []int64
	for _, x := range told.Items {
		if x.View != nil && x.View.Author.Local() && x.View.Author.Kind == account.Person {
			authors = append(authors, x.AuthorID)
		}
	}
	members, err := auth.MembersAmong(c.Context(), s.DB.Read(), authors)
	if err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for _, id := range authors {
		out[id] = !members[id]
	}
	return out, nil
}

// othersShown is how many other threads stand beside one.
const othersShown = 4

// showAround fills what stands beside a thread: others of the group, and who keeps it.
func (s *Service) showAround(c *httpx.Ctx, g *Group, t *Thread, v *threadView) error {
	threads, err := s.Threads(c.Context(), c.Viewer, g, 0, page.Range{Limit: othersShown + 1})
	if err != nil {
		return err
	}
	for _, x := range threads {
		if x.PostID != t.PostID && len(v.Others) < othersShown {
			v.Others = append(v.Others, s.line(c, g, x))
		}
	}
	if t.TopicID != 0 {
		topics, err := s.Topics(c.Context(), g.AccountID)
		if err != nil {
			return err
		}
		if name := topicName(topics, t.TopicID); name != "" {
			v.Topic = &web.Link{Name: name, URL: topicURL(g.Account, t.TopicID)}
		}
	}
	v.People, err = s.staff(c, g)
	return err
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
	composer, err := s.Posts.Answer(c, first, v.URL+"?page=-1")
	if err != nil {
		return err
	}
	if !g.Ours() {
		s.forGroup(c, g, &composer)
		composer.Titled = false
	}
	v.Composer = &composer
	v.Limit = c.T("group.read_by."+g.Access, "Name", g.Account.Name())
	if len(composer.Choices) > 1 { // and the one chosen beforehand may be narrower
		v.Limit = c.T("group.answer_readers")
	}
	return nil
}

// threadActs fills what those who keep a thread may do about it.
func (s *Service) threadActs(c *httpx.Ctx, g *Group, me *Membership, t *Thread, v *threadView) error {
	add := func(act, icon string) {
		v.Acts = append(v.Acts, web.Act{URL: v.URL + "/fil", Label: c.T("group.act." + act), Icon: icon, Fields: []web.HiddenField{{Name: "acte", Value: act}}})
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
	kin := g.Ours()
	if me.May(Animator) {
		if !kin {
			var err error
			if kin, err = ofOurKind(c.Context(), s.DB.Read(), g.Account.Host); err != nil {
				return err
			}
		}
		if kin {
			v.Links = append(v.Links, web.Link{Name: c.T("group.summarise"), URL: v.URL + "/resume"})
		}
	}
	if me.May(Animator) && g.Ours() {
		v.Links = append(v.Links, web.Link{Name: c.T("group.file"), URL: v.URL + "/theme"},
			web.Link{Name: c.T("group.merge"), URL: v.URL + "/reunir"})
	}
	if me.May(Moderator) && kin && !g.Closed() {
		v.Links = append(v.Links, web.Link{Name: c.T("group.move"), URL: v.URL + "/deplacer"})
	}
	return nil
}

func (s *Service) postThread(c *httpx.Ctx) error {
	g, _, t, form, err := s.threadForm(c)
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
	s.flash(c, g, "group.done."+form.Get("acte"))
	return c.Redirect(Path(g.Account) + "/" + ids.String(t.PostID))
}

// flash says that an act is done, or, on a group of another server, asked for.
func (s *Service) flash(c *httpx.Ctx, g *Group, key string) {
	if g.Ours() {
		c.Flash("success", key)
		return
	}
	c.Flash("success", "group.done.asked", "Host", g.Account.Host)
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
	More    *web.Link // another way
	Charter string
	Hidden  []web.HiddenField
}

func (s *Service) showForm(c *httpx.Ctx, status int, v formView) error {
	return c.PageStatus(status, &web.Page{Name: "group/form", Title: v.Title, NoIndex: true, Data: v})
}

func fill(f *web.Field, errs []web.FieldError) {
	for _, e := range errs {
		if e.Name == f.Name {
			f.Error = e.Text
		}
	}
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
	s.flash(c, g, "group.done.remove")
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
	s.flash(c, g, "group.done.restore")
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
