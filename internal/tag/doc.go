// Package tag is about hashtags: those that people follow, whose posts come to
// their home timeline; those that they show on their profile; and which ones
// were in use of late.
//
// Invariants:
//   - a hashtag is looked up folded (no accents, no capitals), shown as written;
//   - what people follow is seen by themselves only;
//   - what is counted of the use of a hashtag are posts for everyone, and nothing
//     is ranked: what was used last comes first;
//   - hashtags on a profile are those that its owner chose, and leave as the
//     collection "featuredTags" of people who are public.
//
// Spec: Mastodon tags; Spec: Mastodon followed_tags; Spec: Mastodon featured_tags; Spec: Mastodon trends
package tag
