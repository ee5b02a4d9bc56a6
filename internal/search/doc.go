// Package search finds people, posts and hashtags for somebody of ours, among
// what that person may see and nothing else.
//
// Two ways lead to a thing. A name or a hashtag is looked up by the beginnings
// of its words, accents and case aside, among what is known here. An address
// (name@host, or the URL of a profile or post) is exact: what it names is
// fetched from its own server when it is not known and the asker wants it.
//
// Invariants:
//   - private people of ours are found by members only;
//   - a post is found by who may read it; a hashtag by who may read a post with it;
//   - only people of ours search: a stranger learns nothing of whom we know;
//   - asking other servers is limited per person;
//   - a search costs no more than looking at 20,000 posts, ten times as many where
//     an author, a date or one's own library is named: of a word that stands in each
//     second post, most may be such as the asker may not read, and only looking
//     tells. The latest are looked at; what lies further back is not found by that
//     word alone.
//
// Spec: Mastodon search
package search
