package group

import (
	"net/http"

	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/web"
)

// getJoin shows the charter to who wants to take part.
func (s *Service) getJoin(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if me.In() {
		return c.Redirect(Path(g.Account))
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	h.Join = nil
	words, button := "group.join_text", "group.join_agree"
	if g.Joining == Request && (me == nil || me.State != Invited) {
		words, button = "group.ask_text", "group.ask"
	}
	return s.showForm(c, http.StatusOK, formView{Head: h, Title: c.T("group.join_title", "Name", g.Account.Name()), Text: c.T(words), Charter: g.Charter,
		Action: Path(g.Account) + "/rejoindre", Button: c.T(button), Back: Path(g.Account)})
}

// getFollow tells how to follow an open group from elsewhere.
func (s *Service) getFollow(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if g.Closed() || !g.Ours() {
		return unknown()
	}
	h, err := s.head(c, g, me, "")
	if err != nil {
		return err
	}
	base := s.Accounts.Base
	return c.Page(&web.Page{Name: "group/follow", Title: c.T("group.follow_title", "Name", g.Account.Name()), NoIndex: true, Alternates: s.alternates(g),
		Data: followView{Head: h, Handle: "@" + g.Account.Username + "@" + s.Accounts.Host, Address: base + Path(g.Account),
			Lemmy: "!" + g.Account.Username + "@" + s.Accounts.Host, Atom: base + Path(g.Account) + "/fils.atom", RSS: base + Path(g.Account) + "/fils.rss", URI: g.Account.URI}})
}

// followView tells how to follow a group.
type followView struct {
	Head                              head
	Handle, Lemmy, Address, Atom, RSS string
	URI                               string // to follow from one's own server
}

func (s *Service) postJoin(c *httpx.Ctx) error {
	g, _, err := s.here(c)
	if err != nil {
		return err
	}
	if err := s.Join(c.Context(), c.Viewer, g.AccountID); err != nil {
		return err
	}
	_, me, err := s.here(c)
	if err != nil {
		return err
	}
	if me.In() {
		c.Flash("success", "group.joined", "Name", g.Account.Name())
	} else if !g.Ours() {
		c.Flash("success", "group.asked_remote", "Name", g.Account.Name(), "Host", g.Account.Host)
	} else {
		c.Flash("success", "group.asked", "Name", g.Account.Name())
	}
	return c.Redirect(Path(g.Account))
}

func (s *Service) postLeave(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if err := s.Leave(c.Context(), c.Viewer, g.AccountID); err != nil {
		return err
	}
	c.Flash("success", "group.left", "Name", g.Account.Name())
	if me != nil && g.Secret {
		return c.Redirect(ListPath)
	}
	return c.Redirect(Path(g.Account))
}

func (s *Service) getQueue(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !me.May(Moderator) {
		return needs(Moderator)
	}
	h, err := s.head(c, g, me, "queue")
	if err != nil {
		return err
	}
	v, err := s.queue(c, g, h)
	if err != nil {
		return err
	}
	return c.PageStatus(http.StatusOK, &web.Page{Name: "group/queue", Title: c.T("group.tab.queue"), NoIndex: true, Data: v})
}
