package media

import (
	"context"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/text"
)

// Upload is a file that somebody sends.
type Upload struct {
	File        io.Reader
	Description string
	Focus       string    // "x,y", each -1…1
	Still       bool      // a picture is meant: a sound or a video is refused
	Thumbnail   io.Reader // the picture that stands for a sound or a video; nil to take one of the video
}

// Add takes a file for a post to come. A picture is ready when Add returns; a
// sound or a video is Working until a job has rewritten it. Errors: KindInvalid
// "media.bad_type", "media.avif", "media.too_large", "media.too_many_pixels", "media.broken", "media.costly",
// "media.description_long", KindTooMany, KindUnavailable where pictures cannot be decoded.
//
// Spec: Mastodon media#v2; Spec: ME1–ME4
func (s *Service) Add(ctx context.Context, accountID int64, u Upload) (*Media, error) {
	m := &Media{ID: s.IDs.New(), Key: blob.NewName(), AccountID: accountID, Use: ForPost, State: Ready, CreatedAt: s.Now().UnixMilli()}
	if err := m.describe(&u.Description, &u.Focus); err != nil {
		return nil, err
	}
	if err := s.room(ctx, accountID); err != nil {
		return nil, err
	}
	head := make([]byte, 64)
	n, err := io.ReadFull(u.File, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	whole := io.MultiReader(strings.NewReader(string(head[:n])), u.File)
	switch {
	case picture.Unread(head[:n]):
		err = pictureError(picture.ErrAVIF)
	case picture.Sniff(head[:n]) != "":
		err = s.still(ctx, m, whole, picture.ForPosts)
	case s.Film != nil && !u.Still && film.Sniff(head[:n]) != "":
		if err = s.await(ctx, m, whole, film.Sniff(head[:n])); err == nil {
			if err = s.thumb(ctx, m, u.Thumbnail); err != nil {
				err = errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), m.File))
			}
		}
	default:
		err = apperr.Invalid("media.bad_type").Field("file", "media.bad_type")
	}
	if err != nil {
		return nil, err
	}
	return m, s.keep(ctx, m, func(ctx context.Context, tx *db.Tx) error {
		if m.State == Working {
			if err := jobs.Enqueue(ctx, tx, jobFilm, filmJob{m.ID}); err != nil {
				return err
			}
		}
		return s.expireLater(ctx, tx)
	})
}

// keep stores the row of files that are kept, or lets go of the files.
func (s *Service) keep(ctx context.Context, m *Media, also func(ctx context.Context, tx *db.Tx) error) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := db.Insert(ctx, tx, "media", m); err != nil {
			return err
		}
		return also(ctx, tx)
	})
	if err != nil {
		return errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), names(m.File, m.SmallFile)...))
	}
	return nil
}

// room bounds what one person may leave lying here.
func (s *Service) room(ctx context.Context, accountID int64) error {
	if s.limits != nil {
		if _, ok := s.limits.Allow(strconv.FormatInt(accountID, 10)); !ok {
			return apperr.TooMany("media.too_many")
		}
	}
	n, err := db.Get[int](ctx, s.DB.Read(), `select count(*) from media where account_id = $1 and use = 'post' and post_id = 0`, accountID)
	if err == nil && n >= maxLoose {
		err = apperr.TooMany("media.too_many")
	}
	return err
}

// readAll reads a file of at most most bytes.
func readAll(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = apperr.Invalid("media.too_large", most>>20).Field("file", "media.too_large", most>>20)
	}
	return b, err
}

// pictureError puts what package picture found into words.
func pictureError(err error) error {
	key := ""
	switch {
	case errors.Is(err, picture.ErrType):
		key = "media.bad_type"
	case errors.Is(err, picture.ErrAVIF):
		key = "media.avif"
	case errors.Is(err, picture.ErrSize):
		key = "media.too_many_pixels"
	case errors.Is(err, picture.ErrBroken):
		key = "media.broken"
	case errors.Is(err, picture.ErrCostly):
		key = "media.costly"
	case errors.Is(err, picture.ErrApart):
		return apperr.Unavailable("media.no_decoder").Wrap(err)
	default:
		return err
	}
	return apperr.Invalid(key).Field("file", key).Wrap(err)
}

// still makes a picture and keeps what was made.
func (s *Service) still(ctx context.Context, m *Media, r io.Reader, z picture.Sizes) error {
	b, err := readAll(r, MaxPicture)
	if err != nil {
		return err
	}
	p, err := s.Pool.Process(ctx, b, z)
	if err != nil {
		return pictureError(err)
	}
	m.Kind = Image
	return s.fill(ctx, m, p)
}

