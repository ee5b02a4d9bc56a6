package servers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/maillage/maillage/activitypub/fetch"
	"github.com/maillage/maillage/internal/account"
	"github.com/maillage/maillage/internal/auth/limit"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/federation/route"
	"github.com/maillage/maillage/internal/follow"
	"github.com/maillage/maillage/internal/host"
	"github.com/maillage/maillage/internal/instance"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/outbox"
	"github.com/maillage/maillage/internal/post"
)

// Service holds what follows from rules for servers. Set Client, Fetcher, App and
// Queue before the jobs run.
type Service struct {
	DB       *db.DB
	Hosts    *host.Service
	Accounts *account.Service
	Notify   *notify.Service
	Follows  *follow.Service
	Posts    *post.Service
	Instance *instance.Service
	Log      *slog.Logger
	Clock    func() time.Time
	Scheme   string // "https", or "http" in local-test mode

	Client  *fetch.Client
	Fetcher route.Fetcher
	// App is the instance's own actor.
	App func(ctx context.Context) (*route.Actor, error)
	// Queue is the queue of deliveries.
	Queue *outbox.Queue

	// Newcomers bounds the accounts of one server that we come to know; nil means
	// that it is not bounded.
	Newcomers *limit.Limiter
	// Mentions bounds whom people of one server mention who do not follow them.
	Mentions *limit.Limiter

	applying sync.Mutex
	origins  origins
}

// Bounds on what one server may bring.
//
// Spec: FE9
const (
	newcomersHour = 50
	mentionsHour  = 60
)

// New completes the service of an instance; unbounded leaves FE9's bounds away.
func New(s *Service, unbounded bool) *Service {
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if !unbounded {
		s.Bound()
	}
	return s
}

// Bound sets the bounds on newcomers and mentions.
func (s *Service) Bound() {
	s.Newcomers = limit.New(newcomersHour, time.Hour, s.Clock)
	s.Mentions = limit.New(mentionsHour, time.Hour, s.Clock)
}

// Hook has the slices below tell us what happens.
func (s *Service) Hook() {
	s.Hosts.Changed = s.Apply
	s.Accounts.Met = append(s.Accounts.Met, s.met)
	s.Notify.Gates = append(s.Notify.Gates, s.gate)
	s.Posts.Buried = append(s.Posts.Buried, s.withdraw)
	s.Posts.Carry = s.relay
}
