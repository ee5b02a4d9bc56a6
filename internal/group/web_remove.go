package group

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

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
	done := "group.done.publish"
	if in.State == Removed {
		done = "group.done.restore"
	}
	s.flash(c, g, done)
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
