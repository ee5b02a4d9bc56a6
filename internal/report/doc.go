// Package report takes complaints, from our people and from other servers, and
// lets moderators act on them.
//
// Invariants:
//   - who complained is known to moderators here and to nobody else: what goes to
//     another server is sent by the instance's own actor and names no one;
//   - every act of a moderator is a row of the log in the same transaction as what
//     it does. The log is only added to, and each row carries a hash over itself
//     and the one before: altering or removing one is found;
//   - moderators read the posts that a report names and no other that is not for
//     them; opening a report that holds a direct post is itself in the log;
//   - who is acted upon, and is one of ours, is told in words.
//
// Spec: AP Flag; Spec: Mastodon reports, admin/reports; Spec: AC9
package report
