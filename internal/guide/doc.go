// Package guide serves the guides for members and for those who run the site. Their
// text stands in web/guides, one file for each guide and language, and is part of the
// program: what an instance serves is the guide of its own version.
//
// Invariants:
//   - each guide exists in each language of the interface;
//   - whoever may come to write here can read them first: they are public, and say
//     nothing of this instance but its name.
package guide
