// Package apitest serves the client API of the trunk over HTTP on an empty
// database, with real services and tokens and without the federation engine,
// for the tests of the slices. Conforms checks an answer against the public
// description of Mastodon's API, when MAILLAGE_OPENAPI names that file.
package apitest
