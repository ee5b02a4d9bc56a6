package poll

import (
	"strconv"

	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/post"
)

// API declares what client apps may do with polls.
//
// Spec: Mastodon polls
func (s *Service) API(r *masto.Router) {
	r.Get("/api/v1/polls/{id}", "read:statuses?", s.apiGet)
	r.Post("/api/v1/polls/{id}/votes", "write:statuses", account.Guarded(s.apiVote))
}

// apiGet answers a poll as it stands.
//
// Spec: Mastodon polls#get
func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	return s.apiAnswer(r, id)
}

func (s *Service) apiAnswer(r *masto.Req, id int64) error {
	p, err := s.Posts.Get(r.Context(), r.Viewer, id)
	if err != nil {
		return err
	}
	w, err := s.Posts.View(r.Context(), r.Viewer, p)
	if err != nil {
		return err
	}
	have := post.PartOf[*Poll](w, name)
	if have == nil {
		return apperr.NotFound("poll.not_found")
	}
	return r.OK(Entity(r.Viewer, have))
}

// Spec: Mastodon polls#vote
func (s *Service) apiVote(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var choices []int
	for _, c := range r.Strings("choices") {
		n, err := strconv.Atoi(c)
		if err != nil {
			n = -1 // no choice there is
		}
		choices = append(choices, n)
	}
	if err := s.Vote(r.Context(), r.Viewer, id, choices); err != nil {
		return err
	}
	return s.apiAnswer(r, id)
}

// Entity is a poll as apps show it to v.
//
// Spec: Mastodon entities/Poll
func Entity(v *auth.Viewer, p *Poll) *masto.Poll {
	e := &masto.Poll{
		ID: masto.ID(p.PostID), ExpiresAt: masto.AtOrNil(p.ClosesAt), Expired: p.Closed(), Multiple: p.Multiple, VotesCount: p.Votes(),
	}
	if p.Voters >= 0 {
		e.VotersCount = masto.Ptr(p.Voters)
	}
	for _, o := range p.Options {
		x := masto.PollOption{Title: o.Title}
		if !p.Hidden() {
			x.VotesCount = masto.Ptr(o.Votes)
		}
		e.Options = append(e.Options, x)
	}
	if v != nil {
		own := masto.Array[int](p.Own)
		e.Voted, e.OwnVotes = masto.Ptr(p.Voted || p.Mine), &own
	}
	return e
}

func entity(v *auth.Viewer, w *post.View, e *masto.Status) {
	if p := post.PartOf[*Poll](w, name); p != nil {
		e.Poll = Entity(v, p)
	}
}
