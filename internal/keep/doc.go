// Package keep holds what people put aside of the posts that they may read:
// bookmarks, which only they see, and the posts that they pin to their profile.
//
// Invariants:
//   - a bookmark is told to nobody: no notification, no count, no activity;
//   - a page of bookmarks shows what may still be read, by the one rule of package post;
//   - at most MaxPins posts are pinned, one's own, never a boost nor a direct post;
//   - what leaves of pins is the collection "featured" of posts for everyone,
//     and Add and Remove of posts for everyone or for followers;
//   - what others pin is taken from their own collection, at most MaxPins posts,
//     each fetched from its own server, by a job.
//
// Spec: Mastodon bookmarks; Spec: Mastodon statuses#pin; Spec: AP 7.6, AP 7.7
package keep
