// Package auth knows who is asking: passwords, sessions of the web pages, and
// OAuth 2 tokens in Mastodon's dialect.
//
// One table of hashed tokens serves the three: a web session, the token of an
// app that acts for somebody, and the token of an app alone. The package knows
// accounts by their id only and never reads the account tables.
//
// Invariants:
//   - No secret is stored: tokens and codes as SHA-256 of 256 random bits,
//     passwords as argon2id.
//   - A wrong password, an unknown name and an unknown address give the same
//     error in the same time.
//   - A password hash is never computed while a transaction is open, and never
//     more than two at once.
//   - An authorisation code works once; trying it again ends the tokens it gave.
//   - An app alone is nobody: its token carries no account.
//   - Ending a session or changing a role takes effect at once, on every node
//     that shares the database; within ten seconds on one that lost its link.
//     Streams that such a token opened hear of it (OnEnd).
//
// The pages and endpoints are in the sub-package authweb.
package auth
