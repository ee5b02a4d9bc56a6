// Package account keeps the book of actors: our people, groups and the
// instance itself, and every actor of another server that we have met.
//
// Invariants:
//   - an account's URI never changes and never says its name;
//   - handle is the folded "name" of ours or "name@host" of others, and unique:
//     people and groups share one name space;
//   - a local account is private until its holder consents. Private means that
//     WebFinger, the actor document and the profile page answer strangers as if
//     it did not exist. Consent comes in two steps, each recorded with its words:
//     "address" (others may reach it by address) and "public" (public profile
//     and public posts), which includes the first;
//   - each of ours has two keys, RSA for requests and Ed25519 for proofs, which
//     change together and then get new ids;
//   - remote accounts are only written from a document fetched from, or signed by,
//     their own origin.
//
// Spec: AP 3, AP 4; Spec: FEP-fe34; Spec: FEP-2c59
package account
