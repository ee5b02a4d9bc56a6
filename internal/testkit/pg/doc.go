// Package pg gives tests a PostgreSQL of their own: one cluster for each test
// process, in a temporary folder, on a unix socket, without fsync, with a
// fresh database for each test.
//
// The cluster ends with the test process, however that one ends: a small child
// process holds a pipe from the test and stops the server when the pipe
// closes. Root cannot run PostgreSQL, so as root the server runs as the user
// postgres or nobody.
package pg
