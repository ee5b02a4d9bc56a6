package app

import (
	"io/fs"
	"log/slog"
	"net/http"
	"sync"

	"time"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/admin"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/auth/authweb"
	"github.com/maillage/maillage/internal/config"
	"github.com/maillage/maillage/internal/federation"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/httpx"
	"github.com/maillage/maillage/internal/i18n"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/media"
	"github.com/maillage/maillage/internal/media/film"
	"github.com/maillage/maillage/internal/media/picture"
	"github.com/maillage/maillage/internal/memo"
	"github.com/maillage/maillage/internal/streaming"
	"github.com/maillage/maillage/internal/visitor"
	"github.com/maillage/maillage/web"
)

// memoBytes bounds the answers kept by a process.
const memoBytes = 16 << 20

// Shared is what all instances of a process have in common: templates, words
// and files. It holds nothing of any instance.
type Shared struct {
	Log      *slog.Logger
	renderer *web.Renderer
	static   http.Handler
	hasher   *auth.Hasher // passwords: bounded for the process, since each takes memory

	mu      sync.Mutex
	clients map[clientKey]*fetch.Client
	files   map[clientKey]*fetch.Client // for media, which are larger
	signIns map[clientKey]*visitor.Client

	pictures *picture.Pool
	film     *film.Tools // nil without ffmpeg
	memo     *memo.Memo
	patterns httpx.Patterns
}

// clientKey is what decides on how an instance reaches others.
type clientKey struct {
	scheme string
	local  bool
}

// client is the HTTP client for an instance; instances share connections.
func (s *Shared) client(cfg *config.Config) *fetch.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := clientKey{cfg.Scheme, cfg.LocalTest}
	c := s.clients[k]
	if c == nil {
		c = fetch.New(fetch.Config{UserAgent: "Maillage/" + Version, Scheme: cfg.Scheme, Guard: fetch.Guard{Local: cfg.LocalTest}})
		s.clients[k] = c
	}
	return c
}

// visitorClient is the HTTP client for signing in at other servers.
func (s *Shared) visitorClient(cfg *config.Config) *visitor.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := clientKey{cfg.Scheme, cfg.LocalTest}
	if s.signIns[k] == nil {
		s.signIns[k] = visitor.NewClient("Maillage/"+Version, fetch.Guard{Local: cfg.LocalTest})
	}
	return s.signIns[k]
}

// mediaClient is the HTTP client for media of other servers.
func (s *Shared) mediaClient(cfg *config.Config) *fetch.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := clientKey{cfg.Scheme, cfg.LocalTest}
	if s.files[k] == nil {
		s.files[k] = media.NewClient("Maillage/"+Version, fetch.Guard{Local: cfg.LocalTest})
	}
	return s.files[k]
}

// NewShared reads the templates and words of all features, once for the process.
func NewShared(log *slog.Logger) (*Shared, error) {
	if log == nil {
		log = slog.Default()
	}
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		loc = time.UTC
	}
	r, err := web.New(web.Options{Location: loc, Styles: featureStyles()})
	if err != nil {
		return nil, err
	}
	parts := append([]part{
		{"httpx", httpx.Templates(), httpx.Strings()},
		{"masto", nil, masto.Strings()},
		{"federation", nil, federation.Strings()},
		{"host", nil, host.Strings()},
		{"streaming", nil, streaming.Strings()},
		{"admin", nil, admin.Strings()},
		{"auth", authweb.Templates(), authweb.Strings()},
	}, featureParts()...)
	for _, p := range parts {
		if p.templates != nil {
			if err := r.Add(p.name, p.templates); err != nil {
				return nil, err
			}
		}
		if p.strings != nil {
			if err := r.Bundle().AddFS(p.strings); err != nil {
				return nil, err
			}
		}
	}
	return &Shared{Log: log, renderer: r, static: r.Static(), hasher: auth.NewHasher(), clients: map[clientKey]*fetch.Client{},
		files: map[clientKey]*fetch.Client{}, signIns: map[clientKey]*visitor.Client{}, pictures: picture.NewPool(1), film: film.Find(), memo: memo.New(memoBytes)}, nil
}

// part is what a slice adds to the shared templates and words.
type part struct {
	name               string
	templates, strings fs.FS
}

// Words are the sentences of all features, in all languages.
func (s *Shared) Words() *i18n.Bundle { return s.renderer.Bundle() }

// MissingWords lists the keys that pages asked for and no language has, for tests.
func (s *Shared) MissingWords() []string { return s.renderer.Bundle().Missing() }
