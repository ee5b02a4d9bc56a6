// Package servers is what people who run an instance see and do about other
// servers: the pages on them and on what leaves, what follows from a rule laid
// down for a server, what each server runs, newcomers that come in a flood, and
// relays.
//
// Invariants:
//   - what is suspended is hidden at once and comes back whole when the rule is
//     lifted; nothing is deleted by a rule. Follows that a suspension ended stay ended;
//   - a rule for everyone (the allow-list) hides, and ends no follow;
//   - what a server runs is asked for by jobs alone, at most once a week;
//   - a delivery report is shown to the author of a post and to administrators.
//
// Spec: FE9, FE11, FE12, OR16; Spec: FEP-ae0c
package servers
