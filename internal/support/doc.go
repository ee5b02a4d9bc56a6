// Package support says what this server speaks, in a table whose rows cite the
// code that does it and the test that shows it. FEDERATION.md is written from it:
//
//	go test ./internal/support -run TestFederationFile -update
//
// Invariants, each held by a test: the file is current; every symbol and test
// cited exists; a row that says Yes cites both; every FEP that a comment in the
// code names as its source has a row.
//
// Spec: FEP-67ff
package support
