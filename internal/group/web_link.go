package group

import (
	"context"
	"net/http"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/web"
)

// linksView is the page of the groups that a group follows, and of those that follow it.
type linksView struct {
	Head              head
	Add               *web.Field // nil for who may not
	Action            string
	Follows, Followed []linkLine
}

// linkLine is one of them.
type linkLine struct {
	groupLine
	Waits string
	Act   *web.Act
}

func (s *Service) getLinks(c *httpx.Ctx) error { return s.showLinks(c, http.StatusOK, "", nil) }

func (s *Service) showLinks(c *httpx.Ctx, status int, typed string, errs []web.FieldError) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	if !g.Ours() || g.Closed() || !me.In() || !c.Viewer.Member {
		return needs(Member)
	}
	h, err := s.head(c, g, me, "links")
	if err != nil {
		return err
	}
	follows, followers, err := s.Links(c.Context(), g.AccountID)
	if err != nil {
		return err
	}
	v := linksView{Head: h, Action: Path(g.Account) + "/liens"}
	if me.May(Animator) {
		f := web.Field{Name: "address", Label: c.T("group.link_address"), Hint: c.T("group.link_hint"), Autocomplete: "off", Value: typed, Required: true}
		fill(&f, errs)
		v.Add = &f
	}
	line := func(x Linked, role, act string) linkLine {
		l := linkLine{groupLine: groupLine{Name: x.Name(), URL: Path(x.Account), Icon: Icons[0], Kind: c.T("group.kind.remote", "Handle", "@"+x.Acct())}}
		if x.Local() {
			l.Kind = c.T("group.kind.open")
		}
		if x.Waits {
			l.Waits = c.T("group.link_waits")
		}
		if me.May(role) {
			l.Act = &web.Act{URL: v.Action, Label: c.T("group.act." + act), Icon: "x", Fields: []web.HiddenField{{Name: "acte", Value: act}, {Name: "id", Value: ids.String(x.ID)}}}
		}
		return l
	}
	for _, x := range follows {
		v.Follows = append(v.Follows, line(x, Animator, "unlink"))
	}
	for _, x := range followers {
		v.Followed = append(v.Followed, line(x, Moderator, "cut_link"))
	}
	return c.PageStatus(status, &web.Page{Name: "group/links", Title: c.T("group.tab.links"), NoIndex: true, Data: v})
}

func (s *Service) postLinks(c *httpx.Ctx) error {
	g, me, err := s.here(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	id, _ := ids.Parse(form.Get("id"))
	done := "group.done." + form.Get("acte")
	switch form.Get("acte") {
	case "unlink":
		err = s.Unlink(c.Context(), c.Viewer, g.AccountID, id)
	case "cut_link":
		err = s.CutLink(c.Context(), c.Viewer, g.AccountID, id)
	default:
		if !me.May(Animator) {
			return needs(Animator)
		}
		done = "group.done.link"
		err = s.linkTo(c.Context(), c.Viewer, g.AccountID, form.Get("address"))
		if errs := c.FieldErrors(err); len(errs) > 0 {
			return s.showLinks(c, http.StatusUnprocessableEntity, form.Get("address"), errs)
		}
	}
	if err != nil {
		return err
	}
	c.Flash("success", done)
	return c.Redirect(Path(g.Account) + "/liens")
}

// linkTo has a group follow the one that an address names, here or on another server, which is asked.
func (s *Service) linkTo(ctx context.Context, v *auth.Viewer, groupID int64, address string) error {
	id, err := s.groupNamed(ctx, address)
	if err != nil {
		return err
	}
	err = s.Link(ctx, v, groupID, id)
	if apperr.Is(err, apperr.KindNotFound) {
		return nobodyNamed()
	}
	return err
}

func nobodyNamed() error {
	return apperr.Invalid("group.link_nobody").Field("address", "group.link_nobody")
}

// groupNamed finds the group that an address names, here or on another server, which is asked.
// Errors: KindInvalid of the field "address".
func (s *Service) groupNamed(ctx context.Context, address string) (int64, error) {
	name, host, ok := account.ParseAcct(address, s.Accounts.Host)
	if !ok {
		return 0, nobodyNamed()
	}
	if host != "" && s.Posts.Resolve != nil {
		if _, err := s.Posts.Resolve.Account(ctx, name, host); err != nil {
			return 0, nobodyNamed()
		}
	}
	a, err := account.ByHandle(ctx, s.DB.Read(), name, host)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && a.Kind != account.Group {
		return 0, nobodyNamed()
	} else if err != nil {
		return 0, err
	}
	return a.ID, nil
}

// carries are the groups whose threads a group shows, as far as the viewer may know of them.
func (s *Service) carries(c *httpx.Ctx, g *Group) ([]web.Link, error) {
	follows, _, err := s.Links(c.Context(), g.AccountID)
	if err != nil {
		return nil, err
	}
	var out []web.Link
	for _, x := range follows {
		if !x.Waits && (c.Viewer != nil || x.Local()) {
			out = append(out, web.Link{Name: x.Name(), URL: Path(x.Account)})
		}
	}
	return out, nil
}

func (s *Service) postDrop(c *httpx.Ctx) error {
	g, _, err := s.here(c)
	if err != nil {
		return err
	}
	id, err := c.ID("id")
	if err != nil {
		return apperr.NotFound("post.not_found")
	}
	if err := s.Drop(c.Context(), c.Viewer, g.AccountID, id); err != nil {
		return err
	}
	c.Flash("success", "group.done.drop")
	return c.Redirect(Path(g.Account))
}
