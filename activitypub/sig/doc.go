// Package sig signs and verifies HTTP requests between ActivityPub servers, and
// documents by integrity proofs.
//
// Two schemes are spoken: draft-cavage-http-signatures-12, which everybody
// understands, and RFC 9421. Outgoing draft-cavage signatures are made with
// superseriousbusiness/httpsig; RFC 9421 is small code of our own on
// dunglas/httpsfv.
//
// Verification has two steps. [ParseRequest] does every check that needs no
// key: one signature only, digest recomputed over the bytes received, the
// required parts covered, dates within the window, the signed host served
// here, a usable key id. It returns a [Signature], whose Verify then needs
// the key. The algorithm follows from the key's type, never from a header.
// Scheme and host come from [Options], never from the connection.
//
// Verifying does not go through httpsig, because it signs the decoded path,
// judges (created) by the wall clock and splits parameters at commas inside
// quotes; the signing string is built here, strictly, and the tests hold both
// against each other.
//
// A proof stands in a document and holds wherever that is met: [Prove] adds one,
// [ParseProof] and Verify check one. One kind is spoken, eddsa-jcs-2022; the
// canonical form under it is RFC 8785's, by go-json-experiment/json. Whether the
// key may speak for the document is for the caller to judge. Signatures of the
// older kind inside documents, of the meaning of a document, are made for relays by
// [SignLinked] and never read; their canonical form is piprate/json-gold's.
//
// Spec: draft-cavage-http-signatures-12; Spec: RFC 9421; Spec: RFC 9530; Spec: FEP-521a; Spec: FEP-8b32; Spec: RFC 8785
package sig
