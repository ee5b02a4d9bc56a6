package media

import (
	"strconv"

	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/post"
)

// openIn reports whether anybody may see the media of a post.
func openIn(w *post.View) bool { return w.Local && w.Audience == post.Public && w.Author.Public }

// shownIn says to whom the addresses of the media of a post are given, as w is read. What is for everybody,
// the section or the movement looks the same to all who read it.
func shownIn(w *post.View) Shown {
	x := Shown{Open: openIn(w)}
	if w.Audience == post.Group || w.Audience == post.Followers || w.Audience == post.Direct {
		x.To = w.For
	}
	return x
}

func (s *Service) entities(_ *auth.Viewer, w *post.View, e *masto.Status) {
	list := post.PartOf[[]*Media](w, PartName)
	x := shownIn(w)
	for _, m := range list {
		e.MediaAttachments = append(e.MediaAttachments, s.Entity(m, x))
	}
}

// Entity is a medium as apps know it. The
// address on another server is not told: an app would ask there, and tell who reads.
//
// Spec: Mastodon entities/MediaAttachment
func (s *Service) Entity(m *Media, x Shown) masto.Media {
	e := masto.Media{ID: masto.ID(m.ID), Type: m.Kind, Description: masto.OrNil(m.Description), Blurhash: masto.OrNil(m.Blurhash)}
	if m.State != Ready && m.State != Remote {
		return e
	}
	e.URL = masto.Ptr(s.URL(m, false, x))
	e.PreviewURL = e.URL
	switch {
	case m.pictured():
		e.PreviewURL = masto.Ptr(s.URL(m, true, x))
	case m.Kind != Image:
		e.PreviewURL = nil
	}
	meta := masto.MediaMeta{Original: size(m.Width, m.Height, m.Duration), Small: size(m.SmallW, m.SmallH, 0), Duration: float64(m.Duration) / 1000}
	if m.Kind == Image {
		meta.Focus = &masto.MediaFocus{X: float64(m.FocusX) / 1000, Y: float64(m.FocusY) / 1000}
	}
	if meta != (masto.MediaMeta{}) {
		e.Meta = &meta
	}
	return e
}

func size(w, h, duration int64) *masto.MediaSize {
	if w <= 0 || h <= 0 {
		return nil // apps want sizes above zero or none
	}
	return &masto.MediaSize{Width: int(w), Height: int(h), Size: strconv.FormatInt(w, 10) + "x" + strconv.FormatInt(h, 10),
		Aspect: float64(w) / float64(h), Duration: float64(duration) / 1000}
}

// Limits is what apps are told of files that may be sent.
//
// Spec: Mastodon entities/Instance#media_attachments
func (s *Service) Limits() masto.InstanceMedia {
	l := masto.InstanceMedia{SupportedMimeTypes: s.Types(), DescriptionLimit: MaxDescription, ImageSizeLimit: MaxPicture, ImageMatrixLimit: picture.MaxPixels}
	if s.Film != nil {
		l.VideoSizeLimit, l.VideoFrameRateLimit, l.VideoMatrixLimit = MaxFilm, 120, film.MaxSide*film.MaxSide
	}
	return l
}
