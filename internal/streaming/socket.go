package streaming

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maillage/maillage/internal/auth"
)

// reason says why a socket ends.
type reason int

const (
	gone reason = iota // the app went away
	goingAway
	tokenEnded
	tooSlow
)

// carrier writes to an app, over a WebSocket or a stream of events. It is
// called by one goroutine at a time.
type carrier interface {
	// send writes one message.
	send(ctx context.Context, m message) error
	// ping makes sure that somebody is there.
	ping(ctx context.Context) error
	// close ends the connection, at once.
	close(why reason)
}

// message is one event for one or several streams of a socket.
type message struct {
	frame []byte // of the WebSocket, whole
	event string
	data  string // payload, for server-sent events
	beat  bool   // only a ping
}

// Bounds of what waits for a slow reader.
const (
	maxQueue      = 256
	maxQueueBytes = 1 << 20
)

// socket is one connection of an app.
type socket struct {
	carrier carrier
	token   string
	who     atomic.Pointer[auth.Viewer]
	every   time.Duration // between pings
	next    time.Time     // guarded by Service.mu
	done    chan struct{} // closed at the end

	mu      sync.Mutex
	subs    []*sub
	queue   []message
	size    int
	writing bool
	over    bool
	idle    sync.WaitGroup // the writer, if any
}

func newSocket(c carrier, v *auth.Viewer, token string, every time.Duration) *socket {
	k := &socket{carrier: c, token: token, every: every, next: time.Now().Add(every), done: make(chan struct{})}
	k.who.Store(v)
	return k
}

func (k *socket) viewer() *auth.Viewer { return k.who.Load() }

// follow adds a stream, once.
func (k *socket) follow(s *sub) (ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.ContainsFunc(k.subs, s.same) {
		return true
	}
	if len(k.subs) >= maxSubs {
		return false
	}
	k.subs = append(slices.Clone(k.subs), s)
	return true
}

func (k *socket) unfollow(head string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.subs = slices.DeleteFunc(slices.Clone(k.subs), func(s *sub) bool { return s.head == head })
}

// streams are what the socket follows now; the slice is never changed.
func (k *socket) streams() []*sub {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.subs
}

// push queues a message. A socket whose reader is too slow ends.
func (k *socket) push(m message) {
	k.mu.Lock()
	if k.over {
		k.mu.Unlock()
		return
	}
	if len(k.queue) >= maxQueue || k.size+len(m.frame)+len(m.data) > maxQueueBytes {
		k.mu.Unlock()
		k.end(tooSlow)
		return
	}
	k.queue = append(k.queue, m)
	k.size += len(m.frame) + len(m.data)
	if k.writing {
		k.mu.Unlock()
		return
	}
	k.writing = true
	k.idle.Add(1)
	k.mu.Unlock()
	go k.write()
}

func (k *socket) ping() { k.push(message{beat: true}) }

// write sends what waits, then ends: a socket at rest has no writer.
func (k *socket) write() {
	defer k.idle.Done()
	for {
		k.mu.Lock()
		if len(k.queue) == 0 || k.over {
			k.writing, k.queue, k.size = false, nil, 0
			k.mu.Unlock()
			return
		}
		m := k.queue[0]
		k.queue[0] = message{}
		k.queue = k.queue[1:]
		k.size -= len(m.frame) + len(m.data)
		k.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), writeWait)
		var err error
		if m.beat {
			err = k.carrier.ping(ctx)
		} else {
			err = k.carrier.send(ctx, m)
		}
		cancel()
		if err != nil {
			k.end(gone)
		}
	}
}

// end closes the socket, once.
func (k *socket) end(why reason) {
	k.mu.Lock()
	if k.over {
		k.mu.Unlock()
		return
	}
	k.over = true
	close(k.done)
	k.mu.Unlock()
	k.carrier.close(why)
}

// finish waits for the writer, after end.
func (k *socket) finish() { k.idle.Wait() }
