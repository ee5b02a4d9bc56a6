// Package testkit runs real instances for tests: New gives one on an empty
// database with a real listener on loopback, NewCluster several that federate
// with each other over HTTP. Browser uses their pages as a person does, by links
// and forms; Client uses the API as an app does.
package testkit
