package group

import (
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// contributionsView is the page of who works in a group, by links to their work.
type contributionsView struct {
	Head    head
	People  []contributorView
	Quiet   *web.Act // of the viewer: to stand here no more, or again
	IsQuiet bool
	Empty   web.Empty
}

type contributorView struct {
	web.AccountLine
	Works []work
}

// work is a line of links to work of one kind.
type work struct {
	Words string
	Links []web.Link
}

func (s *Service) getContributions(c *httpx.Ctx) error {
	g, me, h, err := s.inside(c, "contributions")
	if err != nil {
		return err
	}
	list, err := s.Contributions(c.Context(), c.Viewer, g)
	if err != nil {
		return err
	}
	titles, err := s.threadTitles(c.Context(), c.Viewer, list)
	if err != nil {
		return err
	}
	v := contributionsView{Head: h, Empty: web.Empty{Icon: "pen-line", Title: c.T("group.contributions_none"), Text: c.T("group.contributions_none_text")}}
	accounts := make(map[int64]*account.Account, len(list))
	for _, x := range list {
		accounts[x.Account.ID] = x.Account
	}
	sisters, err := affiliatedAmong(c.Context(), s.DB.Read(), accounts)
	if err != nil {
		return err
	}
	for _, x := range list {
		line := contributorView{AccountLine: web.AccountLine{Author: account.Author(x.Account)}}
		if sisters[x.Account.Host] { // of the movement
			line.Author.Outside, line.Author.Software = false, ""
		}
		for _, kind := range []string{Summed, Began, Answered} {
			w := work{Words: c.T("group.contribution." + kind)}
			if me.In() { // how many is for those who are in it
				w.Words = c.Loc.N("group.contributed."+kind, int(x.Counts[kind]))
			}
			for _, l := range x.Latest {
				if l.Kind != kind || titles[l.ThreadID] == "" {
					continue
				}
				url := Path(g.Account) + "/" + ids.String(l.ThreadID)
				if kind == Answered {
					url += "?message=" + ids.String(l.PostID) + "#post-" + ids.String(l.PostID)
				}
				w.Links = append(w.Links, web.Link{Name: titles[l.ThreadID], URL: url})
			}
			if len(w.Links) > 0 {
				line.Works = append(line.Works, w)
			}
		}
		if len(line.Works) > 0 {
			v.People = append(v.People, line)
		}
	}
	if c.Viewer != nil && me.In() {
		if v.IsQuiet, err = s.isQuiet(c.Context(), g.AccountID, c.Viewer.AccountID); err != nil {
			return err
		}
		v.Quiet = &web.Act{URL: Path(g.Account) + "/contributions", Label: c.T("group.quiet"), Fields: []web.HiddenField{{Name: "discret", Value: "1"}}}
		if v.IsQuiet {
			v.Quiet.Label, v.Quiet.Fields = c.T("group.quiet_no_more"), nil
		}
	}
	return c.Page(&web.Page{Name: "group/contributions", Title: c.T("group.contributions_of", "Name", g.Account.Name()), NoIndex: true, Data: v})
}

func (s *Service) postContributions(c *httpx.Ctx) error {
	g, _, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	quiet := form.Get("discret") != ""
	if err := s.Quiet(c.Context(), c.Viewer, g.AccountID, quiet); err != nil {
		return err
	}
	if quiet {
		c.Flash("success", "group.done.quiet")
	} else {
		c.Flash("success", "group.done.quiet_no_more")
	}
	return c.Redirect(Path(g.Account) + "/contributions")
}
