package group

import (
	"cmp"
	"container/heap"
	"slices"
)

// A thread has one order on every server: by the dates that the posts carry, which
// are told to the millisecond by most servers and to the second by some, then by
// their ids; and no answer before what it answers.

// placeIn is what the order of a post depends on.
type placeIn struct {
	PostID, ReplyToID int64
	CreatedAt         int64 // milliseconds
	URI               string
}

func before(a, b *placeIn) int {
	return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.URI, b.URI))
}

// inOrder gives the ids of the posts of a thread in their order. An answer to
// what is not among them stands by its date.
func inOrder(posts []placeIn) []int64 {
	known := make(map[int64]bool, len(posts))
	for i := range posts {
		known[posts[i].PostID] = true
	}
	below := map[int64][]*placeIn{}
	ready := &queue{}
	for i := range posts {
		p := &posts[i]
		if p.ReplyToID != 0 && p.ReplyToID != p.PostID && known[p.ReplyToID] {
			below[p.ReplyToID] = append(below[p.ReplyToID], p)
		} else {
			*ready = append(*ready, p)
		}
	}
	heap.Init(ready)
	out := make([]int64, 0, len(posts))
	for ready.Len() > 0 {
		p := heap.Pop(ready).(*placeIn)
		out = append(out, p.PostID)
		for _, c := range below[p.PostID] {
			heap.Push(ready, c)
		}
		delete(below, p.PostID)
	}
	// What answers each other in a circle comes last.
	var rest []*placeIn
	for _, list := range below {
		rest = append(rest, list...)
	}
	slices.SortFunc(rest, before)
	for _, p := range rest {
		out = append(out, p.PostID)
	}
	return out
}

// queue is a heap of posts, the first in order on top.
type queue []*placeIn

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return before(q[i], q[j]) < 0 }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*placeIn)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
