package fetch

import (
	"context"
	"sync/atomic"
)

type budgetKey struct{}

type budget struct {
	left   atomic.Int64
	parent *budget
}

// WithBudget bounds the GETs made under the returned context to n. A budget
// inside a budget takes from both, so what a request causes cannot exceed what
// the first cause was given.
func WithBudget(ctx context.Context, n int) context.Context {
	b := &budget{}
	b.left.Store(int64(n))
	b.parent, _ = ctx.Value(budgetKey{}).(*budget)
	return context.WithValue(ctx, budgetKey{}, b)
}

// BudgetLeft returns how many GETs may still be made under ctx, and false
// when there is no bound.
func BudgetLeft(ctx context.Context) (int, bool) {
	b, _ := ctx.Value(budgetKey{}).(*budget)
	if b == nil {
		return 0, false
	}
	left := b.left.Load()
	for b = b.parent; b != nil; b = b.parent {
		left = min(left, b.left.Load())
	}
	return int(max(0, left)), true
}

// spend takes one request from every budget of ctx.
func spend(ctx context.Context) error {
	b, _ := ctx.Value(budgetKey{}).(*budget)
	for ; b != nil; b = b.parent {
		if b.left.Add(-1) < 0 {
			return &Error{Kind: ErrBudget}
		}
	}
	return nil
}
