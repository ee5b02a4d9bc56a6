// Package blob keeps files: pictures, sounds and videos, and what is made of
// them. It knows nothing of what they show or who may see them.
//
// What holds:
//
//   - A file has a random name that this package makes; nothing that people
//     wrote is ever part of a path, and what is no such name names nothing.
//   - A folder is opened once as an os.Root: no name and no link leads out of it.
//   - A file is there whole or not at all: it is written aside, flushed, and
//     then given its name.
//   - Files never change, and deleting one that is not there is no error.
//   - A bucket of an object store holds the same files by the same names, for
//     instances of several nodes; the store is read by the instance alone, and
//     who may see a file is decided there as ever.
//
// Spec: ME5
package blob
