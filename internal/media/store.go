package media

import (
	"bytes"
	"context"
	"time"

	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/jobs"
)

func byID(ctx context.Context, q db.Q, id int64) (*Media, error) {
	m, err := db.Get[Media](ctx, q, `select `+columns+` from media m where m.id = $1`, id)
	return &m, err
}

func byPosts(ctx context.Context, q db.Q, posts []int64) (map[int64][]*Media, error) {
	out := make(map[int64][]*Media)
	if len(posts) == 0 {
		return out, nil
	}
	frag, args := db.In(1, posts)
	rows, err := db.All[Media](ctx, q, `select `+columns+` from media m where m.post_id <> 0 and m.post_id in `+frag+` order by m.post_id, m.place, m.id`, args...)
	for i := range rows {
		out[rows[i].PostID] = append(out[rows[i].PostID], &rows[i])
	}
	return out, err
}

// drop deletes media: their rows now, their files by a job.
func drop(ctx context.Context, tx *db.Tx, list []*Media) error {
	var files []string
	for _, m := range list {
		if err := retire(ctx, tx, m.Key, time.Now()); err != nil {
			return err
		}
		if err := exec(ctx, tx, `delete from media where id = $1`, m.ID); err != nil {
			return err
		}
		files = append(files, names(m.File, m.SmallFile)...)
		for _, address := range names(m.RemoteURL, m.SmallURL) {
			cached, err := forgetURL(ctx, tx, address)
			if err != nil {
				return err
			}
			files = append(files, cached...)
		}
	}
	return dropFiles(ctx, tx, files)
}

// retire remembers that a key leads to nothing from now on, and whether everybody may know.
func retire(ctx context.Context, tx *db.Tx, key string, at time.Time) error {
	v, err := find(ctx, tx, key)
	if err != nil || v == nil || v.Gone {
		return err
	}
	return exec(ctx, tx, `insert into media_gone (key, gone_at, was_open) values ($1, $2, $3) on conflict (key) do nothing`, key, at.UnixMilli(), v.open())
}

// forgetURL takes the copies of a file of another server out of the table, and gives their names.
func forgetURL(ctx context.Context, tx *db.Tx, url string) ([]string, error) {
	rows, err := db.All[struct{ File, SmallFile string }](ctx, tx, `select file, small_file from remote_file where url = $1`, url)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rows {
		out = append(out, names(r.File, r.SmallFile)...)
	}
	return out, exec(ctx, tx, `delete from remote_file where url = $1`, url)
}

func names(files ...string) (out []string) {
	for _, f := range files {
		if f != "" {
			out = append(out, f)
		}
	}
	return out
}

// dropFiles has files deleted once the transaction is durable.
func dropFiles(ctx context.Context, tx *db.Tx, files []string) error {
	if len(files) == 0 {
		return nil
	}
	return jobs.Enqueue(ctx, tx, jobDrop, dropJob{files})
}

type dropJob struct{ Files []string }

func (s *Service) deleteFiles(ctx context.Context, j dropJob) error {
	return s.Files.Delete(ctx, j.Files...)
}

// put keeps bytes as a new file.
func (s *Service) put(ctx context.Context, b []byte) (string, error) {
	if len(b) == 0 {
		return "", nil
	}
	name := blob.NewName()
	_, err := s.Files.Put(ctx, name, bytes.NewReader(b))
	return name, err
}

func exec(ctx context.Context, q db.Q, sql string, args ...any) error {
	_, err := q.Exec(ctx, sql, args...)
	return err
}
