// Package app puts an instance together: New builds every part from a
// configuration and hands each the others it needs; features.go is the list of
// what an instance can do. Nothing is global, so that one process holds as many
// instances as there is memory for (Fleet), and tests run several at once.
//
// Invariants:
//   - this is the only package that knows all the slices; arrows point downward
//     (a test reads the imports and says where they do not);
//   - an App that is open answers; work in the background begins with Start;
//   - Stop returns when what was begun is finished or handed back.
package app
