// Package config reads, checks and writes the configuration of an instance:
// config.yaml in the instance's folder.
//
// It holds only what must be known before the database is open. Everything that
// a volunteer may want to change later is edited in the admin pages and stored
// in the database. The file stays under thirty lines.
//
// Invariants:
//   - A Config that Load returned is valid and normal: the host is lower-case
//     ASCII, the listen address is complete.
//   - Each error is one sentence for the person at the keyboard, naming the
//     file, the line and the key where there is one.
//   - config.example.yaml at the top of the repository is generated from the
//     struct: after a change of a field run `go generate ./internal/config`.
//     A test fails when it is stale.
package config

//go:generate go test -run ^TestExample$ . -update
