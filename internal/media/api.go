package media

import (
	"net/http"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

// maxRequest is the largest request with a file, with the fields beside it.
const maxRequest = MaxFilm + 1<<20

// API declares the endpoints for uploads.
//
// Spec: Mastodon media
func (s *Service) API(r *masto.Router) {
	large := []httpx.Option{httpx.MaxBody(maxRequest), httpx.Timeout(3 * time.Minute)}
	r.Post("/api/v2/media", "write:media", s.apiAdd, large...)
	r.Post("/api/v1/media", "write:media", s.apiAdd, large...)
	r.Get("/api/v1/media/{id}", "write:media", s.apiGet)
	r.Put("/api/v1/media/{id}", "write:media", s.apiDescribe)
	r.Delete("/api/v1/media/{id}", "write:media", s.apiDelete)
	r.Delete("/api/v1/profile/avatar", "write:accounts", s.apiNoPicture(false))
	r.Delete("/api/v1/profile/header", "write:accounts", s.apiNoPicture(true))
}

// apiAdd takes a file: 200 when it is ready, 202 while it is prepared.
//
// Spec: Mastodon media#v2
func (s *Service) apiAdd(r *masto.Req) error {
	h := r.File("file")
	if h == nil {
		return apperr.Invalid("media.no_file").Field("file", "media.no_file")
	}
	f, err := h.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := s.Add(r.Context(), r.Viewer.AccountID, Upload{File: f, Description: r.String("description"), Focus: r.String("focus")})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if m.State == Working {
		status = http.StatusAccepted
	}
	return r.JSON(status, s.Entity(m, false))
}

// apiGet tells how far an upload is: 206 while it is prepared.
//
// Spec: Mastodon media#get
func (s *Service) apiGet(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	m, err := s.mine(r.Context(), s.DB.Read(), r.Viewer.AccountID, id)
	if err != nil {
		return err
	}
	switch m.State {
	case Working:
		return r.JSON(http.StatusPartialContent, s.Entity(m, false))
	case Failed:
		return apperr.Invalid("media.broken").Field("file", "media.broken")
	}
	return r.OK(s.Entity(m, false))
}

// Spec: Mastodon media#update
func (s *Service) apiDescribe(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	m, err := s.Describe(r.Context(), r.Viewer.AccountID, id, r.Opt("description"), r.Opt("focus"))
	if err != nil {
		return err
	}
	return r.OK(s.Entity(m, false))
}

// Spec: Mastodon media#delete
func (s *Service) apiDelete(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := s.Remove(r.Context(), r.Viewer.AccountID, id); err != nil {
		return err
	}
	return r.OK(struct{}{})
}

// Spec: Mastodon profile#delete-profile-avatar
func (s *Service) apiNoPicture(header bool) masto.Handler {
	return func(r *masto.Req) error {
		if err := s.Portray(r.Context(), r.Viewer.AccountID, header, nil); err != nil {
			return err
		}
		return s.Accounts.AnswerMe(r)
	}
}
