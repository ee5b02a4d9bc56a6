// Package movement joins instances into one tree of mutual consent: a section
// below its federation, a federation below the national office, at any depth.
//
// A child offers itself (Offer of a Relationship), its parent accepts, adapts the
// level, or refuses with a reason; either may end it at any time. The Accept
// carries a certificate: the Relationship with level, territory, bodies that may
// speak and dates, signed by the parent with an integrity proof. It names the
// child's own key, as a certificate of a web site does, so that a chain of them
// is verified from the pinned key of the root downward without asking anybody.
//
// Invariants:
//   - nobody is of the movement but through a chain of certificates up to the one
//     root that this instance pinned; a root has none, and its key is its own;
//   - no certificate grants more than its issuer was granted: the level is below,
//     the territory within, the bodies among those of the issuer ("*" is any);
//   - what is revoked never counts again, whatever is shown later: the ids stay;
//     a renewed certificate has a new id;
//   - the table audience_host, by which posts for the movement are read, sent and
//     served, is written here and nowhere else, from the chains that hold, each
//     with the moment at which it ends. No own chain, no movement;
//   - a parent can end an affiliation, and nothing else: no activity and no
//     address here reads, edits or deletes what a child has.
//
// Spec: FEP-8b32; the terms are in FEDERATION.md
package movement