// fill keeps the files of a picture and notes what they are.
func (s *Service) fill(ctx context.Context, m *Media, p *picture.Result) (err error) {
	m.Type, m.Width, m.Height, m.Size = p.Type, int64(p.Width), int64(p.Height), int64(len(p.Bytes))
	m.SmallType, m.SmallW, m.SmallH, m.Blurhash = p.SmallType, int64(p.SmallW), int64(p.SmallH), p.Blurhash
	if m.File, err = s.put(ctx, p.Bytes); err != nil {
		return err
	}
	if m.SmallFile, err = s.put(ctx, p.Small); err != nil {
		return errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), m.File))
	}
	return nil
}

// describe sets what people say of a picture; nil leaves a thing as it is.
func (m *Media) describe(description, focus *string) error {
	if description != nil {
		if utf8.RuneCountInString(*description) > MaxDescription {
			return apperr.Invalid("media.description_long", MaxDescription).Field("description", "media.description_long", MaxDescription)
		}
		m.Description = text.Clean(*description, MaxDescription)
	}
	if focus != nil && strings.TrimSpace(*focus) != "" {
		x, y, ok := parseFocus(*focus)
		if !ok {
			return apperr.Invalid("media.bad_focus").Field("focus", "media.bad_focus")
		}
		m.FocusX, m.FocusY = x, y
	}
	return nil
}

func parseFocus(s string) (x, y int64, ok bool) {
	a, b, ok := strings.Cut(s, ",")
	fx, err1 := strconv.ParseFloat(strings.TrimSpace(a), 64)
	fy, err2 := strconv.ParseFloat(strings.TrimSpace(b), 64)
	if !ok || err1 != nil || err2 != nil || math.IsNaN(fx) || math.IsNaN(fy) || math.Abs(fx) > 1 || math.Abs(fy) > 1 {
		return 0, 0, false
	}
	return int64(math.Round(fx * 1000)), int64(math.Round(fy * 1000)), true
}

// mine finds an upload of somebody that is in no post yet; what is another's, or in a post, is not there.
func (s *Service) mine(ctx context.Context, q db.Q, accountID, id int64) (*Media, error) {
	m, err := s.upload(ctx, q, accountID, id)
	if err == nil && m.PostID != 0 {
		return nil, apperr.NotFound("httpx.not_found")
	}
	return m, err
}

// upload is mine, also when a post has it.
func (s *Service) upload(ctx context.Context, q db.Q, accountID, id int64) (*Media, error) {
	m, err := byID(ctx, q, id)
	if err == nil && (m.AccountID != accountID || m.Use != ForPost || !m.own()) {
		err = apperr.NotFound("httpx.not_found")
	}
	return m, err
}

// Describe changes the description, the focus and, of a sound or a video, the
// picture that stands for it, before the post exists; nil leaves a thing as it is.
// Errors: those of Add.
//
// Spec: Mastodon media#update
func (s *Service) Describe(ctx context.Context, accountID, id int64, description, focus *string, thumbnail io.Reader) (*Media, error) {
	m, err := s.mine(ctx, s.DB.Read(), accountID, id)
	if err != nil {
		return nil, err
	}
	made := Media{Kind: m.Kind}
	if thumbnail != nil {
		if err := s.room(ctx, accountID); err != nil {
			return nil, err
		}
	}
	if err := s.thumb(ctx, &made, thumbnail); err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if m, err = s.mine(ctx, tx, accountID, id); err != nil {
			return err
		}
		if err := m.describe(description, focus); err != nil {
			return err
		}
		if made.SmallFile != "" {
			if err := s.restand(ctx, tx, m, &made); err != nil {
				return err
			}
		}
		return saveWords(ctx, tx, m)
	})
	if err != nil {
		return nil, errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), names(made.SmallFile)...))
	}
	return m, nil
}

func saveWords(ctx context.Context, tx *db.Tx, m *Media) error {
	return exec(ctx, tx, `update media set description = $1, focus_x = $2, focus_y = $3 where id = $4`, m.Description, m.FocusX, m.FocusY, m.ID)
}

// Remove deletes an upload that is in no post.
//
// Spec: Mastodon media#delete
func (s *Service) Remove(ctx context.Context, accountID, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := s.upload(ctx, tx, accountID, id)
		if err != nil {
			return err
		}
		if m.PostID != 0 {
			return apperr.Invalid("media.in_post")
		}
		return drop(ctx, tx, []*Media{m})
	})
}
