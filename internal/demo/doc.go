// Package demo runs a small movement on one machine: a national office, a
// federation and two sections, as four instances in one process on
// *.localhost, filled with a few days of ordinary life.
//
// Nothing is faked: people are made, sign their posts, follow each other and
// answer through the same services as anybody, and what goes from one instance
// to another goes over signed HTTP. The data stays in its folder; started
// again, the demo continues where it was.
package demo
