package auth

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// viewerCache remembers who showed a token, for a moment, so that a client that
// pages does not cost a query each time.
type viewerCache struct {
	now func() time.Time

	mu  sync.Mutex
	lru *lru.LRU[string, cached] // by token hash
	gen uint64                   // counts the forgettings
}

type cached struct {
	v  *Viewer
	at time.Time
}

const (
	cacheSize = 2000
	cacheFor  = 10 * time.Second
)

func newViewerCache(now func() time.Time) *viewerCache {
	l, _ := lru.NewLRU[string, cached](cacheSize, nil) // the size is valid
	return &viewerCache{now: now, lru: l}
}

// get gives the viewer, and the generation to hand to put.
func (c *viewerCache) get(hash string) (*Viewer, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.lru.Get(hash)
	if !ok {
		return nil, c.gen
	}
	if age := c.now().Sub(e.at); age < 0 || age > cacheFor {
		c.lru.Remove(hash)
		return nil, c.gen
	}
	return e.v, c.gen
}

// put remembers a viewer read from the database, unless something was
// forgotten since: it may have been read before that change.
func (c *viewerCache) put(hash string, v *Viewer, gen uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen == gen {
		c.lru.Add(hash, cached{v, c.now()})
	}
}

func (c *viewerCache) forget(match func(*Viewer) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	for _, k := range c.lru.Keys() {
		if e, ok := c.lru.Peek(k); ok && match(e.v) {
			c.lru.Remove(k)
		}
	}
}
