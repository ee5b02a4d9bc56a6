// Package follow keeps who follows whom, here and across servers.
//
// States of a follow: absent → requested → accepted → absent. Invariants:
//   - a follow of an account on another server is accepted only by an Accept of
//     that very follow, signed by that very account (never assumed);
//   - a local account that strangers cannot reach neither follows nor is followed
//     across servers; the person is asked for consent first;
//   - the row, its notification, its counters and what is sent commit together.
//
// Spec: AP 7.5, 7.6, 7.7; Spec: Mastodon accounts#follow
package follow
