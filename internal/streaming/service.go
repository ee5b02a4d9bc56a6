package streaming

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/apperr"
	"github.com/maillage/maillage/internal/auth"
	"github.com/maillage/maillage/internal/db"
	"github.com/maillage/maillage/internal/masto"
	"github.com/maillage/maillage/internal/notify"
	"github.com/maillage/maillage/internal/post"
	"github.com/maillage/maillage/internal/stream"
	"github.com/maillage/maillage/internal/timeline"
)

// Deps is what a Service is made of; Render may be nil.
type Deps struct {
	DB       *db.DB
	Posts    *post.Service
	Timeline *timeline.Service
	Log      *slog.Logger

	// Render gives the payload of an event of a kind that is not of posts or
	// notifications, as v sees it; nil for none of v's business.
	Render map[string]func(ctx context.Context, v *auth.Viewer, e stream.Event) (any, error)
}

// Bounds.
const (
	maxSockets    = 10_000 // of an instance, on this node
	maxPerAccount = 40
	maxSubs       = 100 // streams of one socket
	maxWaiting    = 10_000
	batchSize     = 100
	renderers     = 4
)

// How often a socket hears something.
const (
	pingEvery  = 30 * time.Second
	thumpEvery = 15 * time.Second
	writeWait  = 10 * time.Second
)

// Service keeps the sockets of an instance on this node.
type Service struct {
	Deps
	Auth *auth.Service // from Listen
	json masto.Marshaler
	beat time.Duration // between looks at who needs a ping

	mu      sync.Mutex
	sockets map[*socket]struct{}
	count   map[int64]int // by account
	waiting []stream.Event
	working bool
	beating bool
	closed  bool
	stops   []func()
	wg      sync.WaitGroup
}

// New makes a service that hears nothing yet; see Listen.
func New(d Deps) *Service {
	s := &Service{Deps: d, beat: time.Second, sockets: map[*socket]struct{}{}, count: map[int64]int{}}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	s.Log = s.Log.With("pkg", "streaming")
	return s
}

// Listen has the service hear of events, and of tokens that end.
func (s *Service) Listen(a *auth.Service) {
	s.Auth = a
	s.stops = append(s.stops, stream.Subscribe(s.DB, s.take))
	a.OnEnd(s.ended)
}

// Close ends all sockets.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	all := make([]*socket, 0, len(s.sockets))
	for k := range s.sockets {
		all = append(all, k)
	}
	stops := s.stops
	s.stops = nil
	s.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	for _, k := range all {
		k.end(goingAway)
	}
	s.wg.Wait()
}

// Sockets counts the sockets that are open on this node.
func (s *Service) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// fresh is how old a post may be to be news: those that are fetched later are not.
const fresh = 6 * time.Hour

// Stored tells of a new post; a hook of package post.
func (s *Service) Stored(_ context.Context, tx *db.Tx, p *post.Post) error {
	if time.Since(p.Created()) > fresh {
		return nil
	}
	return stream.Publish(tx, stream.Event{Kind: stream.Update, ID: p.ID})
}

// Edited tells of an edited post; a hook of package post.
func (s *Service) Edited(_ context.Context, tx *db.Tx, p *post.Post) error {
	return stream.Publish(tx, stream.Event{Kind: stream.StatusUpdate, ID: p.ID})
}

// Buried tells of a deleted post or an undone boost; a hook of package post. Those
// whom it named are told each: they may have been shown it by its notification alone.
//
// Spec: Mastodon streaming#events
func (s *Service) Buried(ctx context.Context, tx *db.Tx, p *post.Post) error {
	if err := stream.Publish(tx, stream.Event{Kind: stream.Delete, ID: p.ID}); err != nil {
		return err
	}
	named, err := db.All[int64](ctx, tx, `select m.account_id from post_mention m join login l on l.account_id = m.account_id
		where m.post_id = $1 and m.account_id <> $2 order by m.account_id`, p.ID, p.AccountID)
	if err != nil {
		return err
	}
	for _, id := range named {
		if err := stream.Publish(tx, stream.Event{Kind: stream.Delete, ID: p.ID, Account: id}); err != nil {
			return err
		}
	}
	return nil
}

// Noticed tells of a new notification; a hook of package notify.
func (s *Service) Noticed(_ context.Context, tx *db.Tx, n notify.Notification) error {
	return stream.Publish(tx, stream.Event{Kind: stream.Notification, ID: n.ID, Account: n.AccountID})
}

// add lets a socket in.
func (s *Service) add(k *socket) error {
	id := k.viewer().AccountID
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || len(s.sockets) >= maxSockets:
		return apperr.Unavailable("httpx.unavailable")
	case s.count[id] >= maxPerAccount:
		return apperr.TooMany("httpx.too_many")
	}
	s.sockets[k] = struct{}{}
	s.count[id]++
	s.wg.Add(1) // its handler ends it
	if !s.beating {
		s.beating = true
		go s.tend()
	}
	return nil
}

func (s *Service) remove(k *socket) {
	id := k.viewer().AccountID
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sockets[k]; !ok {
		return
	}
	delete(s.sockets, k)
	if s.count[id]--; s.count[id] <= 0 {
		delete(s.count, id)
	}
}

func (s *Service) all() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*socket, 0, len(s.sockets))
	for k := range s.sockets {
		out = append(out, k)
	}
	return out
}

// tend pings the sockets whose time has come, until there are none.
func (s *Service) tend() {
	tick := time.NewTicker(s.beat)
	defer tick.Stop()
	for now := range tick.C {
		s.mu.Lock()
		if len(s.sockets) == 0 {
			s.beating = false
			s.mu.Unlock()
			return
		}
		var due []*socket
		for k := range s.sockets {
			if !now.Before(k.next) {
				k.next = now.Add(k.every)
				due = append(due, k)
			}
		}
		s.mu.Unlock()
		for _, k := range due {
			if s.check(k) {
				k.ping()
			}
		}
	}
}

// ended closes the streams that a token opened, if it is no longer good.
func (s *Service) ended(accountID, tokenID int64) {
	if s.Sockets() == 0 {
		return
	}
	go func() {
		for _, k := range s.all() {
			v := k.viewer()
			if accountID == 0 && tokenID == 0 || v.AccountID == accountID || v.TokenID == tokenID {
				s.check(k)
			}
		}
	}()
}

// check asks again who shows the socket's token; what opened it may have ended.
func (s *Service) check(k *socket) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	v, err := s.Auth.ByToken(ctx, k.token)
	if apperr.Is(err, apperr.KindUnauthorized) {
		k.end(tokenEnded)
		return false
	}
	if err == nil {
		k.who.Store(v)
	}
	return true // a fault of the database signs nobody out
}
