package media

import (
	"context"
	"time"

	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

// The kinds of jobs.
const (
	jobDrop   = "media.drop"
	jobExpire = "media.expire"
	jobFilm   = "media.film"
	jobSweep  = "media.sweep"
)

// Jobs is the work of this slice outside of requests.
func (s *Service) Jobs() []jobs.Kind {
	return []jobs.Kind{
		{Name: jobDrop, Handle: jobs.JSON(s.deleteFiles), MaxTries: 10},
		{Name: jobExpire, Handle: jobs.JSON(s.expire)},
		{Name: jobFilm, Handle: jobs.JSON(s.rewrite), MaxTries: 3, Timeout: 10 * time.Minute, Concurrency: 1},
		{Name: jobSweep, Handle: jobs.JSON(s.sweep), Timeout: 5 * time.Minute, Concurrency: 1},
	}
}

type none struct{}

// expireLater has what was just uploaded looked at again when it should be in a post.
func (s *Service) expireLater(ctx context.Context, tx *db.Tx) error {
	at := s.Now().Add(looseFor + time.Minute).Truncate(time.Hour).Add(time.Hour)
	return jobs.Enqueue(ctx, tx, jobExpire, none{}, jobs.At(at), jobs.Key(at.UTC().Format("2006010215")))
}

// expire deletes uploads that are in no post a day after they came.
func (s *Service) expire(ctx context.Context, _ none) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := db.All[Media](ctx, tx, `select `+columns+` from media m where m.post_id = 0 and m.use = 'post' and m.created_at < $1 limit 500`,
			s.Now().Add(-looseFor).UnixMilli())
		if err != nil {
			return err
		}
		list := make([]*Media, len(rows))
		for i := range rows {
			list[i] = &rows[i]
		}
		if err := drop(ctx, tx, list); err != nil {
			return err
		}
		return exec(ctx, tx, `delete from media_gone where gone_at < $1`, s.Now().AddDate(0, -3, 0).UnixMilli())
	})
}

// Erase deletes everything of an account that is being deleted.
//
// Spec: P9
func (s *Service) Erase(ctx context.Context, tx *db.Tx, accountID int64) error {
	rows, err := db.All[Media](ctx, tx, `select `+columns+` from media m where m.account_id = $1`, accountID)
	if err != nil {
		return err
	}
	list := make([]*Media, len(rows))
	for i := range rows {
		list[i] = &rows[i]
	}
	return drop(ctx, tx, list)
}
