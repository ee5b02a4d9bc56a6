package follow

import (
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/page"
	"github.com/maillage/maillage/web"
)

const pageSize = 40

// Web declares the pages and forms on following.
func (s *Service) Web(r *httpx.Router) {
	s.webMove(r)
	r.Post("/@{name}/follow", httpx.SignedIn, s.postFollow)
	r.Post("/@{name}/unfollow", httpx.SignedIn, s.postUnfollow)
	r.Get("/@{name}/abonnes", httpx.SignedIn, s.getFollowers)
	r.Get("/@{name}/abonnements", httpx.SignedIn, s.getFollowing)
	r.Post("/@{name}/retirer", httpx.SignedIn, s.postRemove)
	r.Get("/demandes", httpx.SignedIn, s.getRequests)
	r.Post("/@{name}/accepter", httpx.SignedIn, s.onAnswer(true))
	r.Post("/@{name}/refuser", httpx.SignedIn, s.onAnswer(false))
}

// target is the account that the path names, and where to return afterwards.
func (s *Service) target(c *httpx.Ctx) (a *account.Account, back string, err error) {
	form, err := c.Form()
	if err != nil {
		return nil, "", err
	}
	a, err = s.Accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
	if err != nil {
		return nil, "", err
	}
	return a, httpx.LocalPath(form.Get("back"), a.Path()), nil
}

func (s *Service) postFollow(c *httpx.Ctx) error {
	a, back, err := s.target(c)
	if err != nil {
		return err
	}
	if err := s.Accounts.Agreed(c); err != nil {
		return err
	}
	err = s.Follow(c.Context(), c.Viewer.AccountID, a.ID, nil)
	if kind, ok := account.ConsentAsked(err); ok {
		return s.Accounts.Ask(c, account.Ask{Kind: kind, Action: a.Path() + "/follow", Yes: c.T("follow.consent_yes", "Name", a.Name()),
			Fields: []web.HiddenField{{Name: "back", Value: back}}, Back: back})
	}
	if err != nil {
		return err
	}
	if a.Local() && !a.Locked {
		c.Flash("success", "follow.done", "Name", a.Name())
	} else {
		c.Flash("success", "follow.asked", "Name", a.Name())
	}
	return c.Redirect(back)
}

func (s *Service) postUnfollow(c *httpx.Ctx) error {
	a, back, err := s.target(c)
	if err != nil {
		return err
	}
	if err := s.Unfollow(c.Context(), c.Viewer.AccountID, a.ID); err != nil {
		return err
	}
	c.Flash("success", "follow.ended", "Name", a.Name())
	return c.Redirect(back)
}

func (s *Service) postRemove(c *httpx.Ctx) error {
	a, back, err := s.target(c)
	if err != nil {
		return err
	}
	if err := s.RemoveFollower(c.Context(), c.Viewer.AccountID, a.ID); err != nil {
		return err
	}
	c.Flash("success", "follow.removed", "Name", a.Name())
	return c.Redirect(back)
}

func (s *Service) onAnswer(yes bool) httpx.Handler {
	done := "follow.refused"
	if yes {
		done = "follow.accepted"
	}
	return func(c *httpx.Ctx) error {
		a, _, err := s.target(c)
		if err != nil {
			return err
		}
		form, err := c.Form()
		if err != nil {
			return err
		}
		err = s.Answer(c.Context(), c.Viewer.AccountID, a.ID, yes)
		if apperr.Is(err, apperr.KindNotFound) {
			return apperr.NotFound("follow.no_request").Wrap(err)
		} else if err != nil {
			return err
		}
		c.Flash("success", done, "Name", a.Name())
		return c.Redirect(httpx.LocalPath(form.Get("back"), "/demandes"))
	}
}

// listView is a page of accounts.
type listView struct {
	Title, Text string
	Tabs        []web.Tab
	Lines       []web.AccountLine
	Empty       web.Empty
	Paging      web.Pagination
}

func (s *Service) getFollowers(c *httpx.Ctx) error {
	return s.own(c, "followers", func(a *account.Account, r page.Range) (List, error) {
		return Followers(c.Context(), s.DB.Read(), a.ID, r)
	})
}

func (s *Service) getFollowing(c *httpx.Ctx) error {
	return s.own(c, "followings", func(a *account.Account, r page.Range) (List, error) {
		return Following(c.Context(), s.DB.Read(), a.ID, r)
	})
}

// own shows a list of one's own; nobody else may see it, nor that there is one.
func (s *Service) own(c *httpx.Ctx, kind string, read func(*account.Account, page.Range) (List, error)) error {
	me, err := s.Accounts.Shown(c.Context(), c.Viewer, c.Var("name"))
	if err != nil {
		return err
	}
	if me.ID != c.Viewer.AccountID {
		return apperr.NotFound("httpx.not_found")
	}
	l, err := read(me, rangeOf(c))
	if err != nil {
		return err
	}
	lines, err := Lines(c, s.DB.Read(), l.Accounts)
	if err != nil {
		return err
	}
	if kind == "followers" {
		for i, a := range l.Accounts {
			lines[i].Acts = append(lines[i].Acts, web.Act{Label: c.T("follow.remove"), URL: a.Path() + "/retirer", Icon: "x"})
		}
	}
	v := listView{
		Title: c.T("follow." + kind), Text: c.T("follow." + kind + ".text"), Lines: lines, Paging: older(c, l),
		Tabs: []web.Tab{
			{Label: c.T("follow.followers"), URL: me.Path() + "/abonnes", Current: kind == "followers"},
			{Label: c.T("follow.followings"), URL: me.Path() + "/abonnements", Current: kind == "followings"},
		},
		Empty: web.Empty{Icon: "users", Title: c.T("follow." + kind + ".none"), Text: c.T("follow." + kind + ".none_text"),
			Link: &web.Link{Name: c.T("follow.find"), URL: "/recherche"}},
	}
	return c.Page(&web.Page{Name: "follow/list", Title: v.Title, NoIndex: true, Data: v})
}

func (s *Service) getRequests(c *httpx.Ctx) error {
	l, err := Requests(c.Context(), s.DB.Read(), c.Viewer.AccountID, rangeOf(c))
	if err != nil {
		return err
	}
	v := listView{Title: c.T("follow.requests"), Text: c.T("follow.requests.text"), Paging: older(c, l),
		Empty: web.Empty{Icon: "user-round-check", Title: c.T("follow.requests.none"), Text: c.T("follow.requests.none_text"),
			Link: &web.Link{Name: c.T("follow.requests.settings"), URL: "/reglages"}}}
	for _, a := range l.Accounts {
		v.Lines = append(v.Lines, web.AccountLine{Author: account.Author(a), Acts: []web.Act{
			{Label: c.T("follow.accept"), URL: a.Path() + "/accepter", Icon: "check"},
			{Label: c.T("follow.refuse"), URL: a.Path() + "/refuser", Icon: "x"},
		}})
	}
	return c.Page(&web.Page{Name: "follow/list", Title: v.Title, NoIndex: true, Data: v})
}

func rangeOf(c *httpx.Ctx) page.Range {
	id, _ := ids.Parse(c.Query("max_id"))
	return page.Range{MaxID: id, Limit: pageSize}
}

func older(c *httpx.Ctx, l List) web.Pagination {
	if !l.Full {
		return web.Pagination{}
	}
	return web.Pagination{Older: c.R.URL.Path + "?max_id=" + strconv.FormatInt(l.Last, 10)}
}
