// Package list lets people read some of those they follow together.
//
// Invariants:
//   - a list belongs to one person, and nobody else learns of it;
//   - only people whom its owner follows (or the owner) are on it, and whoever
//     is no longer followed leaves it;
//   - it is read by the one rule of package post, in package timeline;
//   - the people of an exclusive list are left out of its owner's home timeline.
//
// Spec: Mastodon lists
package list
