package group

import (
	"net/url"
	"strconv"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
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

// othersShown is how many other threads stand beside one.
const othersShown = 4

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
