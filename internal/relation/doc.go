// Package relation keeps how people stand to each other apart from following:
// blocks, mutes, servers that somebody wants nothing from, private notes, and
// recommendations on a profile.
//
// Invariants:
//   - a block holds both ways: neither reads the other, wherever posts are read
//     (package post asks these tables), notifies the other, or follows the other;
//   - a mute, a note and a blocked server are known to nobody but who made them:
//     nothing of them leaves, not even to the other person;
//   - a block of somebody elsewhere is sent to their server, because it must keep
//     them away from us; what a person without an address here does is not sent;
//   - whoever is blocked can still be found, so that the block can be lifted.
//
// Spec: AP 6.9, AP 7.11; Spec: Mastodon accounts#block, accounts#mute, domain_blocks; Spec: PV6
package relation
