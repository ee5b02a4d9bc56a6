package media

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/as"
	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
)

// What pictures of other servers are proxied for.
const (
	UsePost   = "post"
	UseAvatar = "avatar"
	UseHeader = "header"
	UseEmoji  = "emoji"
	UseCard   = "card"
)

var sizesOf = map[string]picture.Sizes{
	UsePost: picture.ForPosts, UseAvatar: picture.ForAvatars, UseHeader: picture.ForHeaders, UseEmoji: picture.ForEmoji, UseCard: picture.ForCards,
}

// The bounds of what is kept of other servers.
const (
	MaxRemote    = 40 << 20           // bytes of one file
	maxCache     = int64(4) << 30     // bytes of all of them
	keptFor      = 7 * 24 * time.Hour // since somebody last looked
	failedFor    = 30 * time.Minute   // before one that could not be had is asked for again
	busyFor      = time.Minute        // and one whose server said to come back
	touchedEvery = 6 * time.Hour      // how exactly used_at is kept
	accepted     = "image/*, video/*, audio/*"
	maxFetches   = 4 // at a time
)

// remoteFile is what is kept of a file of another server.
type remoteFile struct {
	Hash, URL            string
	Type, File           string
	SmallType, SmallFile string
	Width, Height, Size  int64
	FailedAt             int64
	FetchedAt, UsedAt    int64
}

// wish is a file of another server that is to be shown.
type wish struct {
	use, address string
	// named says that it is asked for in the name of this server. So is what somebody has
	// put into a post on their own server, which may show it to us and not to everyone. In
	// nobody's name is asked for what stands elsewhere: who has heard of an address there may
	// not see through us what they may not see themselves.
	named   bool
	mediaID int64 // of what is in a post, 0 for the rest
}

// hash names the copy that is kept. What was asked for in our name is kept apart.
func (w wish) hash() string {
	use := w.use
	if w.named {
		use += " named"
	}
	return hashOf(use, w.address)
}

// fetches lets everybody who asks for the same file at the same time wait for one answer.
type fetches struct {
	mu   sync.Mutex
	busy map[string]*fetching
	sem  chan struct{}
}

type fetching struct {
	done chan struct{}
	file *remoteFile
	err  error
}

// serveRemote answers with a medium of a post of another server.
func (s *Service) serveRemote(c *httpx.Ctx, v *served, small bool) error {
	if s.rejects(v.Host) {
		return apperr.NotFound("media.rejected")
	}
	w := wish{use: UsePost, address: v.RemoteURL, mediaID: v.ID}
	if small && v.SmallURL != "" {
		w.use, w.address, small = UseCard, v.SmallURL, false
	}
	w.named = as.SameOrigin(v.AuthorURI, w.address)
	return s.answer(c, w, small)
}

// serveProxied answers with another picture of another server. The address was
// signed here, so it fetches what we show and nothing that somebody else wants.
//
// Spec: P13; Spec: FE1
func (s *Service) serveProxied(c *httpx.Ctx) error {
	use := c.Var("use")
	raw, err := base64.RawURLEncoding.DecodeString(c.Var("address"))
	if _, known := sizesOf[use]; err != nil || !known {
		return apperr.NotFound("httpx.not_found")
	}
	q := c.R.URL.Query()
	what := proxied(use, string(raw), q.Get("g"))
	ends, ours := s.judge(what, q)
	if !ours || !s.Now().Before(ends) {
		return apperr.Forbidden("media.no_access")
	}
	w := wish{use: use, address: string(raw)}
	if q.Get("g") != "" {
		if err := s.ofGroup(c, &w, q.Get("g"), s.unveil(what, q.Get("r"))); err != nil {
			return err
		}
	}
	s.private(c.W.Header(), ends)
	return s.answer(c, w, false)
}

