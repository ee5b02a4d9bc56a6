// Package text holds everything that turns written words into what is stored
// and shown: the one HTML sanitiser, the cleaning of names and plain text, the
// search of mentions, hashtags and links in a post, and its rendering to HTML
// as Mastodon writes it.
//
// Invariants:
//   - What Sanitize and Render return can be put inside any element of a page
//     that accepts blocks: it is balanced, cannot leave that element, and holds
//     only the elements, attributes and classes of the allow-list in
//     sanitize.go. Nothing else in the program may mark text as safe HTML.
//   - What PlainName and Clean return is valid UTF-8 without NUL, control
//     characters or lone surrogates: any database takes it.
//   - Parse, Render and Count read a post through the same scanner (scan.go),
//     so that what is counted, notified and linked is always the same.
//
// The package keeps no state and reads nothing but its arguments.
package text
