package media

import (
	"context"
	"io"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/media/picture"
)

// poster is the size of the picture that stands for a sound or a video.
var poster = picture.Sizes{Side: 1280, Small: 640}

// thumb makes the picture that its author chose for a sound or a video, and
// keeps it as the small file of m. What stands for a picture is made of that
// picture alone, so that nobody opens another one than they saw; nil is none.
//
// Spec: ME3; Spec: Mastodon media#v2
func (s *Service) thumb(ctx context.Context, m *Media, r io.Reader) error {
	if r == nil || m.Kind == Image {
		return nil
	}
	b, err := readAll(r, MaxPicture)
	if err == nil {
		var p *picture.Result
		if p, err = s.Pool.Process(ctx, b, poster); err == nil {
			return s.stand(ctx, m, p)
		}
		err = pictureError(err)
	}
	if e, ok := apperr.As(err); ok && len(e.Fields) > 0 {
		return apperr.Invalid(e.Key, e.Args...).Field("thumbnail", e.Key, e.Args...).Wrap(err)
	}
	return err
}

// stand keeps the small picture of p as what stands for m.
func (s *Service) stand(ctx context.Context, m *Media, p *picture.Result) (err error) {
	m.SmallType, m.SmallW, m.SmallH, m.Blurhash = p.SmallType, int64(p.SmallW), int64(p.SmallH), p.Blurhash
	m.SmallFile, err = s.put(ctx, p.Small)
	return err
}

// restand replaces what stands for m, which is in no post yet, by what made has.
// It gets another address, as the one before may be kept by browsers.
func (s *Service) restand(ctx context.Context, tx *db.Tx, m, made *Media) error {
	if err := retire(ctx, tx, m.Key, s.Now()); err != nil {
		return err
	}
	if err := dropFiles(ctx, tx, names(m.SmallFile)); err != nil {
		return err
	}
	m.Key = blob.NewName()
	m.SmallType, m.SmallFile, m.SmallW, m.SmallH, m.Blurhash = made.SmallType, made.SmallFile, made.SmallW, made.SmallH, made.Blurhash
	return exec(ctx, tx, `update media set key = $1, small_type = $2, small_file = $3, small_w = $4, small_h = $5, blurhash = $6 where id = $7`,
		m.Key, m.SmallType, m.SmallFile, m.SmallW, m.SmallH, m.Blurhash, m.ID)
}
