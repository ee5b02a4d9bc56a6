// Package host holds which other servers this instance speaks with, and what it
// knows of them.
//
// Invariants:
//   - a policy for a host holds for all hosts below it, unless one of those has
//     its own; that for [Everyone] holds where no other does, so that suspending
//     everyone leaves an allow-list: only hosts named with another level pass;
//   - it holds within a second of the change, on each node and for changes made
//     from the command line;
//   - when policies were never read, nobody passes;
//   - each change leaves a row that says who, when, what and why.
//
// Hiding what is already here is the work of a slice above, told by Changed.
//
// Spec: FE12, OR16; Spec: Mastodon admin/domain_blocks
package host
