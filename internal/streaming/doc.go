// Package streaming shows client apps what happens, while it happens: over one
// WebSocket for several streams, or as server-sent events for one.
//
// Events come from package stream with ids only. A dispatcher takes them in
// batches, finds the sockets that each concerns and reads the posts once for
// each viewer, by the rule that timelines use (post.Visible), so that a stream
// never shows what a page would not.
//
// Invariants:
//   - A slow reader delays nobody: each socket has a bounded queue, and one
//     whose queue is full is dropped; its app connects again and fetches.
//   - A socket that has nothing to send holds one goroutine and no buffer of ours.
//   - A socket whose token ended is closed, at once on every node; each is
//     checked again at every ping besides.
//   - Without sockets the package does nothing, not even read.
//
// Spec: Mastodon streaming
// Spec: AC4, OR16 (streams end with what opened them)
package streaming
