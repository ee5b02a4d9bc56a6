// Package host holds which other servers this instance speaks with.
//
// Invariants:
//   - a policy for a host holds for all hosts below it, unless one of those has
//     its own; that for [Everyone] holds where no other does, so that suspending
//     everyone leaves an allow-list: only hosts named with another level pass;
//   - it holds within a second of the change, on each node and for changes made
//     from the command line;
//   - when policies were never read, nobody passes.
//
// Spec: FE12, OR16; Spec: Mastodon admin/domain_blocks
package host
