// Package announcement holds the notices of the house: what those who run the
// server tell everybody who has an account here, above everything else.
//
// Invariants:
//   - only administrators write them, and everybody with an account reads them;
//   - they never leave the server;
//   - who has put one away is known to that person only; reactions are counted,
//     and one sees one's own.
//
// Spec: Mastodon announcements
package announcement
