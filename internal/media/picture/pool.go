package picture

import (
	"context"
	"runtime/debug"
)

// Pool bounds how many pictures are decoded at a time in a process, and gives
// their memory back when the last one is done.
type Pool struct {
	slots chan struct{}
}

// NewPool lets n be at work at a time.
func NewPool(n int) *Pool { return &Pool{make(chan struct{}, n)} }

// Do runs f when there is room, or gives the error of ctx.
func (p *Pool) Do(ctx context.Context, f func() error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() {
		<-p.slots
		if len(p.slots) == 0 {
			debug.FreeOSMemory()
		}
	}()
	return f()
}

// Process is the function Process within the pool.
func (p *Pool) Process(ctx context.Context, b []byte, z Sizes) (out *Result, err error) {
	if _, err := Read(b); err != nil {
		return nil, err // no need to wait for this answer
	}
	err = p.Do(ctx, func() error {
		out, err = Process(b, z)
		return err
	})
	return out, err
}
