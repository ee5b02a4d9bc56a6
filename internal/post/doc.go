// Package post keeps posts, and everything that can be published is a post:
// a slice above that publishes something of its own points to a row here and
// inherits timelines, audience, replies, boosts, deletion and federation.
//
// Invariants:
//   - each post has exactly one audience (type Audience). Visible is the one
//     predicate that says who may read it; every reader, in every form, uses it;
//   - a reply never reaches further than its parent;
//   - a post for the section never leaves the instance: no document of it is
//     ever made (see recipients.go);
//   - public posts need their author's recorded consent;
//   - a post, its notifications and the jobs that send it commit together;
//   - a deleted post keeps its row without content, so that it never comes back;
//   - a boost is a post of kind "boost" that shows another, and is seen only
//     where the other may be seen too.
//
// Spec: AP 6, AP 7; Spec: FEP-fe34; Spec: FEP-4f05; Spec: Mastodon statuses
package post
