package testkit

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// Storm stands before the inboxes of a cluster and does to deliveries what the
// network does: it holds them back, brings them in another order, and twice. What
// it does follows from its seed alone and from the order of what it is given.
type Storm struct {
	mu   sync.Mutex
	rng  *rand.Rand
	held []heldDelivery
	over bool
}

type heldDelivery struct {
	r    *http.Request
	body []byte
	to   http.Handler
}

// Storm lets one begin over a cluster.
func (c Cluster) Storm(seed uint64) *Storm {
	s := &Storm{rng: rand.New(rand.NewPCG(seed, seed))}
	for _, n := range c {
		n.front.Store(s)
	}
	return s
}

// Rand gives a number below n from the storm's seed, for what a test does meanwhile.
func (s *Storm) Rand(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n)
}

// weathered is the handler of a node behind the storm, if there is one.
func (n *Node) weathered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := n.front.Load()
		if s == nil || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/inbox") {
			next.ServeHTTP(w, r)
			return
		}
		s.take(w, r, next)
	})
}

func (s *Storm) take(w http.ResponseWriter, r *http.Request, next http.Handler) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	fate := s.rng.IntN(10)
	if s.over {
		fate = 9
	}
	if fate < 6 { // late, and of those one in three comes at once too
		s.held = append(s.held, heldDelivery{r.Clone(context.Background()), body, next})
	}
	s.mu.Unlock()
	if fate >= 2 && fate < 6 {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	next.ServeHTTP(w, r)
}

// Some brings in a few of those that are held, in any order.
func (s *Storm) Some() {
	s.mu.Lock()
	s.rng.Shuffle(len(s.held), func(i, j int) { s.held[i], s.held[j] = s.held[j], s.held[i] })
	n := s.rng.IntN(len(s.held) + 1)
	now := s.held[:n:n]
	s.held = append([]heldDelivery(nil), s.held[n:]...)
	s.mu.Unlock()
	for _, h := range now {
		r := h.r.Clone(context.Background())
		r.Body = io.NopCloser(bytes.NewReader(h.body))
		answer := httptest.NewRecorder()
		h.to.ServeHTTP(answer, r)
		if answer.Code == http.StatusTooManyRequests || answer.Code >= 500 { // its sender would come again
			s.mu.Lock()
			s.held = append(s.held, h)
			s.mu.Unlock()
		}
	}
}

// Calm ends the storm over a cluster: all that is held comes in, in any order.
func (s *Storm) Calm(c Cluster) {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	for {
		c.Settle()
		s.mu.Lock()
		left := len(s.held)
		s.mu.Unlock()
		if left == 0 {
			return
		}
		s.Some()
	}
}
