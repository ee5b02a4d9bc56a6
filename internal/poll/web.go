package poll

import (
	"net/http"
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/web"
)

// Web declares the page and form to vote.
func (s *Service) Web(r *httpx.Router) {
	r.Get("/@{name}/{id}/vote", httpx.SignedIn, s.getVote)
	r.Post("/@{name}/{id}/vote", httpx.SignedIn, s.postVote)
}

// voteView is the page of a poll alone, for who pressed the button without choosing.
type voteView struct {
	Problem string
	Card    web.PostCard
}

func (s *Service) asked(c *httpx.Ctx) (*post.View, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, apperr.NotFound("poll.not_found")
	}
	p, err := s.Posts.Get(c.Context(), c.Viewer, id)
	if err != nil {
		return nil, apperr.NotFound("poll.not_found").Wrap(err)
	}
	w, err := s.Posts.View(c.Context(), c.Viewer, p)
	if err != nil {
		return nil, err
	}
	if post.PartOf[*Poll](w, name) == nil {
		return nil, apperr.NotFound("poll.not_found")
	}
	return w, nil
}

func (s *Service) getVote(c *httpx.Ctx) error {
	w, err := s.asked(c)
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, w, "")
}

func show(c *httpx.Ctx, status int, w *post.View, problem string) error {
	v := voteView{Problem: problem, Card: post.Card(c, w)}
	return c.PageStatus(status, &web.Page{Name: "poll/vote", Title: c.T("poll.title"), NoIndex: true, Data: v})
}

func (s *Service) postVote(c *httpx.Ctx) error {
	w, err := s.asked(c)
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.Accounts.Agreed(c); err != nil {
		return err
	}
	var choices []int
	for _, v := range form["choice"] {
		n, err := strconv.Atoi(v)
		if err != nil {
			n = -1
		}
		choices = append(choices, n)
	}
	back := httpx.LocalPath(form.Get("back"), w.Path())
	err = s.Vote(c.Context(), c.Viewer, w.ID, choices)
	if kind, ok := account.ConsentAsked(err); ok {
		ask := account.Ask{Kind: kind, Action: w.Path() + "/vote", Yes: c.T("poll.agree_and_vote"), Back: back,
			Fields: []web.HiddenField{{Name: "back", Value: back}}}
		for _, v := range form["choice"] {
			ask.Fields = append(ask.Fields, web.HiddenField{Name: "choice", Value: v})
		}
		return s.Accounts.Ask(c, ask)
	}
	if apperr.Is(err, apperr.KindInvalid) {
		if w, err2 := s.asked(c); err2 == nil {
			return show(c, http.StatusUnprocessableEntity, w, c.ErrorText(err))
		}
	}
	if err != nil {
		return err
	}
	c.Flash("success", "poll.counted")
	return c.Redirect(back)
}
