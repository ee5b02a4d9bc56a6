// Package instance is what the server says of itself: its name and words, its
// public front page, the page about it, and the language of whoever reads.
//
// Invariants:
//   - a setting that nobody changed has the value of the configuration;
//   - the public page shows public posts of public accounts only, asked for as
//     a stranger, whoever looks;
//   - counts are numbers of people and messages, never names, and for members.
package instance