// ofGroup lets pass who may still see the picture of a closed group of another server, which is asked for in
// our name where it stands on that server.
func (s *Service) ofGroup(c *httpx.Ctx, w *wish, group string, reader int64) error {
	id, _ := ids.Parse(group)
	g, err := account.ByID(c.Context(), s.DB.Read(), id)
	if err != nil || g.Avatar != w.address && g.Header != w.address {
		return apperr.NotFound("httpx.not_found").Wrap(err)
	}
	if yes, err := s.sees(c.Context(), s.DB.Read(), reader, g); err != nil {
		return err
	} else if !yes {
		return apperr.NotFound("httpx.not_found")
	}
	w.named = as.SameOrigin(g.URI, w.address)
	return nil
}

func (s *Service) answer(c *httpx.Ctx, w wish, small bool) error {
	f, err := s.fetched(c.Context(), w)
	if err != nil {
		return err
	}
	if small && f.SmallFile != "" {
		return s.send(c, f.SmallFile, f.SmallType)
	}
	return s.send(c, f.File, f.Type)
}

// rejects reports whether media of a server are refused.
func (s *Service) rejects(host string) bool {
	return host != "" && s.Rejects != nil && s.Rejects(host)
}

// fetched gives what is kept of a file, asked for now if nothing is.
func (s *Service) fetched(ctx context.Context, w wish) (*remoteFile, error) {
	host := as.Host(w.address)
	if host == "" {
		return nil, apperr.NotFound("httpx.not_found")
	}
	if s.rejects(host) {
		return nil, apperr.NotFound("media.rejected")
	}
	hash := w.hash()
	f, err := db.Get[remoteFile](ctx, s.DB.Read(), `select hash, url, type, file, small_type, small_file, width, height, size, failed_at, fetched_at, used_at
		from remote_file where hash = $1`, hash)
	now := s.Now()
	switch {
	case err == nil && f.File != "":
		if now.Sub(time.UnixMilli(f.UsedAt)) > touchedEvery {
			err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				return exec(ctx, tx, `update remote_file set used_at = $1 where hash = $2`, now.UnixMilli(), hash)
			})
		}
		return &f, err
	case err == nil && now.Sub(time.UnixMilli(f.FailedAt)) < failedFor:
		return nil, apperr.NotFound("media.not_there")
	case err != nil && !apperr.Is(err, apperr.KindNotFound):
		return nil, err
	}
	return s.once(ctx, hash, func(ctx context.Context) (*remoteFile, error) { return s.fetch(ctx, w, hash) })
}

// once runs f for a hash unless it runs already, and waits for its end.
func (s *Service) once(ctx context.Context, hash string, f func(context.Context) (*remoteFile, error)) (*remoteFile, error) {
	s.fetches.mu.Lock()
	w, running := s.fetches.busy[hash]
	if !running {
		w = &fetching{done: make(chan struct{})}
		s.fetches.busy[hash] = w
		go func() {
			// Whoever asked may have left; others wait for the same.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			s.fetches.sem <- struct{}{}
			w.file, w.err = f(ctx)
			<-s.fetches.sem
			s.fetches.mu.Lock()
			delete(s.fetches.busy, hash)
			s.fetches.mu.Unlock()
			close(w.done)
		}()
	}
	s.fetches.mu.Unlock()
	select {
	case <-w.done:
		return w.file, w.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fetch asks another server for a file and keeps what may be shown of it.
func (s *Service) fetch(ctx context.Context, w wish, hash string) (*remoteFile, error) {
	now := s.Now().UnixMilli()
	f := &remoteFile{Hash: hash, URL: w.address, FetchedAt: now, UsedAt: now}
	err := s.get(ctx, w, f)
	if err != nil && ctx.Err() != nil {
		return nil, apperr.Unavailable("media.not_there").Wrap(err)
	}
	if err != nil {
		s.Log.Debug("file of another server not had", "err", err)
		*f = remoteFile{Hash: hash, URL: w.address, FailedAt: now, FetchedAt: now, UsedAt: now}
		if busy(err) {
			f.FailedAt -= (failedFor - busyFor).Milliseconds()
		}
	}
	werr := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := stillWanted(ctx, tx, w); err != nil {
			return err
		}
		if err := exec(ctx, tx, `delete from remote_file where hash = $1`, hash); err != nil {
			return err
		}
		if err := db.Insert(ctx, tx, "remote_file", f); err != nil {
			return err
		}
		at := s.Now().Add(time.Hour).Truncate(time.Hour)
		return jobs.Enqueue(ctx, tx, jobSweep, none{}, jobs.At(at), jobs.Key("sweep"))
	})
	if werr != nil {
		return nil, errors.Join(werr, s.Files.Delete(ctx, names(f.File, f.SmallFile)...))
	}
	if err != nil {
		return nil, apperr.NotFound("media.not_there").Wrap(err)
	}
	return f, nil
}

