package media

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/activitypub/sig"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/blob"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/ids"
	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/post"
)

// The limits on what people send.
const (
	MaxPerPost     = 4
	MaxDescription = 1500     // characters
	MaxPicture     = 16 << 20 // bytes
	MaxFilm        = 40 << 20 // bytes, sounds too
	maxLoose       = 60       // uploads of one person that are in no post
	looseFor       = 24 * time.Hour
	uploadBurst    = 30
	uploadPer      = 30 * time.Minute
)

// What a file is used for.
const (
	ForPost   = "post"
	ForAvatar = "avatar"
	ForHeader = "header"
)

// The kinds, as apps know them.
const (
	Image   = "image"
	Gifv    = "gifv"
	Video   = "video"
	Audio   = "audio"
	Unknown = "unknown"
)

// The states of a file.
const (
	Ready   = "ready"
	Working = "working" // being rewritten
	Failed  = "failed"
	Remote  = "remote" // on another server
)

// Media is one picture, sound or video. Sizes are pixels and bytes, times unix
// milliseconds, the duration milliseconds, and the focus thousandths, -1000…1000.
type Media struct {
	ID          int64
	Key         string
	AccountID   int64
	PostID      int64
	Place       int64
	Use         string
	Kind        string
	State       string
	RemoteURL   string
	Type        string
	File        string
	SmallType   string
	SmallFile   string
	Width       int64
	Height      int64
	SmallW      int64
	SmallH      int64
	SmallURL    string // on another server, of a sound or a video
	Duration    int64
	Size        int64
	Description string
	Blurhash    string
	FocusX      int64
	FocusY      int64
	CreatedAt   int64
}

const columns = `m.id, m.key, m.account_id, m.post_id, m.place, m.use, m.kind, m.state, m.remote_url, m.type, m.file, m.small_type,
	m.small_file, m.width, m.height, m.small_w, m.small_h, m.small_url, m.duration, m.size, m.description, m.blurhash, m.focus_x, m.focus_y, m.created_at`

// Service holds the rules on media.
type Service struct {
	DB       *db.DB
	IDs      *ids.Maker
	Accounts *account.Service
	Posts    *post.Service
	Files    blob.Store
	Pool     *picture.Pool // of the process
	Film     *film.Tools   // nil when sounds and videos cannot be rewritten
	Client   *fetch.Client // for files of other servers: its bound on the size of bodies is ours
	Secret   []byte        // signs addresses
	Log      *slog.Logger
	// Unlimited lifts the limit on how much one person uploads in a time, for local tests.
	Unlimited bool
	// Key signs what is asked of other servers in the name of this one; nil signs nothing.
	Key func(ctx context.Context) *sig.Key
	// Asker tells who signed a GET, nil for nobody; without it nobody is served for that.
	Asker func(ctx context.Context, r *http.Request) (*route.Actor, error)
	// Rejects reports whether media of a server are refused; nil refuses none.
	Rejects func(host string) bool
	// Now is the clock, for tests; nil is the real one.
	Now func() time.Time

	limits  *limit.Limiter
	fetches *fetches
}

// New makes the service of one instance, from the fields of s that are set.
func New(s Service) *Service {
	s.fetches = &fetches{busy: map[string]*fetching{}, sem: make(chan struct{}, maxFetches)}
	if s.Pool == nil {
		s.Pool = picture.NewPool(1)
	}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if !s.Unlimited {
		s.limits = limit.New(uploadBurst, uploadPer, s.Now)
	}
	return &s
}

// Types are the types of files that may be sent here.
func (s *Service) Types() []string {
	out := []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
	if s != nil && s.Film != nil {
		out = append(out, film.Types...)
	}
	return out
}

func (m *Media) own() bool { return m.RemoteURL == "" }

// pictured reports whether a small picture stands for m.
func (m *Media) pictured() bool {
	return m.SmallFile != "" || m.State == Remote && (m.Kind == Image || m.SmallURL != "")
}
