package timeline

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/filter"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/group"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/relation"
	"github.com/maillage/maillage/internal/text"
	"github.com/maillage/maillage/web"
)

// profileView is the page of an account.
type profileView struct {
	Author    web.Author
	Address   string // with our host: what one types elsewhere
	Note      template.HTML
	Fields    []profileField
	Posts     int
	Since     time.Time
	Mine      bool
	Private   bool // one's own, and strangers do not see it
	Lists     []web.Link
	State     string
	Acts      []web.Act
	Menu      []web.Link // pages that explain before they act
	Undo      []web.Act  // forms that take back
	Ties      string     // what stands between the viewer and the account
	MyNote    string     // the viewer's private note
	Original  string     // their page on their own server
	Tabs      []web.Tab
	Asides    []Aside
	Pinned    []web.PostCard
	Cards     []web.PostCard
	Paging    web.Pagination
	Empty     web.Empty
	FollowOut bool   // tell a visitor how to follow from elsewhere
	ActOut    string // where a visitor says from which server
}

type profileField struct {
	Name  string
	Value template.HTML
}

func (s *Service) getProfile(c *httpx.Ctx) error {
	accounts := s.Posts.Accounts
	a, err := accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
	if apperr.Is(err, apperr.KindNotFound) {
		return s.toHidden(c, err)
	} else if err != nil {
		return err
	}
	if a.Kind == account.Group && (a.Local() || c.Viewer != nil && c.R.URL.RawQuery == "") {
		return c.Redirect(group.Path(a))
	}
	if c.Var("name") != a.Acct() {
		return c.Redirect(a.Path())
	}
	all := c.Query("avec") == "reponses"
	views, err := s.Profile(c.Context(), c.Viewer, a, rangeOf(c), Options{WithoutReplies: !all})
	if err != nil {
		return err
	}
	views, paging := cut(c, views, "avec")
	v := profileView{
		Author: account.Author(a), Address: "@" + a.Acct(), Note: template.HTML(a.Note), Since: a.Created(), // sanitised when stored
		Cards: post.Cards(c, filter.Showing(post.Showable(c, views), filter.Profile)), Paging: paging, FollowOut: c.Viewer == nil,
		Tabs: []web.Tab{
			{Label: c.T("timeline.profile.posts"), URL: a.Path(), Current: !all},
			{Label: c.T("timeline.profile.all"), URL: a.Path() + "?avec=reponses", Current: all},
		},
		Empty: web.Empty{Icon: "message-square", Title: c.T("timeline.profile.none"), Text: c.T("timeline.profile.none_text")},
	}
	if s.Keep != nil && c.Query("max_id") == "" {
		pinned, err := s.Keep.Pinned(c.Context(), c.Viewer, a)
		if err != nil {
			return err
		}
		v.Pinned = post.Cards(c, filter.Showing(post.Showable(c, pinned), filter.Profile))
		for i := range v.Pinned {
			v.Pinned[i].ID = "pin-" + v.Pinned[i].ID // the same post may stand in the list by itself
		}
	}
	if v.Asides, err = s.asides(c, a); err != nil {
		return err
	}
	if v.Posts, err = s.Posts.WrittenFor(c.Context(), c.Viewer, a.ID); err != nil {
		return err
	}
	for _, f := range a.FieldList() {
		v.Fields = append(v.Fields, profileField{f.Name, template.HTML(f.Value)})
	}
	if a.Local() {
		v.Address += "@" + accounts.Host
		v.ActOut = "/visite/agir?objet=" + url.QueryEscape(a.URI)
	} else {
		if v.Original = a.URL; v.Original == "" {
			v.Original = a.URI
		}
		v.Empty.Text = c.T("timeline.profile.none_outside")
		if s.Origins != nil {
			names, err := s.Origins(c.Context(), s.DB.Read(), []*account.Account{a})
			if err != nil {
				return err
			}
			v.Author.Software = names[a.ID]
		}
	}
	if c.Viewer != nil {
		if err := s.relate(c, a, &v); err != nil {
			return err
		}
	}
	p := &web.Page{Name: "timeline/profile", Title: a.Name(), Data: v, NoIndex: !a.Local() || !a.Indexable}
	if a.Local() && a.Public {
		p.Description = firstLine(text.Plain(a.Note), 200)
		p.Canonical = accounts.Base + a.Path()
		p.Alternates = []web.Alternate{{Type: "application/activity+json", URL: a.URI}}
	}
	return c.Page(p)
}

// relate fills what depends on who looks.
func (s *Service) relate(c *httpx.Ctx, a *account.Account, v *profileView) error {
	if v.Mine = a.ID == c.Viewer.AccountID; v.Mine {
		v.Private = !a.Public
		v.Lists = []web.Link{
			{Name: c.Loc.N("timeline.profile.followers", int(a.FollowersCount)), URL: a.Path() + "/abonnes"},
			{Name: c.Loc.N("timeline.profile.following", int(a.FollowingCount)), URL: a.Path() + "/abonnements"},
		}
		v.Empty = web.Empty{Icon: "pencil", Title: c.T("timeline.profile.mine_none"), Text: c.T("timeline.profile.mine_none_text"),
			Link: &web.Link{Name: c.T("timeline.write"), URL: "/ecrire"}}
		return nil
	}
	relations, err := follow.Relations(c.Context(), s.DB.Read(), c.Viewer.AccountID, []int64{a.ID})
	if err != nil {
		return err
	}
	r := relations[a.ID]
	v.State, v.Acts = follow.State(c, r), follow.Acts(c, a, r)
	if r.Blocking || r.BlockedBy {
		v.Acts = nil // neither may follow the other
	}
	if a.Kind != account.Application {
		v.Menu, v.Undo = relation.Menu(c, a, r.Tie)
		v.Menu = append(v.Menu, web.Link{Name: c.T("report.report"), URL: a.Path() + "/signaler"})
	}
	v.Ties, v.MyNote = relation.State(c, a, r.Tie), r.Note
	for i := range v.Acts {
		if !r.Following && !r.Requested {
			v.Acts[i].Style = "primary"
		}
	}
	return nil
}

func firstLine(s string, most int) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// toHidden leads from the address of a group that is known to nobody but through its members to its page,
// those who may know of it; all others are answered as of nobody's address.
func (s *Service) toHidden(c *httpx.Ctx, unknown error) error {
	name, host, ok := account.ParseAcct(c.Var("name"), s.Posts.Accounts.Host)
	if !ok || c.Viewer == nil {
		return unknown
	}
	a, err := account.ByHandle(c.Context(), s.DB.Read(), name, host)
	if err != nil || a.Kind != account.Group {
		return unknown
	}
	if yes, err := group.KnownTo(c.Context(), s.DB.Read(), c.Viewer, a.ID); err != nil {
		return err
	} else if !yes {
		return unknown
	}
	return c.Redirect(group.Path(a))
}
