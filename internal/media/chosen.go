package media

import (
	"context"
	"errors"
	"io"

	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
)

// What follows is for slices that put media into posts by forms of their own.

// Chosen opens the file of a form's field, nil when none was chosen.
func Chosen(c *httpx.Ctx, name string) (io.ReadCloser, error) { return chosen(c, name) }

// Of are the media of a post, in their order.
func Of(ctx context.Context, q db.Q, postID int64) ([]*Media, error) {
	list, err := byPosts(ctx, q, []int64{postID})
	return list[postID], err
}

// Sent finds a file that an account sent for a post. KindNotFound for another's.
func (s *Service) Sent(ctx context.Context, q db.Q, accountID, id int64) (*Media, error) {
	return s.upload(ctx, q, accountID, id)
}

// Path is where m is on this server.
func (m *Media) Path() string { return m.path(false) }

// Preview is where a page shows m small to whoever sent it.
func (s *Service) Preview(m *Media) string { return s.local(s.URL(m, true, m.mine())) }

// Hand gives a file that one account sent, and that is in no post, to another: a
// person chooses it for the post of a body.
func (s *Service) Hand(ctx context.Context, from, to, id int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return exec(ctx, tx, `update media set account_id = $1 where id = $2 and account_id = $3 and post_id = 0 and use = $4`, to, id, from, ForPost)
	})
}

// Copy makes another file like one that an account sent, for another post of its own.
func (s *Service) Copy(ctx context.Context, accountID, id int64) (*Media, error) {
	m, err := s.upload(ctx, s.DB.Read(), accountID, id)
	if err != nil {
		return nil, err
	}
	m.ID, m.Key, m.PostID, m.Place, m.CreatedAt = s.IDs.New(), blob.NewName(), 0, 0, s.Now().UnixMilli()
	var made []string
	for _, name := range []*string{&m.File, &m.SmallFile} {
		if *name == "" {
			continue
		}
		if *name, err = s.again(ctx, *name); err != nil {
			return nil, errors.Join(err, s.Files.Delete(context.WithoutCancel(ctx), made...))
		}
		made = append(made, *name)
	}
	return m, s.keep(ctx, m, s.expireLater)
}

// again keeps the bytes of a file as a new one.
func (s *Service) again(ctx context.Context, name string) (string, error) {
	f, err := s.Files.Open(ctx, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	next := blob.NewName()
	_, err = s.Files.Put(ctx, next, f)
	return next, err
}
