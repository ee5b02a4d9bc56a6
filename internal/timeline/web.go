package timeline

import (
	"net/url"

	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/list"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// pageSize is how many posts a page shows.
const pageSize = page.DefaultLimit

// Web declares the pages of posts in order. The home page is HomePage, which
// the front page calls for people who are signed in.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/@{name}", httpx.Public, s.getProfile, httpx.Keep())
	r.Get("/tags/{tag}", httpx.Public, s.getTag, httpx.Keep())
	r.Get("/notifications", httpx.SignedIn, s.getNotices)
	r.Get(list.Path+"/{id}", httpx.SignedIn, s.getList)
}

// rangeOf asks for one more than a page, to know whether there are older ones.
func rangeOf(c *httpx.Ctx) page.Range {
	id, _ := ids.Parse(c.Query("max_id"))
	return page.Range{MaxID: id, Limit: pageSize + 1}
}

// cut keeps a page of what rangeOf asked for, with the address of the older
// ones; keep are the parameters of the address that stay.
func cut(c *httpx.Ctx, views []*post.View, keep ...string) ([]*post.View, web.Pagination) {
	if len(views) <= pageSize {
		return views, web.Pagination{}
	}
	views = views[:pageSize]
	q := url.Values{"max_id": {ids.String(views[pageSize-1].ID)}}
	for _, k := range keep {
		if v := c.Query(k); v != "" {
			q.Set(k, v)
		}
	}
	return views, web.Pagination{Older: c.R.URL.Path + "?" + q.Encode()}
}

// homeView is the home page of somebody signed in.
type homeView struct {
	First    bool // the newest page: with the composer
	Todo     *web.Tasks
	Modules  []web.Module
	Tabs     []web.Tab
	Composer web.Composer
	Cards    []web.PostCard
	Paging   web.Pagination
	Empty    web.Empty
}

// The tabs of the home page, as the address names them.
const (
	tabFediverse = "fediverse"
	tabMovement  = "mouvement"
	tabGroups    = "groupes"
)

// HomePage is the home page of somebody signed in.
func (s *Service) HomePage(c *httpx.Ctx) error {
	tab := c.Query("onglet")
	read, back := s.Section, "/"
	v := homeView{First: c.Query("max_id") == "", Empty: web.Empty{Icon: "house", Title: c.T("timeline.section.none"),
		Text: c.T("timeline.section.none_text")}}
	v.Tabs = []web.Tab{{Label: c.T("timeline.section"), URL: "/"}}
	if c.Viewer.Member && s.Posts.InMovement(c.Context()) {
		v.Tabs = append(v.Tabs, web.Tab{Label: c.T("nav.movement"), URL: "/?onglet=" + tabMovement, Current: tab == tabMovement})
	}
	v.Tabs = append(v.Tabs, web.Tab{Label: c.T("timeline.groups"), URL: "/?onglet=" + tabGroups, Current: tab == tabGroups})
	v.Tabs = append(v.Tabs, web.Tab{Label: c.T("timeline.fediverse"), URL: "/?onglet=" + tabFediverse, Current: tab == tabFediverse})
	switch tab {
	case tabFediverse:
		read, back = s.Home, "/?onglet="+tabFediverse
		v.Empty = web.Empty{Icon: "globe", Title: c.T("timeline.fediverse.none"), Text: c.T("timeline.fediverse.none_text"),
			Link: &web.Link{Name: c.T("timeline.find"), URL: "/recherche"}}
	case tabMovement:
		read, back = s.Movement, "/?onglet="+tabMovement
		v.Empty = web.Empty{Icon: "waypoints", Title: c.T("timeline.movement.none"), Text: c.T("timeline.movement.none_text")}
	case tabGroups:
		read, back = s.Groups, "/?onglet="+tabGroups
		v.Empty = web.Empty{Icon: "users", Title: c.T("timeline.groups.none"), Text: c.T("timeline.groups.none_text"),
			Link: &web.Link{Name: c.T("timeline.groups.find"), URL: "/groupes"}}
	default:
		v.Tabs[0].Current = true
	}
	views, err := read(c.Context(), c.Viewer, rangeOf(c))
	if err != nil {
		return err
	}
	views, v.Paging = cut(c, views, "onglet")
	v.Cards = post.Cards(c, filter.Showing(views, filter.Home))
	if v.First {
		if v.Composer, err = s.Posts.Composer(c, back); err != nil {
			return err
		}
		if err := s.beside(c, &v); err != nil {
			return err
		}
	}
	return c.Page(&web.Page{Name: "timeline/home", Title: c.T("timeline.home"), NoIndex: true, Data: v})
}

// Beside is what a slice puts on the home page: tasks of « À faire », and modules beside the feed.
type Beside struct {
	Tasks   []web.Task
	Modules []web.Module
}

// beside fills in what waits for an answer of the viewer, and what stands beside the feed.
func (s *Service) beside(c *httpx.Ctx, v *homeView) error {
	n, err := s.Posts.Accounts.Waiting(c.Context(), c.Viewer.AccountID)
	if err != nil {
		return err
	}
	var tasks []web.Task
	if n > 0 {
		tasks = append(tasks, web.Task{Verb: c.T("timeline.todo.answer"), Title: c.Loc.N("timeline.todo.requests", n),
			Text: c.T("timeline.todo.requests_text"), URL: "/demandes"})
	}
	for _, of := range s.Beside {
		b, err := of(c)
		if err != nil {
			return err
		}
		tasks, v.Modules = append(tasks, b.Tasks...), append(v.Modules, b.Modules...)
	}
	if len(tasks) > 0 {
		v.Todo = &web.Tasks{Rows: tasks[:min(len(tasks), web.TasksShown)], Total: len(tasks)}
	}
	return nil
}

// listView is a page of posts with a title.
type listView struct {
	Title  string
	Text   string
	Acts   []web.Act
	More   *web.Link
	Cards  []web.PostCard
	Paging web.Pagination
	Empty  web.Empty
}

func (s *Service) getTag(c *httpx.Ctx) error {
	tag := text.Fold(c.Var("tag"))
	views, err := s.Tags(c.Context(), c.Viewer, TagQuery{Any: []string{tag}, Local: c.Viewer == nil}, rangeOf(c))
	if err != nil {
		return err
	}
	views, paging := cut(c, views)
	views = filter.Showing(post.Showable(c, views), filter.Public)
	shown := tag
	for _, w := range views {
		for _, t := range w.Tags {
			if t.Tag == tag {
				shown = t.Shown // as people write it
			}
		}
	}
	v := listView{Title: "#" + shown, Text: c.T("timeline.tag.text"), Cards: post.Cards(c, views), Paging: paging,
		Empty: web.Empty{Icon: "hash", Title: c.T("timeline.tag.none", "Tag", "#"+shown), Text: c.T("timeline.tag.none_text")}}
	if c.Viewer != nil && s.Topics != nil {
		act, err := s.Topics.Act(c, tag)
		if err != nil {
			return err
		}
		v.Acts = []web.Act{act}
	}
	return c.Page(&web.Page{Name: "timeline/list", Title: v.Title, NoIndex: true, Data: v})
}
