// Package masto is the client API's own language: Mastodon's entities, the
// parameters of its requests however they come, its scopes and its paging.
//
// Invariants:
//   - A list is never null and a text that clients require is never null, also
//     in a zero value; what may be null or absent is a pointer.
//   - Ids are strings, dates are UTC with three decimals and Z.
//   - A parameter is read alike from the query, JSON, a form or multipart.
//   - Links of pages have the configured address.
//
// Features declare endpoints on a Router, whose scope is checked before the
// handler runs. The field names are facts of Mastodon's interface.
//
// Spec: Mastodon entities
package masto
