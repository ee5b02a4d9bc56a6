// Package visitor knows people from outside: who has no account here and takes
// part in what is open to all, as an « external sympathiser ».
//
// Somebody is known by an address for mail that they confirmed by following a
// link, or by their account on another server, where they signed in. Both give
// the same: a session of its own kind, which is no account. It is never a Viewer;
// whoever has one sees what strangers see, and what they did themselves.
//
// What holds:
//
//   - Whether an address is known, and how often it was asked for, changes no
//     answer. Letters for one address and requests of one network are bounded.
//   - A link holds 256 random bits, is stored hashed, works once, for an hour, and
//     only by a button: programs that open links in mails confirm nothing.
//   - An address is kept as long as something holds it ([Service.Hold]), then
//     erased with all that hangs on it. Its owner can erase it at any time.
//   - The key that another server gives at sign-in is used once, to read who it
//     is, and given back. It is never stored.
//
// A slice that lets visitors act names its act in Acts; it is done in the
// transaction that confirms the address.
//
// Spec: RFC 6749; Spec: RFC 7636; Spec: Mastodon oauth; Spec: AC5
package visitor
