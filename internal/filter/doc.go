// Package filter folds or hides what somebody does not want to read: posts with
// certain words, or certain posts.
//
// A filter belongs to one person, has a title, contexts in which it holds
// (home, notifications, public, thread, account), what it does (warn folds the
// post behind the title, hide leaves it out, blur covers its pictures), words
// and posts. Matching happens on the server: an app gets, in each post, the
// filters that it meets; our own pages act on them.
//
// Invariants:
//   - nobody learns of another's filters, not even by their effect;
//   - one's own posts are never filtered;
//   - a page of posts costs at most one query, none while the filters of the reader,
//     compiled, are as they were: each change raises a version that is read with them;
//   - the first form of filters (one word each) shows the same rows as the second.
//
// Spec: Mastodon filters v2; Spec: Mastodon filters v1
package filter
