package db

import (
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// callbacks runs AfterCommit functions one after the other, in the order in
// which their transactions were committed.
type callbacks struct {
	log     *slog.Logger
	wait    time.Duration // callbackWait, but for tests
	mu      sync.Mutex
	queue   []*afterGroup
	running bool
}

// afterGroup is the callbacks of one commit.
type afterGroup struct {
	fs   []func()
	done chan struct{}
}

// callbackWait bounds how long Write waits for callbacks that have their turn
// before its own. It is met only by a Write inside of a callback, whose own
// callbacks cannot run before that one ends.
const callbackWait = time.Second

// add queues fs; nil for none. Who calls it in commit order then calls run.
func (c *callbacks) add(fs []func()) *afterGroup {
	if len(fs) == 0 {
		return nil
	}
	g := &afterGroup{fs, make(chan struct{})}
	c.mu.Lock()
	c.queue = append(c.queue, g)
	c.mu.Unlock()
	return g
}

// run returns when g has run.
func (c *callbacks) run(g *afterGroup) {
	if g == nil {
		return
	}
	c.turn()
	select {
	case <-g.done:
		return
	default:
	}
	timer := time.NewTimer(c.wait)
	defer timer.Stop()
	select {
	case <-g.done:
	case <-timer.C:
		c.log.Warn("a callback after a commit takes long, or writes and waits for its own callbacks")
	}
}

// turn runs what is queued, unless somebody is doing so already. It takes one
// round; what was added meanwhile is left to a goroutine.
func (c *callbacks) turn() {
	c.mu.Lock()
	if c.running || len(c.queue) == 0 {
		c.mu.Unlock()
		return
	}
	c.running = true
	gs := c.queue
	c.queue = nil
	c.mu.Unlock()
	defer func() { // also when a callback ends its goroutine
		c.mu.Lock()
		c.running = false
		more := len(c.queue) > 0
		c.mu.Unlock()
		if more {
			go c.turn()
		}
	}()
	for _, g := range gs {
		for _, f := range g.fs {
			c.call(f)
		}
		close(g.done)
	}
}

func (c *callbacks) call(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic after commit", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
}
