package media

import (
	"io"
	"net/http"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/masto"
)

// The largest requests with a thumbnail alone, and with a file and a thumbnail,
// with the fields beside them.
const (
	maxThumbnail = MaxPicture + 1<<20
	maxRequest   = MaxFilm + maxThumbnail
)

// API declares the endpoints for uploads.
//
// Spec: Mastodon media
func (s *Service) API(r *masto.Router) {
	large := []httpx.Option{httpx.MaxBody(maxRequest), httpx.Timeout(3 * time.Minute)}
	r.Post("/api/v2/media", "write:media", s.apiAdd, large...)
	r.Post("/api/v1/media", "write:media", s.apiAdd, large...)
	r.Get("/api/v1/media/{id}", "write:media", s.apiGet)
	r.Put("/api/v1/media/{id}", "write:media", s.apiDescribe, httpx.MaxBody(maxThumbnail), httpx.Timeout(time.Minute))
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
	thumbnail, shut, err := sent(r, "thumbnail")
	if err != nil {
		return err
	}
	defer shut()
	m, err := s.Add(r.Context(), r.Viewer.AccountID, Upload{File: f, Description: r.String("description"), Focus: r.String("focus"), Thumbnail: thumbnail})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if m.State == Working {
		status = http.StatusAccepted
	}
	return r.JSON(status, s.Entity(m, m.mine()))
}

// sent opens a file of a request, nil when there is none; shut closes it.
func sent(r *masto.Req, name string) (f io.Reader, shut func(), err error) {
	h := r.File(name)
	if h == nil || h.Size == 0 {
		return nil, func() {}, nil
	}
	m, err := h.Open()
	return m, func() { m.Close() }, err
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
		return r.JSON(http.StatusPartialContent, s.Entity(m, m.mine()))
	case Failed:
		return apperr.Invalid("media.broken").Field("file", "media.broken")
	}
	return r.OK(s.Entity(m, m.mine()))
}

// Spec: Mastodon media#update
func (s *Service) apiDescribe(r *masto.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	thumbnail, shut, err := sent(r, "thumbnail")
	if err != nil {
		return err
	}
	defer shut()
	m, err := s.Describe(r.Context(), r.Viewer.AccountID, id, r.Opt("description"), r.Opt("focus"), thumbnail)
	if err != nil {
		return err
	}
	return r.OK(s.Entity(m, m.mine()))
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
