package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
)

type filmJob struct{ ID int64 }

// await keeps a sound or a video as it came until a job has rewritten it; it is
// shown to nobody before.
func (s *Service) await(ctx context.Context, m *Media, r io.Reader, kind string) error {
	m.State, m.Kind, m.Type = Working, Video, kind
	if kind == "audio/mpeg" || kind == "audio/ogg" {
		m.Kind = Audio
	}
	m.File = blob.NewName()
	n, err := s.Files.Put(ctx, m.File, io.LimitReader(r, MaxFilm+1))
	if err != nil {
		return err
	}
	if m.Size = n; n > MaxFilm {
		return errors.Join(apperr.Invalid("media.too_large", MaxFilm>>20).Field("file", "media.too_large", MaxFilm>>20), s.Files.Delete(ctx, m.File))
	}
	return nil
}

// rewrite makes what may be shown of a sound or a video, and deletes what came.
func (s *Service) rewrite(ctx context.Context, j filmJob) error {
	m, err := byID(ctx, s.DB.Read(), j.ID)
	if apperr.Is(err, apperr.KindNotFound) || err == nil && m.State != Working {
		return nil
	} else if err != nil {
		return err
	}
	raw := m.File
	done := *m
	err = s.film(ctx, &done)
	switch {
	case errors.Is(err, film.ErrBroken), errors.Is(err, film.ErrLong), errors.Is(err, picture.ErrBroken), errors.Is(err, picture.ErrSize), errors.Is(err, picture.ErrCostly):
		s.Log.Info("upload not rewritten", "media", m.ID, "err", err)
		done = *m
		done.State, done.File = Failed, ""
	case err != nil:
		return err
	}
	gone := false
	taken := "" // of the video
	if done.SmallFile != m.SmallFile {
		taken = done.SmallFile
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := byID(ctx, tx, j.ID)
		if err != nil && !apperr.Is(err, apperr.KindNotFound) {
			return err
		}
		if err == nil && now.SmallFile != m.SmallFile { // its author chose what stands for it meanwhile
			if err := dropFiles(ctx, tx, names(taken)); err != nil {
				return err
			}
			done.SmallType, done.SmallFile, done.SmallW, done.SmallH, done.Blurhash = now.SmallType, now.SmallFile, now.SmallW, now.SmallH, now.Blurhash
		}
		n, err := db.Exec(ctx, tx, `update media set state = $1, kind = $2, type = $3, file = $4, small_type = $5, small_file = $6, width = $7, height = $8,
			small_w = $9, small_h = $10, duration = $11, size = $12, blurhash = $13 where id = $14 and state = $15`,
			done.State, done.Kind, done.Type, done.File, done.SmallType, done.SmallFile, done.Width, done.Height,
			done.SmallW, done.SmallH, done.Duration, done.Size, done.Blurhash, m.ID, Working)
		if err != nil {
			return err
		}
		gone = n == 0 // deleted meanwhile, its first file with it
		if err := dropFiles(ctx, tx, []string{raw}); err != nil {
			return err
		}
		return jobs.Done(ctx, tx)
	})
	if err != nil || gone {
		err = errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), names(done.File, taken)...))
	}
	return err
}

// film rewrites m's file in a folder of its own.
func (s *Service) film(ctx context.Context, m *Media) error {
	if s.Film == nil {
		return film.ErrBroken
	}
	dir, err := os.MkdirTemp("", "maillage-film-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	src := filepath.Join(dir, "in")
	if err := s.copyOut(ctx, m.File, src); err != nil {
		return err
	}
	m.File = ""
	r, err := s.Film.Rewrite(ctx, dir, src, m.Type)
	if err != nil {
		return err
	}
	m.Kind, m.Type, m.State = Audio, r.Type, Ready
	m.Duration, m.Width, m.Height = r.Duration.Round(time.Millisecond).Milliseconds(), int64(r.Width), int64(r.Height)
	chosen := m.SmallFile != ""
	if r.Type == "video/mp4" {
		m.Kind = Video
	}
	if m.Kind == Video && !chosen {
		p, err := s.Pool.Process(ctx, r.Poster, poster)
		if err != nil {
			return err
		}
		if err := s.stand(ctx, m, p); err != nil {
			return err
		}
	}
	f, err := os.Open(r.Path)
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	defer f.Close()
	m.File = blob.NewName()
	m.Size, err = s.Files.Put(ctx, m.File, f)
	if err != nil && !chosen {
		err = errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), names(m.SmallFile)...))
	}
	return err
}

func (s *Service) copyOut(ctx context.Context, name, path string) (err error) {
	f, err := s.Files.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	_, err = io.Copy(w, f)
	return errors.Join(err, w.Close())
}