// busy reports whether a server was there and could not answer now.
func busy(err error) bool {
	var f *fetch.Error
	return errors.As(err, &f) && f.Kind == fetch.ErrTemporary && f.Status != 0
}

// stillWanted refuses to keep what was in a post that went while its file was on the way.
func stillWanted(ctx context.Context, tx *db.Tx, w wish) error {
	if w.mediaID == 0 {
		return nil
	}
	n, err := db.Get[int](ctx, tx, `select count(*) from media where id = $1`, w.mediaID)
	if err == nil && n == 0 {
		err = apperr.Gone("httpx.gone")
	}
	return err
}

var errOther = errors.New("media: no picture, sound or video")

func (s *Service) get(ctx context.Context, w wish, f *remoteFile) error {
	u, err := url.Parse(f.URL)
	if err != nil {
		return err
	}
	var key *sig.Key
	if w.named && s.Key != nil {
		key = s.Key(ctx)
	}
	res, err := s.Client.File(ctx, u.String(), accepted, key)
	if err != nil {
		return err
	}
	if picture.Sniff(res.Body) != "" {
		p, err := s.Pool.Process(ctx, res.Body, sizesOf[w.use])
		if err != nil {
			return err
		}
		var m Media
		if err := s.fill(ctx, &m, p); err != nil {
			return err
		}
		f.Type, f.File, f.SmallType, f.SmallFile, f.Width, f.Height = m.Type, m.File, m.SmallType, m.SmallFile, m.Width, m.Height
		f.Size = m.Size + int64(len(p.Small))
		return nil
	}
	// A sound or a video goes through as it is: no browser asks for more than to play it.
	kind := film.Sniff(res.Body)
	if w.use != UsePost || kind == "" {
		return errOther
	}
	f.Type, f.File, f.Size = kind, blob.NewName(), int64(len(res.Body))
	_, err = s.Files.Put(ctx, f.File, strings.NewReader(string(res.Body)))
	return err
}

// sweep forgets files of other servers at which nobody looks any more, and the
// oldest ones when there are too many.
func (s *Service) sweep(ctx context.Context, _ none) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := db.All[struct {
			Hash, File, SmallFile string
			Size, UsedAt          int64
		}](ctx, tx, `select hash, file, small_file, size, used_at from remote_file order by used_at desc`)
		if err != nil {
			return err
		}
		var files []string
		var total int64
		left := 0
		old := s.Now().Add(-keptFor).UnixMilli()
		for _, r := range rows {
			if total += r.Size; r.UsedAt >= old && total <= maxCache {
				left++
				continue
			}
			if err := exec(ctx, tx, `delete from remote_file where hash = $1`, r.Hash); err != nil {
				return err
			}
			files = append(files, names(r.File, r.SmallFile)...)
		}
		if err := dropFiles(ctx, tx, files); err != nil || left == 0 {
			return err
		}
		at := s.Now().Add(24 * time.Hour)
		return jobs.Enqueue(ctx, tx, jobSweep, none{}, jobs.At(at), jobs.Key("sweep"))
	})
}

// NewClient makes the client for files of other servers.
func NewClient(userAgent string, guard fetch.Guard) *fetch.Client {
	return fetch.New(fetch.Config{UserAgent: userAgent, Guard: guard, MaxBody: MaxRemote, Timeout: 40 * time.Second})
}
