// Package page holds keyset paging by id, as Mastodon's API names it.
package page

import (
	"math"
	"slices"
)

// Limits of one page, unless an endpoint says otherwise.
const (
	DefaultLimit = 20
	MaxLimit     = 80
)

// Range asks for one page of a list sorted by descending id.
// MaxID and SinceID are exclusive bounds; MinID asks for the page just above
// it. Zero means no bound.
//
// Spec: Mastodon guidelines#pagination
type Range struct {
	MaxID, SinceID, MinID int64
	Limit                 int
}

// Clamp cuts the limit to 1…most, so that nothing is ever reserved for a larger one.
func (r Range) Clamp(def, most int) Range {
	if r.Limit <= 0 {
		r.Limit = def
	}
	r.Limit = min(r.Limit, most)
	return r
}

// Upper is the exclusive upper bound to use in SQL.
func (r Range) Upper() int64 {
	if r.MaxID > 0 {
		return r.MaxID
	}
	return math.MaxInt64
}

// Lower is the exclusive lower bound to use in SQL.
func (r Range) Lower() int64 { return max(r.SinceID, r.MinID) }

// Order is the SQL direction: ascending only when paging upward from MinID.
func (r Range) Order() string {
	if r.MinID > 0 {
		return "asc"
	}
	return "desc"
}

// Fix puts rows read in Order back into descending order.
func Fix[T any](r Range, rows []T) []T {
	if r.MinID > 0 {
		slices.Reverse(rows)
	}
	return rows
}
