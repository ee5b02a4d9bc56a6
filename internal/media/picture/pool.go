package picture

import (
	"context"
	"sync"
	"time"
)

// idleFor is how long a decoder without work is kept before its memory is given back.
const idleFor = 10 * time.Second

// Pool bounds how many pictures are decoded at a time, each in a process apart
// (see child). A decoder that is done takes the next picture; one that is
// killed is replaced. Nothing runs while no picture comes.
type Pool struct {
	slots chan struct{}
	name  string // under which the decoder is started

	mu   sync.Mutex
	idle []*child
}

// NewPool lets n be at work at a time.
func NewPool(n int) *Pool { return &Pool{slots: make(chan struct{}, n), name: childName} }

// Process is the function Process in a process apart. Errors beside its own:
// ErrCostly when the picture took more memory or work than is given, or broke
// the decoder, which was ended; ErrApart when no process can be started; that
// of ctx.
//
// Spec: ME4
func (p *Pool) Process(ctx context.Context, b []byte, z Sizes) (*Result, error) {
	if _, err := Read(b); err != nil {
		return nil, err // no need to wait for this answer
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.slots }()
	c, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	r, err := c.process(ctx, b, z)
	if c.dead {
		return nil, err
	}
	p.give(c)
	return r, err
}

// take gives a decoder that waits, or starts one.
func (p *Pool) take(ctx context.Context) (*child, error) {
	p.mu.Lock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if c.leave.Stop() {
			p.mu.Unlock()
			return c, nil
		}
	}
	p.mu.Unlock()
	return start(ctx, p.name)
}

// give lets a decoder wait for the next picture, and end after a while.
func (p *Pool) give(c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.leave = time.AfterFunc(idleFor, func() {
		p.mu.Lock()
		for i, x := range p.idle {
			if x == c {
				p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
				break
			}
		}
		p.mu.Unlock()
		c.end()
	})
	p.idle = append(p.idle, c)
}
