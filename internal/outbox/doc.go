// Package outbox delivers activities to other servers.
//
// What is due is rows, written in the transaction of the post: the bytes once
// (delivery_body), one row per distinct inbox (delivery), one row per host
// (dest). The unit of work is the host, not the delivery.
//
// What holds:
//
//   - What was committed is sent at least once, also after kill -9: a host is
//     leased to who sends to it, and its rows go only after an answer.
//   - To one host, deliveries leave one after the other, in order; different
//     hosts never wait for each other. A host that does not answer soon loses
//     its place among the workers to others, and hosts that failed before have
//     a bounded share of them.
//   - A host that fails rests for 1 min … 1 h … 1 day, with jitter. Each retry
//     costs one row update, written when it begins, so that a crash counts too.
//   - A delivery that alone keeps failing on a host that takes others is
//     dropped; so is what is older than 30 days, and what the host refuses for
//     good. 410 removes all that waits for that inbox.
//
// Signing and HTTP are the Sender's, at each try anew: keys, policies and
// audiences may have changed since the row was written.
//
// Spec: RE2, RE3
package outbox
